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

// What a wrapped command is. The first two books have their requests in Command itself; each other
// book has one field there, a message of its own with one oneof of its requests, and one in
// CommandResult with its responses under the same numbers.
//
// Made once; a request without a method, or without a response of the same number, is a broken
// invariant.
class CommandKinds {
 public:
  struct Kind {
    // In Command, or in the book's message; its number is the one in the result, too.
    const google::protobuf::FieldDescriptor* field = nullptr;
    const google::protobuf::FieldDescriptor* book = nullptr;  // in Command; null: `field` is
    const command::Method* method = nullptr;
  };

  explicit CommandKinds(const command::Book& book);

  // Null if the command is none.
  const Kind* Of(const book::v1::Command& wrapped) const;
  static const google::protobuf::Message& Request(const Kind& kind,
                                                  const book::v1::Command& wrapped);
  // The field of CommandResult that the answer goes into, and the bytes that go there.
  static int ResultField(const Kind& kind);
  static std::string Result(const Kind& kind, std::string response);

 private:
  // One field of Command: a request, or a book's own message of requests.
  struct Entry {
    Kind kind;
    const google::protobuf::OneofDescriptor* requests = nullptr;  // of the book's message
    std::vector<Kind> by_index;                                   // in the order of that oneof
  };
  std::vector<Entry> by_number_;
};

// Bytes of google.rpc.Status; `details`: with the details of the refusal.
std::string StatusBytes(const absl::Status& status, bool details);

// `CommandResult.already_recorded`, set: a varint behind everything else in the result.
inline constexpr std::string_view kAlreadyRecorded = "\x80\x01\x01";
static_assert(book::v1::CommandResult::kAlreadyRecordedFieldNumber == 16);

}  // namespace daybook
