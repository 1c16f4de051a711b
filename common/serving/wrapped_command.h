// `book.v1.Command`, which may hold any command, and `book.v1.CommandResult`, by field number: no
// command is named here. Results are kept and sent as bytes, as the engine gives them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "common/command/book.h"
#include "daybook/book/v1/command_service.pb.h"

namespace daybook {

// What a wrapped command is. Made once; a field of Command without a method, or without a result of
// the same number, is a broken invariant.
class CommandKinds {
 public:
  struct Kind {
    // In Command; its number is the one in Result, too.
    const google::protobuf::FieldDescriptor* field = nullptr;
    const command::Method* method = nullptr;
  };

  explicit CommandKinds(const command::Book& book);

  // Null if the command is none.
  const Kind* Of(const book::v1::Command& wrapped) const {
    const auto number = static_cast<size_t>(wrapped.command_case());
    return number == 0 ? nullptr : &by_number_[number];
  }
  static const google::protobuf::Message& Request(const Kind& kind,
                                                  const book::v1::Command& wrapped) {
    return wrapped.GetReflection()->GetMessage(wrapped, kind.field);
  }

 private:
  std::vector<Kind> by_number_;
};

// Bytes of google.rpc.Status; `details`: with the details of the refusal.
std::string StatusBytes(const absl::Status& status, bool details);

// `CommandResult.already_recorded`, set: a varint behind everything else in the result.
inline constexpr std::string_view kAlreadyRecorded = "\x80\x01\x01";
static_assert(book::v1::CommandResult::kAlreadyRecordedFieldNumber == 16);

}  // namespace daybook
