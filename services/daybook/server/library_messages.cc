#include "services/daybook/server/library_messages.h"

#include "common/base/clock.h"
#include "common/base/text.h"
#include "common/rpc/library_logs.h"
#include "services/daybook/process/logging.h"
#include "services/daybook/server/message_limit.h"

namespace daybook {
namespace {

// Never destroyed: gRPC may write until the very end.
MessageLimit& Limit() {
  static auto* const limit = new MessageLimit;
  return *limit;
}

void Say(rpc::LibraryLogLevel level, std::string_view line) {
  if (!Limit().Admit(line, ReadClocks().steady)) return;
  Log(level == rpc::LibraryLogLevel::kInfo ? Severity::kDebug : Severity::kWarning, line);
}

}  // namespace

void TakeLibraryMessages() { rpc::SendLibraryLogsTo(Say); }

void CountLibraryMessages(absl::Duration now) {
  Limit().TakeLeftOut(now, [](int64_t count, std::string_view example) {
    Log(Severity::kWarning, Cat("left out ", Grouped(count), " messages such as: ", example));
  });
}

}  // namespace daybook
