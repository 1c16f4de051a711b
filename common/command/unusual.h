// Days of requests that are more likely typing errors than meant: one rule for every command.
//
// A business day is a field of google.type.Date whose name ends in `_date`, of the request or of a
// message in it; a birthday is none. Each is within the bounds of common/base/plausible.h, or the
// request says `allow_unusual`. What the server fills in itself is no matter of the rule.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/time/civil_time.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace daybook::command {

// Of every request that has a business day or an amount. It is no part of what a request says, so
// that a resend may have it or not (prepare.cc).
inline constexpr std::string_view kAllowUnusual = "allow_unusual";

// The business days of one type of request. Made once a type. Thread-safe.
class DayFields {
 public:
  explicit DayFields(const google::protobuf::Descriptor& request);

  // INVALID_FIELDS naming every day that is not plausible. `today` is asked only if there is a day.
  absl::Status Check(const google::protobuf::Message& request,
                     absl::FunctionRef<absl::CivilDay()> today) const;

  // `draft.invoice_date`
  std::vector<std::string> names() const;

 private:
  struct Field {
    std::vector<const google::protobuf::FieldDescriptor*> path;
    std::string name;
  };
  void Find(const google::protobuf::Descriptor& message, const Field& in);

  const google::protobuf::FieldDescriptor* allow_unusual_;  // null: the request has no such field
  std::vector<Field> fields_;
};

}  // namespace daybook::command
