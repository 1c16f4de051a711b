#include "common/base/sized_thread.h"

#include <utility>

#include "common/base/status.h"
#include "common/base/this_thread.h"

namespace daybook {

SizedThread::SizedThread(std::string name, size_t stack_bytes, std::function<void()> run)
    : name_(std::move(name)), run_(std::move(run)) {
  const auto body = [](void* self) -> void* {
    const auto* thread = static_cast<SizedThread*>(self);
    SetThreadName(thread->name_);
    thread->run_();
    return nullptr;
  };
  pthread_attr_t attributes;
  DAYBOOK_CHECK(::pthread_attr_init(&attributes) == 0);
  DAYBOOK_CHECK(::pthread_attr_setstacksize(&attributes, stack_bytes) == 0);
  // As std::thread, which ends the process when there are no threads left.
  DAYBOOK_CHECK(::pthread_create(&thread_, &attributes, body, this) == 0);
  ::pthread_attr_destroy(&attributes);
}

SizedThread::~SizedThread() { Join(); }

void SizedThread::Join() {
  if (joined_) return;
  joined_ = true;
  ::pthread_join(thread_, nullptr);
}

}  // namespace daybook
