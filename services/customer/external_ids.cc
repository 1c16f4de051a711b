#include "services/customer/external_ids.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/fields.h"
#include "services/customer/common.h"
#include "services/customer/customer.h"
#include "services/customer/lifecycle.h"

namespace daybook::customer {
namespace {

constexpr size_t kMaxSystemCharacters = 32;
constexpr size_t kMaxIdCharacters = 128;

bool IsSystem(std::string_view text) {
  if (text.empty() || text.size() > kMaxSystemCharacters) return false;
  if (text[0] < 'a' || text[0] > 'z') return false;
  return text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789._-") ==
         std::string_view::npos;
}

const v1::ExternalId* FindSystem(const v1::State& state, const std::string& system) {
  for (const v1::ExternalId& external_id : state.external_ids()) {
    if (external_id.system() == system) return &external_id;
  }
  return nullptr;
}

template <class Request>
absl::Status CheckOne(const Request& request) {
  FieldViolations bad;
  CheckWhoAndWhen(request, bad);
  CheckExternalId(request.external_id(), "external_id", bad);
  return bad.ToStatus();
}

}  // namespace

void CheckExternalId(const v1::ExternalId& external_id, std::string_view field,
                     FieldViolations& bad) {
  if (!IsSystem(external_id.system())) {
    bad.Add(absl::StrCat(ToAbsl(field), ".system"),
            "must be 1 to 32 of a-z, 0-9, '.', '_' and '-', a letter first");
  }
  const absl::Status status = CheckName(external_id.id(), kMaxIdCharacters);
  if (!status.ok()) bad.Add(absl::StrCat(ToAbsl(field), ".id"), ToStd(status.message()));
}

void CheckExternalIds(const google::protobuf::RepeatedPtrField<v1::ExternalId>& external_ids,
                      FieldViolations& bad) {
  if (external_ids.size() > kMaxExternalIds) {
    return bad.Add("external_ids", absl::StrCat("has more than ", kMaxExternalIds, " entries"));
  }
  for (int i = 0; i < external_ids.size(); ++i) {
    CheckExternalId(external_ids[i], At("external_ids", i).ToString(), bad);
    for (int j = 0; j < i; ++j) {
      if (external_ids[j].system() != external_ids[i].system()) continue;
      bad.Add(At("external_ids", i, "system").ToString(), "is named twice: one id a system");
      break;
    }
  }
}

v1::ExternalId Normalised(const v1::ExternalId& external_id) {
  v1::ExternalId normal;
  normal.set_system(external_id.system());
  normal.set_id(Tidy(external_id.id()));
  return normal;
}

using v1::AddExternalIdRequest;
using v1::AddExternalIdResponse;
using v1::ExternalId;
using v1::RemoveExternalIdRequest;
using v1::RemoveExternalIdResponse;

absl::Status Customer::Check(const AddExternalIdRequest& request) { return CheckOne(request); }

absl::StatusOr<command::Events<Customer::Event>> Customer::Decide(
    const command::View& view, const AddExternalIdRequest& request, const command::Context& context,
    AddExternalIdResponse&) {
  RETURN_IF_ERROR(ExpectAllowed(view, "AddExternalId"));
  ASSIGN_OR_RETURN(const absl::CivilDay day, DayOfChange(view, request, context));
  const v1::State& state = view.state.customer();
  ExternalId added = Normalised(request.external_id());
  if (const ExternalId* present = FindSystem(state, added.system())) {
    if (Tidy(present->id()) == added.id()) return command::Events<Event>();
    return Refuse(Reason::kExternalIdExists,
                  absl::StrCat("the customer is known as '", present->id(), "' in '",
                               present->system(), "'; remove that first"),
                  {{"system", present->system()}, {"id", present->id()}});
  }
  if (state.external_ids_size() >= kMaxExternalIds) {
    return Refuse(Reason::kExternalIdsFull,
                  absl::StrCat("the customer has ", state.external_ids_size(), " external ids"),
                  {{"external_id_limit", absl::StrCat(kMaxExternalIds)}});
  }
  command::Events<Event> events(1);
  events[0].effective_date = day;
  *events[0].event.mutable_external_id_added()->mutable_external_id() = std::move(added);
  return events;
}

absl::Status Customer::Check(const RemoveExternalIdRequest& request) { return CheckOne(request); }

absl::StatusOr<command::Events<Customer::Event>> Customer::Decide(
    const command::View& view, const RemoveExternalIdRequest& request,
    const command::Context& context, RemoveExternalIdResponse&) {
  RETURN_IF_ERROR(ExpectAllowed(view, "RemoveExternalId"));
  ASSIGN_OR_RETURN(const absl::CivilDay day, DayOfChange(view, request, context));
  const ExternalId removed = Normalised(request.external_id());
  const ExternalId* present = FindSystem(view.state.customer(), removed.system());
  // Older events have an id as it was given.
  if (present == nullptr || Tidy(present->id()) != removed.id()) {
    return Refuse(Reason::kExternalIdNotFound,
                  absl::StrCat("the customer is not known as '", removed.id(), "' in '",
                               removed.system(), "'"),
                  {{"system", removed.system()}, {"id", removed.id()}});
  }
  command::Events<Event> events(1);
  events[0].effective_date = day;
  *events[0].event.mutable_external_id_removed()->mutable_external_id() = *present;
  return events;
}

}  // namespace daybook::customer
