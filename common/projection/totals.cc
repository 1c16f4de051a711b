#include <map>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/projection/dump.h"

namespace daybook::projection {

absl::Status CompareTotals(const ProjectionInfo& projection, ViewSpan a, ViewSpan b) {
  if (projection.control_totals == nullptr) {
    return absl::UnimplementedError("the read model has no control totals to compare");
  }
  std::map<std::string, std::string> totals_a, totals_b;
  RETURN_IF_ERROR(projection.control_totals(a, &totals_a));
  RETURN_IF_ERROR(projection.control_totals(b, &totals_b));
  for (const auto& [name, value] : totals_a) {
    const auto other = totals_b.find(name);
    if (other == totals_b.end() || other->second != value) {
      return absl::FailedPreconditionError(
          absl::StrCat(name, " is ", value, " in the first and ",
                       other == totals_b.end() ? "absent" : other->second, " in the second"));
    }
  }
  for (const auto& [name, value] : totals_b) {
    if (!totals_a.contains(name)) {
      return absl::FailedPreconditionError(
          absl::StrCat(name, " is absent in the first and ", value, " in the second"));
    }
  }
  return absl::OkStatus();
}

}  // namespace daybook::projection
