#include "common/serving/wrapped_command.h"

#include "common/base/status.h"
#include "common/base/text.h"
#include "common/rpc/details.h"
#include "google/rpc/status.pb.h"

namespace daybook {

namespace {

constexpr size_t kMaxBareMessageBytes = 100;

}  // namespace

CommandKinds::CommandKinds(const command::Book& book) {
  const auto* commands = book::v1::Command::descriptor();
  for (int i = 0; i < commands->field_count(); ++i) {
    const auto* field = commands->field(i);
    const auto* result = book::v1::CommandResult::descriptor()->FindFieldByNumber(field->number());
    Kind kind{.field = field};
    for (const command::Method& method : book.methods) {
      if (method.descriptor->input_type() == field->message_type()) kind.method = &method;
    }
    DAYBOOK_CHECK(kind.method != nullptr && result != nullptr &&
                  result->message_type() == kind.method->descriptor->output_type());
    const auto number = static_cast<size_t>(field->number());
    if (by_number_.size() <= number) by_number_.resize(number + 1);
    by_number_[number] = kind;
  }
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
