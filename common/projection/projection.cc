#include "common/projection/projection.h"

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/base/text.h"

namespace daybook::projection::internal {

size_t IndexOfFact(std::string_view projection, const google::protobuf::Descriptor& fact) {
  const std::optional<size_t> index = FactsOf<book::v1::Event>().IndexOf(fact);
  if (!index.has_value()) {
    CheckFailed(__FILE__, __LINE__,
                absl::StrCat("the projection ", ToAbsl(projection), " listens to ",
                             fact.full_name(), ", which no book's event holds")
                    .c_str());
  }
  return *index;
}

}  // namespace daybook::projection::internal
