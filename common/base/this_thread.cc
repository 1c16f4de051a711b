#include "common/base/this_thread.h"

#include <pthread.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace daybook {

void SetThreadName(const std::string& name) {
  pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
}

void SetThreadUrgency(Urgency urgency) {
  // On Linux the nice value is a thread's. Not being able to is no harm.
  const int nice = urgency == Urgency::kFollow ? 5 : 10;
  (void)::setpriority(PRIO_PROCESS, static_cast<id_t>(::syscall(SYS_gettid)), nice);
}

}  // namespace daybook
