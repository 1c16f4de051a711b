// One answer, made of a reading: the same steps for every query, whoever asks.
//
// A Method answers from the partition of its customer. A Scattered makes a part of what is there
// and merges it; a process that holds some of the partitions gives its part to whoever has them
// all:
//
//   AnswerPart part;                                    // at each holder
//   RETURN_IF_ERROR(MakePart(method, request, reading, arena, &part));
//   RETURN_IF_ERROR(MergeParts(method, request, now, parts, response));   // of all of them
//
// A refusal of one part is the answer.
#pragma once

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/projection/queries.h"
#include "daybook/read/v1/read_position.pb.h"
#include "google/protobuf/arena.h"
#include "google/protobuf/message.h"

namespace daybook::projection {

// What some of the partitions give to an answer.
struct AnswerPart {
  google::protobuf::Message* message = nullptr;  // on the arena; of the type that the method names
  read::v1::ReadPosition position;
};

// `request` has passed `method.check`. `arena` outlives the part.
absl::Status MakePart(const MethodInfo& method, const google::protobuf::Message& request,
                      const Reading& reading, google::protobuf::Arena* arena, AnswerPart* part);

// Of parts that no partition is in twice; at least one. Takes them apart.
absl::Status MergeParts(const MethodInfo& method, const google::protobuf::Message& request,
                        absl::Time now, absl::Span<AnswerPart> parts,
                        google::protobuf::Message* response);

// The whole answer of one process. READ_TIME_IN_FUTURE, or what the query refuses.
absl::Status AnswerFrom(const MethodInfo& method, const google::protobuf::Message& request,
                        const Reading& reading, google::protobuf::Message* response);

}  // namespace daybook::projection
