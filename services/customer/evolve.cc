// What an event does to the state.
#include <utility>

#include "common/base/dates.h"
#include "common/base/status.h"
#include "services/customer/customer.h"
#include "services/customer/profile.h"
#include "services/customer/state.h"

namespace daybook::customer {
namespace {

using state::State;
using v1::CustomerRegistered;
using v1::CustomerUpdated;
using v1::ExternalId;

// `personal` is kept where the event does not say it; what is sealed is not known here.
template <class Fact>
void SetProfile(const Fact& fact, State& state) {
  const bool says = fact.personal_case() != Fact::PERSONAL_NOT_SET;
  *state.mutable_profile() = ProfileIn(fact, says ? fact.clear() : state.profile().personal());
}

void Remove(const ExternalId& removed, State& state) {
  auto& all = *state.mutable_external_ids();
  for (int i = 0; i < all.size(); ++i) {
    if (all[i].system() != removed.system() || all[i].id() != removed.id()) continue;
    all.DeleteSubrange(i, 1);
    return;
  }
}

}  // namespace

void Customer::Evolve(const command::EventMeta& meta, const Event& event, State& state,
                      internal::book::v1::PartitionState&) {
  switch (event.event_case()) {  // without default: a new event without its case does not compile
    case Event::kCustomerRegistered:
      state.set_registered(true);
      state.set_kind(event.customer_registered().kind());
      state.set_state(v1::CUSTOMER_STATE_ACTIVE);
      SetProfile(event.customer_registered(), state);
      *state.mutable_external_ids() = event.customer_registered().external_ids();
      *state.mutable_registered_date() = DateOf(meta.effective_date);
      break;
    case Event::kCustomerUpdated:
      SetProfile(event.customer_updated(), state);
      break;
    case Event::kCustomerArchived:
      state.set_state(v1::CUSTOMER_STATE_ARCHIVED);
      *state.mutable_state_date() = DateOf(meta.effective_date);
      break;
    case Event::kCustomerRestored:
      state.set_state(v1::CUSTOMER_STATE_ACTIVE);
      *state.mutable_state_date() = DateOf(meta.effective_date);
      break;
    case Event::kExternalIdAdded:
      *state.add_external_ids() = event.external_id_added().external_id();
      break;
    case Event::kExternalIdRemoved:
      Remove(event.external_id_removed().external_id(), state);
      break;
    case Event::EVENT_NOT_SET:
      DAYBOOK_CHECK(!"an event of the customer book that this binary does not know");
  }
  state.set_version(state.version() + 1);
}

}  // namespace daybook::customer
