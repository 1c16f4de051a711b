// Tables of the read model `journal` and how their keys are spelled.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/projection/kit/rows.h"
#include "common/store/store.h"
#include "daybook/internal/journal/v1/rows.pb.h"
#include "projections/journal/postings.h"

namespace daybook::journal {

namespace rows = daybook::internal::journal::v1;

// customer id
inline constexpr store::Table<rows::CustomerRow> kCustomers{1, "customers"};
// customer id, day, revision, part
inline constexpr store::Table<rows::EntryRow> kEntries{2, "entries"};
// day, customer id, revision, part
inline constexpr store::Table<rows::EntryPlace> kByDay{3, "by_day"};
// customer id, invoice id
inline constexpr store::Table<rows::InvoiceRow> kInvoices{4, "invoices"};
// customer id, payment id
inline constexpr store::Table<rows::PaymentRow> kPayments{5, "payments"};
// currency code, ledger account, detail
inline constexpr store::Table<rows::SumRow> kSums{6, "sums"};
// currency code, ledger account, detail, day
inline constexpr store::Table<rows::SumRow> kDays{7, "days"};
// customer id, account id; those whose days are not those of UTC
inline constexpr store::Table<rows::AccountRow> kAccounts{8, "accounts"};
// time zone of an account, empty for UTC
inline constexpr store::Table<rows::ZoneRow> kZones{9, "zones"};

using projection::AppendDay;
using projection::TakeDay;

// Which entry: the revision of the customer that recorded it, the event's place in that record, and
// the day, for an event about documents of several days is several entries.
struct EntryId {
  std::string customer_id;
  int32_t day = 0;
  uint32_t revision = 0;  // a customer has fewer than 2^32 records
  uint32_t part = 0;
};

inline std::string EntryKey(std::string_view customer_id, int32_t day, uint32_t revision,
                            uint32_t part) {
  std::string key;
  key.reserve(customer_id.size() + 16);
  store::AppendText(&key, customer_id);
  AppendDay(&key, day);
  store::AppendNumber(&key, revision);
  store::AppendNumber(&key, part);
  return key;
}
inline std::string ByDayKey(std::string_view customer_id, int32_t day, uint32_t revision,
                            uint32_t part) {
  std::string key;
  key.reserve(customer_id.size() + 16);
  AppendDay(&key, day);
  store::AppendText(&key, customer_id);
  store::AppendNumber(&key, revision);
  store::AppendNumber(&key, part);
  return key;
}
inline std::optional<EntryId> TakeEntryKey(std::string_view key) {
  EntryId id;
  if (!store::TakeText(&key, &id.customer_id) || !TakeDay(&key, &id.day) ||
      !store::TakeNumber(&key, &id.revision) || !store::TakeNumber(&key, &id.part) ||
      !key.empty()) {
    return std::nullopt;
  }
  return id;
}
inline std::optional<EntryId> TakeByDayKey(std::string_view key) {
  EntryId id;
  if (!TakeDay(&key, &id.day) || !store::TakeText(&key, &id.customer_id) ||
      !store::TakeNumber(&key, &id.revision) || !store::TakeNumber(&key, &id.part) ||
      !key.empty()) {
    return std::nullopt;
  }
  return id;
}

// Of kInvoices, kPayments and kAccounts.
inline std::string DocumentKey(std::string_view customer_id, std::string_view document_id) {
  std::string key;
  store::AppendText(&key, customer_id);
  store::AppendText(&key, document_id);
  return key;
}

// Of kSums; with a day behind it, of kDays.
inline std::string SumKey(std::string_view currency_code, postings::Ledger ledger,
                          std::string_view detail) {
  std::string key;
  store::AppendText(&key, currency_code);
  store::AppendNumber(&key, static_cast<uint32_t>(ledger));
  store::AppendText(&key, detail);
  return key;
}
// What all details of a ledger account have in common.
inline std::string LedgerPrefix(std::string_view currency_code, postings::Ledger ledger) {
  std::string key;
  store::AppendText(&key, currency_code);
  store::AppendNumber(&key, static_cast<uint32_t>(ledger));
  return key;
}

}  // namespace daybook::journal
