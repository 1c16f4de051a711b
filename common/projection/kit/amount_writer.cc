#include "common/projection/kit/amount_writer.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"

namespace daybook::projection {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// The field of `answer` that `value` is.
const FieldDescriptor& FieldOf(const Message& answer, const Message* value) {
  std::vector<const FieldDescriptor*> fields;
  answer.GetReflection()->ListFields(answer, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->is_repeated() || field->message_type() != value->GetDescriptor()) continue;
    if (&answer.GetReflection()->GetMessage(answer, field) == value) return *field;
  }
  DAYBOOK_CHECK(!"an amount that is no field of the answer");
  __builtin_unreachable();
}

}  // namespace

absl::StatusOr<const Currency*> CurrencyOf(std::string_view currency_code) {
  const Currency* currency = Currency::Find(currency_code);
  if (currency != nullptr) return currency;
  return absl::DataLossError(absl::StrCat("the book has amounts in '", std::string(currency_code),
                                          "', which this version does not know"));
}

void AmountWriter::Write(Int128 minor, google::type::Money* field) const {
  if (SetSum(minor, *currency_, *field)) return;
  const FieldDescriptor& descriptor = FieldOf(*answer_, field);
  answer_->GetReflection()->ClearField(answer_, &descriptor);
  (*larger_)[descriptor.name()].set_value(FormatSum(minor, *currency_));
}

}  // namespace daybook::projection
