#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/fields.h"
#include "common/base/status.h"
#include "common/command/reasons.h"
#include "services/customer/checks.h"
#include "services/customer/customer.h"
#include "services/customer/effective_day.h"
#include "services/customer/lifecycle.h"
#include "services/customer/profile.h"

namespace daybook::customer {
namespace {

using v1::CustomerUpdated;
using v1::Profile;
using v1::UpdateCustomerRequest;
using v1::UpdateCustomerResponse;

constexpr int kMaxPaths = 100;
constexpr size_t kMaxPathCharacters = 100;
constexpr size_t kMaxEtagCharacters = 64;

// Fields of a customer that no update changes, and what to do instead.
struct Fixed {
  std::string_view path, why;
};
constexpr Fixed kFixed[] = {
    {"customer_id", "names customer_id, which never changes"},
    {"kind", "names kind, which never changes: register the right one and archive the other"},
    {"state", "names state: use ArchiveCustomer or RestoreCustomer"},
    {"external_ids", "names external_ids: use AddExternalId and RemoveExternalId"},
    {"*", "is the wildcard, which would clear fields that this client does not know; name them"},
};

void CheckPath(std::string_view path, FieldViolations& bad) {
  if (LeavesOf(path).any()) return;
  for (const Fixed& fixed : kFixed) {
    if (path == fixed.path) return bad.Add("update_mask", fixed.why);
  }
  constexpr std::string_view kProfile = "profile.";
  if (path.starts_with(kProfile) && LeavesOf(path.substr(kProfile.size())).any()) {
    return bad.Add("update_mask", absl::StrCat("names '", ToAbsl(path),
                                               "'; paths are relative to profile: leave out "
                                               "'profile.'"));
  }
  const std::string shown = CheckId(path, kMaxPathCharacters).ok()
                                ? absl::StrCat("'", ToAbsl(path), "'")
                                : std::string("what is no path");
  bad.Add("update_mask", absl::StrCat("names ", shown,
                                      "; known are personal, personal.emails and "
                                      "the like, region_code, language_code, industry, size_band"));
}

// What the request means to change; all paths were found good.
LeafSet LeavesMeant(const UpdateCustomerRequest& request) {
  if (request.update_mask().paths().empty()) {
    return Difference(request.profile(), Profile());
  }
  LeafSet leaves;
  for (const std::string& path : request.update_mask().paths()) {
    leaves |= LeavesOf(path);
  }
  return leaves;
}

// The named fields alone: what else the request holds does not count.
Profile NamedPart(const UpdateCustomerRequest& request, LeafSet leaves) {
  Profile part;
  Copy(request.profile(), leaves, part);
  return part;
}

// Version of a customer's part of the book, opaque to clients.
std::string EtagOf(int64_t version) { return absl::StrCat(version); }

absl::Status ExpectEtag(const command::View& view, const std::string& etag) {
  const std::string present = EtagOf(view.part<state::State>().version());
  if (etag.empty() || etag == present) return absl::OkStatus();
  return Refuse(reason::kEtagMismatch,
                absl::StrCat("the customer's etag is '", present, "', not '", etag, "'"),
                {{"etag", present}});
}

// The profile as the request wants it, normal form and warnings included. INVALID_FIELDS where only
// the whole customer can tell.
absl::StatusOr<Profile> Wanted(const state::State& state, const UpdateCustomerRequest& request,
                               LeafSet leaves, UpdateCustomerResponse& response) {
  Profile part = NamedPart(request, leaves);
  Profile wanted = state.profile();
  FieldViolations bad;
  if (state.kind() == v1::CUSTOMER_KIND_PERSON) CheckOrganisationOnly(part, bad);
  Copy(part, leaves, wanted);
  NormaliseProfile(wanted.region_code(), part, *response.mutable_warnings());
  Copy(part, leaves, wanted);
  CheckShownName(wanted.personal(), bad);
  RETURN_IF_ERROR(bad.ToStatus());
  if (wanted.personal().display_name().empty()) {
    wanted.mutable_personal()->set_display_name(DerivedName(wanted.personal()));
  }
  const auto& industry = wanted.industry();
  if (industry.code().empty() && industry.label().empty()) wanted.clear_industry();
  return wanted;
}

}  // namespace

absl::Status Customer::Check(const UpdateCustomerRequest& request) {
  FieldViolations bad;
  CheckCustomerAndDate(request, bad);
  Expect(CheckText(request.etag(), kMaxEtagCharacters), "etag", bad);
  if (request.update_mask().paths_size() > kMaxPaths) {
    bad.Add("update_mask", absl::StrCat("has more than ", kMaxPaths, " paths"));
    return bad.ToStatus();
  }
  for (const std::string& path : request.update_mask().paths()) CheckPath(path, bad);
  RETURN_IF_ERROR(bad.ToStatus());
  const LeafSet leaves = LeavesMeant(request);
  if (leaves.none()) {
    bad.Add("update_mask", "names no field and every field is empty: there is nothing to change");
  }
  CheckProfile(NamedPart(request, leaves), bad);
  return bad.ToStatus();
}

absl::StatusOr<Events> Customer::Decide(const command::View& view,
                                        const UpdateCustomerRequest& request,
                                        const command::Context& context,
                                        UpdateCustomerResponse& response) {
  RETURN_IF_ERROR(ExpectAllowed(view, Command::kUpdateCustomer));
  RETURN_IF_ERROR(ExpectEtag(view, request.etag()));
  const state::State& state = view.part<state::State>();
  ASSIGN_OR_RETURN(const absl::CivilDay day, DayOfChange(view, request, context));
  ASSIGN_OR_RETURN(Profile wanted, Wanted(state, request, LeavesMeant(request), response));

  const LeafSet changed = Difference(wanted, state.profile());
  response.set_etag(EtagOf(state.version() + (changed.any() ? 1 : 0)));
  if (changed.none()) return Events();
  Events events(1);
  events[0].effective_date = day;
  CustomerUpdated& updated = *events[0].event.mutable_customer_updated();
  for (size_t i = 0; i < kLeafCount; ++i) {
    if (changed[i]) updated.add_changed_paths(std::string(Leaves()[i].path));
  }
  *response.mutable_changed_paths() = updated.changed_paths();
  updated.set_region_code(wanted.region_code());
  updated.set_language_code(wanted.language_code());
  if (wanted.has_industry()) *updated.mutable_industry() = std::move(*wanted.mutable_industry());
  updated.set_size_band(wanted.size_band());
  if ((changed & LeavesOf("personal")).any()) {
    *updated.mutable_clear() = std::move(*wanted.mutable_personal());
  }
  return events;
}

}  // namespace daybook::customer
