#include "common/serving/wrapped_command.h"

#include "common/base/status.h"
#include "common/base/text.h"
#include "common/base/wire.h"
#include "common/rpc/details.h"
#include "google/rpc/status.pb.h"

namespace daybook {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

namespace {

constexpr size_t kMaxBareMessageBytes = 100;

// Without a method if `request` is none of the book's.
CommandKinds::Kind KindOf(const FieldDescriptor& request, const FieldDescriptor& response,
                          const command::Book& book) {
  for (const command::Method& method : book.methods) {
    if (method.descriptor->input_type() != request.message_type()) continue;
    DAYBOOK_CHECK(method.descriptor->output_type() == response.message_type());
    return {.field = &request, .method = &method};
  }
  return {.field = &request};
}

}  // namespace

CommandKinds::CommandKinds(const command::Book& book) {
  const Descriptor& commands = *book::v1::Command::descriptor();
  for (int i = 0; i < commands.field_count(); ++i) {
    const FieldDescriptor* const field = commands.field(i);
    const FieldDescriptor* const result =
        book::v1::CommandResult::descriptor()->FindFieldByNumber(field->number());
    DAYBOOK_CHECK(result != nullptr);
    const auto number = static_cast<size_t>(field->number());
    if (by_number_.size() <= number) by_number_.resize(number + 1);
    Entry& entry = by_number_[number];
    entry.kind = KindOf(*field, *result, book);
    if (entry.kind.method != nullptr) continue;
    // A book's own message.
    DAYBOOK_CHECK(field->message_type()->real_oneof_decl_count() == 1);
    entry.requests = field->message_type()->oneof_decl(0);
    for (int r = 0; r < entry.requests->field_count(); ++r) {
      const FieldDescriptor* const request = entry.requests->field(r);
      const FieldDescriptor* const response =
          result->message_type()->FindFieldByNumber(request->number());
      DAYBOOK_CHECK(response != nullptr);
      entry.by_index.push_back(KindOf(*request, *response, book));
      DAYBOOK_CHECK(entry.by_index.back().method != nullptr);
      entry.by_index.back().book = field;
    }
  }
}

const CommandKinds::Kind* CommandKinds::Of(const book::v1::Command& wrapped) const {
  const auto number = static_cast<size_t>(wrapped.command_case());
  if (number == 0) return nullptr;
  const Entry& entry = by_number_[number];
  if (entry.requests == nullptr) return &entry.kind;
  const Message& of_book = wrapped.GetReflection()->GetMessage(wrapped, entry.kind.field);
  const FieldDescriptor* const request =
      of_book.GetReflection()->GetOneofFieldDescriptor(of_book, entry.requests);
  if (request == nullptr) return nullptr;
  return &entry.by_index[static_cast<size_t>(request->index_in_oneof())];
}

const Message& CommandKinds::Request(const Kind& kind, const book::v1::Command& wrapped) {
  const Message& in =
      kind.book == nullptr ? wrapped : wrapped.GetReflection()->GetMessage(wrapped, kind.book);
  return in.GetReflection()->GetMessage(in, kind.field);
}

int CommandKinds::ResultField(const Kind& kind) {
  return (kind.book == nullptr ? kind.field : kind.book)->number();
}

std::string CommandKinds::Result(const Kind& kind, std::string response) {
  if (kind.book == nullptr) return response;
  std::string wrapped;
  wire::AppendBytes(kind.field->number(), response, &wrapped);
  return wrapped;
}

std::string StatusBytes(const absl::Status& status, bool details) {
  if (details) {
    std::string bytes = rpc::EncodeDetails(status);
    if (!bytes.empty()) return bytes;
  }
  google::rpc::Status bare;
  bare.set_code(static_cast<int>(status.code()));
  bare.set_message(rpc::HeaderMessage(ToStd(status.message()).substr(0, kMaxBareMessageBytes)));
  return bare.SerializeAsString();
}

}  // namespace daybook
