// Small words for the Check functions of requests: where a field stands and what is wrong with it.
//
//   Expect(CheckId(request.account_id(), kMaxIdCharacters), "account_id", bad);
//   Expect(CheckText(line.product(), 64), At("lines", i, "product"), bad);
//
// A path costs nothing until there is something to say.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/base/text.h"

namespace daybook {

inline constexpr size_t kMaxIdCharacters = 64;

// `list[index]` or `list[index].field`. Refers to its parts.
struct At {
  std::string_view list;
  int index;
  std::string_view field;

  constexpr At(std::string_view list, int index, std::string_view field = "")
      : list(list), index(index), field(field) {}
  std::string ToString() const {
    return absl::StrCat(ToAbsl(list), "[", index, "]", field.empty() ? "" : ".", ToAbsl(field));
  }
};

inline void Expect(const absl::Status& status, std::string_view field, FieldViolations& bad) {
  if (!status.ok()) bad.Add(field, ToStd(status.message()));
}

inline void Expect(const absl::Status& status, const At& at, FieldViolations& bad) {
  if (!status.ok()) bad.Add(at.ToString(), ToStd(status.message()));
}

// What every request of a book has: who, under which name, expecting which revision.
template <class Request>
void CheckEnvelope(const Request& request, size_t max_request_id_characters, FieldViolations& bad) {
  if (request.request_id().empty()) {
    bad.Add("request_id", "is required: it makes a resend safe; a UUID is advised");
  } else {
    Expect(CheckId(request.request_id(), max_request_id_characters), "request_id", bad);
  }
  if (request.has_expected_revision() && request.expected_revision() < 0) {
    bad.Add("expected_revision", "is negative");
  }
}

}  // namespace daybook
