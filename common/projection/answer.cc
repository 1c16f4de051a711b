#include "common/projection/answer.h"

#include <utility>

#include "absl/container/inlined_vector.h"
#include "common/base/status.h"
#include "common/base/timestamp.h"
#include "common/projection/read_position.h"

namespace daybook::projection {

using google::protobuf::Arena;
using google::protobuf::Message;

absl::Status MakePart(const MethodInfo& method, const Message& request, const Reading& reading,
                      Arena* arena, AnswerPart* part) {
  part->message = method.part->New(arena);
  RETURN_IF_ERROR(method.make_part(request, reading, part->message));
  SetPosition(reading.partitions, method.read_us(request), &part->position);
  return absl::OkStatus();
}

absl::Status MergeParts(const MethodInfo& method, const Message& request, absl::Time now,
                        absl::Span<AnswerPart> parts, Message* response) {
  DAYBOOK_CHECK(!parts.empty());
  absl::InlinedVector<Message*, 4> messages;
  read::v1::ReadPosition position;
  for (AnswerPart& part : parts) {
    messages.push_back(part.message);
    MergePosition(std::move(part.position), &position);
  }
  RETURN_IF_ERROR(
      CheckNotInFuture(method.read_us(request), now, MicrosOf(position.recorded_time())));
  RETURN_IF_ERROR(method.merge(request, messages, response));
  *method.position(response) = std::move(position);
  return absl::OkStatus();
}

absl::Status AnswerFrom(const MethodInfo& method, const Message& request, const Reading& reading,
                        Message* response) {
  // Before the work is done; of parts it is known only when they are merged.
  RETURN_IF_ERROR(
      CheckNotInFuture(method.read_us(request), reading.now, RecordedUs(reading.partitions)));
  if (method.scattered()) {
    Arena own;
    AnswerPart part;
    Arena* const arena = response->GetArena() != nullptr ? response->GetArena() : &own;
    RETURN_IF_ERROR(MakePart(method, request, reading, arena, &part));
    return MergeParts(method, request, reading.now, absl::MakeSpan(&part, 1), response);
  }
  RETURN_IF_ERROR(method.answer(request, reading, response));
  SetPosition(reading.partitions, method.read_us(request), method.position(response));
  return absl::OkStatus();
}

}  // namespace daybook::projection
