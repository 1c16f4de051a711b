#include "projections/directory/directory.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/dates.h"
#include "common/base/status.h"
#include "common/base/text.h"

namespace daybook::directory {
namespace {

using customer::v1::CustomerState;
using customer::v1::ExternalId;
using projection::Meta;
using store::Shard;

// One fact's change of a customer: the row while it lives, and at its end the lines of the lists.
class Change {
 public:
  Change(const Meta& meta, Shard& shard)
      : meta_(meta),
        shard_(shard),
        row_(shard.Edit(kCustomers, meta.customer_id)),
        was_registered_(row_.registered()),
        was_archived_(row_.state() == customer::v1::CUSTOMER_STATE_ARCHIVED),
        old_name_key_(NameKey(row_.profile().personal().display_name(), meta.customer_id)),
        old_day_key_(DayKey(row_.registered_day(), meta.customer_id)) {}

  ~Change() {
    row_.set_version(row_.version() + 1);
    row_.set_revision(meta_.revision);
    row_.set_changed_day(EpochDay(meta_.effective_date));
    row_.set_changed_recorded_us(meta_.recorded_time_us);
    Count();
    List();
  }

  rows::CustomerRow& row() { return row_; }

  template <class Fact>
  void SetProfile(const Fact& fact) {
    customer::v1::Profile& profile = *row_.mutable_profile();
    profile.set_region_code(fact.region_code());
    profile.set_language_code(fact.language_code());
    if (fact.has_industry()) {
      *profile.mutable_industry() = fact.industry();
    } else {
      profile.clear_industry();
    }
    profile.set_size_band(fact.size_band());
    if (fact.personal_case() == Fact::PERSONAL_NOT_SET) return;
    row_.set_personal_sealed(fact.has_sealed());
    *profile.mutable_personal() = fact.clear();  // empty if it is sealed
  }

  void Claim(const ExternalId& external_id) {
    *row_.add_external_ids() = external_id;
    shard_.Edit(kExternalIds,
                ExternalIdKey(external_id.system(), Tidy(external_id.id()), meta_.customer_id));
    AddExternalIds(1);
  }

  void Disclaim(const ExternalId& external_id) {
    auto& all = *row_.mutable_external_ids();
    for (int i = 0; i < all.size(); ++i) {
      if (all[i].system() != external_id.system() || all[i].id() != external_id.id()) continue;
      all.DeleteSubrange(i, 1);
      shard_.Erase(kExternalIds,
                   ExternalIdKey(external_id.system(), Tidy(external_id.id()), meta_.customer_id));
      return AddExternalIds(-1);
    }
  }

 private:
  void AddExternalIds(int64_t count) {
    rows::BookTotals& book = shard_.Edit(kBook, kBookKey);
    book.set_external_id_count(book.external_id_count() + count);
  }

  void Count() {
    const bool archived = row_.state() == customer::v1::CUSTOMER_STATE_ARCHIVED;
    if (was_registered_ == row_.registered() && was_archived_ == archived) return;
    rows::BookTotals& book = shard_.Edit(kBook, kBookKey);
    book.set_customer_count(book.customer_count() + row_.registered() - was_registered_);
    book.set_archived_count(book.archived_count() + archived - was_archived_);
  }

  // The write side registers first; a customer of whom only other facts are known is not listed.
  void List() {
    if (!row_.registered()) return;
    const customer::v1::Profile& profile = row_.profile();
    rows::ListRow line;
    line.set_customer_id(std::string(meta_.customer_id));
    line.set_display_name(profile.personal().display_name());
    line.set_kind(row_.kind());
    line.set_state(row_.state());
    line.set_region_code(profile.region_code());
    line.set_language_code(profile.language_code());
    if (profile.has_industry()) *line.mutable_industry() = profile.industry();
    line.set_size_band(profile.size_band());
    line.set_registered_day(row_.registered_day());

    const std::string name_key = NameKey(line.display_name(), meta_.customer_id);
    const std::string day_key = DayKey(line.registered_day(), meta_.customer_id);
    if (was_registered_ && old_name_key_ != name_key) shard_.Erase(kByName, old_name_key_);
    if (was_registered_ && old_day_key_ != day_key) shard_.Erase(kByDay, old_day_key_);
    shard_.Renew(kByName, name_key) = line;
    shard_.Renew(kByDay, day_key) = line;
    shard_.Renew(kById, meta_.customer_id) = std::move(line);
  }

  const Meta& meta_;
  Shard& shard_;
  rows::CustomerRow& row_;
  const bool was_registered_, was_archived_;
  const std::string old_name_key_, old_day_key_;
};

}  // namespace

void Directory::On(const customer::v1::CustomerRegistered& fact, const Meta& meta, Shard& shard) {
  Change change(meta, shard);
  rows::CustomerRow& row = change.row();
  row.set_registered(true);
  row.set_kind(fact.kind());
  row.set_state(customer::v1::CUSTOMER_STATE_ACTIVE);
  row.set_registered_day(EpochDay(meta.effective_date));
  row.set_registered_recorded_us(meta.recorded_time_us);
  change.SetProfile(fact);
  for (const ExternalId& external_id : fact.external_ids()) change.Claim(external_id);
}

void Directory::On(const customer::v1::CustomerUpdated& fact, const Meta& meta, Shard& shard) {
  Change(meta, shard).SetProfile(fact);
}

void Directory::On(const customer::v1::CustomerArchived&, const Meta& meta, Shard& shard) {
  Change change(meta, shard);
  change.row().set_state(customer::v1::CUSTOMER_STATE_ARCHIVED);
  change.row().set_archived_day(EpochDay(meta.effective_date));
}

void Directory::On(const customer::v1::CustomerRestored&, const Meta& meta, Shard& shard) {
  Change change(meta, shard);
  change.row().set_state(customer::v1::CUSTOMER_STATE_ACTIVE);
  change.row().clear_archived_day();
}

void Directory::On(const customer::v1::ExternalIdAdded& fact, const Meta& meta, Shard& shard) {
  Change(meta, shard).Claim(fact.external_id());
}

void Directory::On(const customer::v1::ExternalIdRemoved& fact, const Meta& meta, Shard& shard) {
  Change(meta, shard).Disclaim(fact.external_id());
}

void Directory::ClearRecorded(rows::CustomerRow& row) {
  row.clear_registered_recorded_us();
  row.clear_changed_recorded_us();
}

absl::Status Directory::ControlTotals(projection::ViewSpan views,
                                      std::map<std::string, std::string>* totals) {
  rows::BookTotals all;
  for (const auto& view : views) {
    rows::BookTotals book;
    RETURN_IF_ERROR(view->Read(kBook, kBookKey, &book).status());
    all.set_customer_count(all.customer_count() + book.customer_count());
    all.set_archived_count(all.archived_count() + book.archived_count());
    all.set_external_id_count(all.external_id_count() + book.external_id_count());
  }
  (*totals)["customers"] = absl::StrCat(all.customer_count());
  (*totals)["archived"] = absl::StrCat(all.archived_count());
  (*totals)["external ids"] = absl::StrCat(all.external_id_count());
  return absl::OkStatus();
}

}  // namespace daybook::directory
