#include "common/serving/command_origin.h"

#include <algorithm>
#include <string_view>

#include "common/base/status.h"
#include "common/base/text.h"
#include "common/command/reasons.h"

namespace daybook {
namespace {

// Said by a caller in the metadata of a call, kept with every commit of it.
constexpr size_t kMaxMetadataBytes = 128;

// Of the name in a client's certificate.
constexpr size_t kMaxActorBytes = 256;

constexpr absl::Duration kAnswerMargin = absl::Milliseconds(100);

// Every library hands over whatever bytes the caller sent.
absl::Status CheckMetadata(std::string_view value) {
  if (value.size() > kMaxMetadataBytes) {
    return absl::InvalidArgumentError(Cat("at most ", kMaxMetadataBytes, " bytes"));
  }
  return CheckText(value, kMaxMetadataBytes);
}

}  // namespace

absl::StatusOr<CommandOrigin> CommandOrigin::Of(const rpc::Caller& caller) {
  FieldViolations bad;
  const auto take = [&](std::string_view key) {
    const std::string_view value = caller.metadata(key);
    const absl::Status fine = CheckMetadata(value);
    if (!fine.ok()) bad.Add(Cat("metadata ", key), ToStd(fine.message()));
    return std::string(value);
  };
  CommandOrigin origin;
  origin.actor_ = caller.actor();
  if (origin.actor_.size() > kMaxActorBytes) {
    bad.Add("certificate", Cat("the name in it has more than ", kMaxActorBytes, " bytes"));
  }
  origin.correlation_id_ = take("daybook-correlation-id");
  origin.causation_id_ = take("daybook-causation-id");
  origin.trace_context_ = take("traceparent");
  RETURN_IF_ERROR(bad.ToStatus());
  return origin;
}

void CommandOrigin::Fill(absl::Time deadline, command::Command* command) const {
  command->deadline = deadline;
  command->actor = actor_;
  command->correlation_id = correlation_id_;
  command->causation_id = causation_id_;
  command->trace_context = trace_context_;
}

absl::Time DecideBy(absl::Time deadline, absl::Time now) {
  return deadline - std::min((deadline - now) / 10, kAnswerMargin);
}

const absl::Status& UnknownOutcome() {
  static const absl::Status status =
      Refuse(reason::kOutcomeUnknown,
             "the deadline came before the outcome was certain; send it again under the same "
             "request_id");
  return status;
}

}  // namespace daybook
