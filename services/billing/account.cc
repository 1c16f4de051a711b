#include "services/billing/account.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/codes.h"
#include "common/base/dates.h"
#include "common/base/status.h"
#include "services/billing/currency_scale.h"
#include "services/billing/day_number.h"
#include "services/billing/invoice_number.h"
#include "services/billing/limits.h"

namespace daybook::billing {
namespace {

// Accounts that a refusal names.
constexpr size_t kMostNamed = 5;

}  // namespace

absl::Status ExpectCustomer(const command::View& view) {
  const customer::v1::State& customer = view.state.customer();
  const bool archived = customer.state() == customer::v1::CUSTOMER_STATE_ARCHIVED;
  if (customer.registered() && !archived) return absl::OkStatus();
  const std::string customer_id(view.customer_id);
  if (archived) {
    return Refuse(Reason::kCustomerArchived,
                  absl::StrCat("customer '", customer_id, "' is archived; RestoreCustomer first"),
                  {{"customer_id", customer_id},
                   {"state", "ARCHIVED"},
                   {"allowed_commands", "RestoreCustomer,RemoveExternalId"}});
  }
  return Refuse(Reason::kCustomerNotFound,
                absl::StrCat("customer '", customer_id, "' is not in the book"),
                {{"customer_id", customer_id}});
}

namespace {

struct Size {
  int64_t documents = 0;
  int64_t lines = 0;
};

Size SizeOf(const v1::State& state) {
  Size size;
  for (const v1::Account& account : state.accounts()) {
    size.documents += 1 + account.drafts_size() + account.open_invoices_size() +
                      account.settled_invoices_size() + account.payments_size() +
                      account.credit_note_count();
    size.lines += account.line_count();
  }
  return size;
}

absl::Status ExpectWithin(const Size& size, int64_t most_documents) {
  if (size.documents < most_documents && size.lines <= kMaxInvoiceLines) return absl::OkStatus();
  return Refuse(
      Reason::kCustomerFull,
      absl::StrCat("the customer has ", size.documents,
                   " accounts, invoices, payments and credit notes; the invoices would have ",
                   size.lines, " lines"),
      {{"document_count", absl::StrCat(size.documents)},
       {"document_limit", absl::StrCat(most_documents)},
       {"line_count", absl::StrCat(size.lines)},
       {"line_limit", absl::StrCat(kMaxInvoiceLines)}});
}

}  // namespace

absl::Status ExpectRoom(const command::View& view, int new_lines) {
  Size size = SizeOf(view.state.billing());
  size.lines += new_lines;
  return ExpectWithin(size, kMaxDocuments);
}

absl::Status ExpectRoomForFact(const command::View& view) {
  return ExpectWithin(SizeOf(view.state.billing()), kMaxDocumentsWithFacts);
}

int MostAllocations(const v1::State& state) {
  int rows = 0;
  for (const v1::Account& account : state.accounts()) rows += account.allocations().payment_size();
  return std::clamp(kMaxAllocationRows - rows, 0, kMaxAllocations);
}

const v1::Account* FindAccount(const v1::State& state, const std::string& account_id) {
  for (const v1::Account& account : state.accounts()) {
    if (account.account_id() == account_id) return &account;
  }
  return nullptr;
}

absl::StatusOr<const v1::Account*> ChooseAccount(const command::View& view,
                                                 const std::string& account_id) {
  const v1::State& state = view.state.billing();
  if (account_id.empty()) {
    if (state.accounts_size() == 1) return &state.accounts(0);
    std::vector<std::string> ids;
    for (const v1::Account& account : state.accounts()) {
      if (ids.size() < kMostNamed) ids.push_back(account.account_id());
    }
    return Refuse(Reason::kAccountRequired,
                  ids.empty() ? "the customer has no account yet; OpenAccount first"
                              : absl::StrCat("account_id is left out and the customer has ",
                                             state.accounts_size(), " accounts, such as ",
                                             absl::StrJoin(ids, ", "), "; name one"),
                  {{"account_count", absl::StrCat(state.accounts_size())}});
  }
  if (const v1::Account* account = FindAccount(state, account_id)) return account;
  return Refuse(Reason::kAccountNotFound,
                absl::StrCat("the customer has no account '", account_id, "'"),
                {{"account_id", account_id}});
}

namespace {

// By the table, else as the log has it.
std::optional<Currency> KnownCurrency(const v1::Account& account) {
  if (const Currency* currency = Currency::Find(account.currency_code())) return *currency;
  if (!account.has_currency_digits()) return std::nullopt;
  return Currency::OfLog(account.currency_code(), account.currency_digits());
}

// In a state that takes the command, and in a currency that can be counted in.
absl::Status ExpectTakes(const v1::Account& account, Command command) {
  RETURN_IF_ERROR(ExpectAllowed(account.state(), account.account_id(), command));
  if (KnownCurrency(account).has_value()) return absl::OkStatus();
  return Refuse(Reason::kUnsupported,
                absl::StrCat("the account is in '", account.currency_code(),
                             "', which this version does not know; upgrade the server"),
                {{"currency_code", account.currency_code()}});
}

}  // namespace

absl::StatusOr<const v1::Account*> ChooseAccount(const command::View& view,
                                                 const std::string& account_id, Command command) {
  RETURN_IF_ERROR(ExpectCustomer(view));
  ASSIGN_OR_RETURN(const v1::Account* account, ChooseAccount(view, account_id));
  RETURN_IF_ERROR(ExpectTakes(*account, command));
  return account;
}

absl::StatusOr<InvoiceRef> FindInvoice(const command::View& view, const std::string& invoice_id,
                                       Command command) {
  RETURN_IF_ERROR(ExpectCustomer(view));
  InvoiceRef found;
  for (const v1::Account& account : view.state.billing().accounts()) {
    for (const auto* list : {&account.open_invoices(), &account.settled_invoices()}) {
      for (const v1::Invoice& invoice : *list) {
        if (invoice.invoice_id() == invoice_id) found = {&account, &invoice, nullptr};
      }
    }
    for (const v1::Draft& draft : account.drafts()) {
      if (draft.invoice_id() == invoice_id) found = {&account, nullptr, &draft};
    }
  }
  if (found.account == nullptr) {
    return Refuse(Reason::kInvoiceNotFound,
                  absl::StrCat("the customer has no invoice '", invoice_id, "'"),
                  {{"invoice_id", invoice_id}});
  }
  RETURN_IF_ERROR(ExpectAllowed(found.state(), invoice_id, command));
  const bool wants_lines = command == Command::kVoidInvoice || command == Command::kIssueCreditNote;
  if (wants_lines && found.invoice->has_debit_note_of()) {
    return Refuse(Reason::kNotAnInvoice,
                  absl::StrCat("'", invoice_id, "' is a debit note; it has no lines to take back"),
                  {{"debit_note_id", invoice_id}});
  }
  RETURN_IF_ERROR(ExpectTakes(*found.account, command));
  return found;
}

namespace {

// What takes credit, wherever it comes from.
bool TakesCreditNotes(Command command) {
  switch (command) {
    case Command::kApplyCredit:
    case Command::kReleaseCredit:
    case Command::kWriteOffCredit:
    case Command::kReverseCreditWriteOff:
      return true;
    default:
      return false;
  }
}

// A payment or a credit note; without account if there is none.
PaymentRef FindSource(const v1::State& state, const std::string& id) {
  for (const v1::Account& account : state.accounts()) {
    for (int i = 0; i < account.payments_size(); ++i) {
      if (account.payments(i).payment_id() != id) continue;
      return {&account, &account.payments(i), static_cast<uint32_t>(i)};
    }
  }
  return {};
}

absl::Status ExpectAllowed(const PaymentRef& found, Command command) {
  RETURN_IF_ERROR(ExpectAllowed(found.payment->state(), found.payment->payment_id(), command));
  return ExpectTakes(*found.account, command);
}

}  // namespace

absl::StatusOr<PaymentRef> FindPayment(const command::View& view, const std::string& payment_id,
                                       Command command) {
  RETURN_IF_ERROR(ExpectCustomer(view));
  const PaymentRef found = FindSource(view.state.billing(), payment_id);
  if (found.account == nullptr) {
    return Refuse(Reason::kPaymentNotFound,
                  absl::StrCat("the customer has no payment '", payment_id, "'"),
                  {{"payment_id", payment_id}});
  }
  if (found.payment->credit_note() && !TakesCreditNotes(command)) {
    return Refuse(Reason::kNotAPayment,
                  absl::StrCat("'", payment_id, "' is a credit note; RefundCreditNote pays it out"),
                  {{"credit_note_id", payment_id}});
  }
  RETURN_IF_ERROR(ExpectAllowed(found, command));
  return found;
}

absl::StatusOr<PaymentRef> FindCreditNote(const command::View& view,
                                          const std::string& credit_note_id, Command command) {
  RETURN_IF_ERROR(ExpectCustomer(view));
  const PaymentRef found = FindSource(view.state.billing(), credit_note_id);
  if (found.account == nullptr || !found.payment->credit_note()) {
    return Refuse(
        Reason::kCreditNoteNotFound,
        absl::StrCat("the customer has no credit note '", credit_note_id, "' that made credit"),
        {{"credit_note_id", credit_note_id}});
  }
  RETURN_IF_ERROR(ExpectAllowed(found, command));
  return found;
}

const v1::Invoice& InvoiceOf(const v1::Account& account, uint32_t ordinal) {
  for (const auto* list : {&account.open_invoices(), &account.settled_invoices()}) {
    for (const v1::Invoice& invoice : *list) {
      if (invoice.ordinal() == ordinal) return invoice;
    }
  }
  DAYBOOK_CHECK(!"an allocation to an invoice that was never issued");
  __builtin_unreachable();
}

v1::InvoiceNumber NumberOf(const v1::Invoice& invoice, int partition) {
  v1::InvoiceNumber number;
  number.set_series(invoice.series().empty() ? kDefaultInvoiceSeries : invoice.series());
  number.set_year(invoice.invoice_date() / 10'000);
  number.set_partition(partition);
  number.set_sequence(invoice.sequence());
  return number;
}

Currency CurrencyOf(const v1::Account& account) {
  const std::optional<Currency> currency = KnownCurrency(account);
  DAYBOOK_CHECK(currency.has_value());
  return *currency;
}

absl::Status ExpectCurrency(const v1::Account& account, const std::string& currency_code) {
  if (currency_code == account.currency_code()) return absl::OkStatus();
  return Refuse(
      Reason::kCurrencyMismatch,
      absl::StrCat("the account is in ", account.currency_code(), ", the amount in ",
                   currency_code),
      {{"account_currency_code", account.currency_code()}, {"currency_code", currency_code}});
}

absl::Status ExpectCurrencies(const v1::Account& account,
                              const google::protobuf::RepeatedPtrField<v1::LineItem>& lines) {
  for (const v1::LineItem& line : lines) {
    if (line.has_amount()) {
      RETURN_IF_ERROR(ExpectCurrency(account, line.amount().currency_code()));
    } else if (line.has_gross_amount()) {
      RETURN_IF_ERROR(ExpectCurrency(account, line.gross_amount().currency_code()));
    }
  }
  return absl::OkStatus();
}

absl::Status ExpectFitsReceived(const v1::Account& account, int64_t amount_minor) {
  return ToInt64(Int128{account.received_minor()} + account.credited_minor() + amount_minor)
      .status();
}

absl::Status NothingWrittenOff(const std::string& id) {
  return Refuse(Reason::kNothingWrittenOff,
                absl::StrCat("nothing stands written off of '", id, "'"), {{"id", id}});
}

absl::Status ExpectUsual(const v1::Account& account, int64_t amount_minor, bool allow_unusual) {
  if (allow_unusual) return absl::OkStatus();
  const int64_t limit = MaxUsualAmount(account.currency_code());
  if (amount_minor <= limit && amount_minor >= -limit) return absl::OkStatus();
  const Currency& currency = CurrencyOf(account);
  return Refuse(Reason::kAmountUnusual,
                absl::StrCat(FormatMoney(amount_minor, currency), " is more than the usual ",
                             FormatMoney(limit, currency), "; set allow_unusual if it is meant"),
                {{"amount_minor", absl::StrCat(amount_minor)},
                 {"limit_minor", absl::StrCat(limit)},
                 {"currency_code", account.currency_code()}});
}

std::string MoneyText(const v1::Account& account, int64_t minor) {
  return FormatMoney(minor, CurrencyOf(account));
}

absl::Status CreditTooSmall(const v1::Account& account, int64_t wanted_minor,
                            int64_t unapplied_minor) {
  return Refuse(Reason::kCreditTooSmall,
                unapplied_minor == 0
                    ? "nothing is unapplied"
                    : absl::StrCat(MoneyText(account, unapplied_minor), " is unapplied, ",
                                   MoneyText(account, wanted_minor), " was asked for"),
                {{"unapplied_minor", absl::StrCat(unapplied_minor)}});
}

absl::StatusOr<absl::CivilDay> DefaultDay(const std::string& time_zone, absl::Time now,
                                          std::string_view field) {
  const auto zone = FindTimeZone(time_zone);
  if (!zone.ok()) {
    return Violation(field,
                     "is required: the tz database of this server does not know " + time_zone);
  }
  const absl::CivilDay today = TodayIn(*zone, now);
  if (!InRange(today)) return Violation(field, "is required: the server's clock is out of range");
  return today;
}

absl::StatusOr<absl::CivilDay> EffectiveDay(const v1::Account& account, bool asked,
                                            const google::type::Date& date, absl::Time now,
                                            int32_t earliest, std::string_view field) {
  const absl::CivilDay first = earliest == 0 ? absl::CivilDay::min() : DayOfNumber(earliest);
  const absl::StatusOr<absl::CivilDay> today = DefaultDay(account.time_zone(), now, field);
  if (!asked) {
    RETURN_IF_ERROR(today.status());
    return std::max(*today, first);
  }
  ASSIGN_OR_RETURN(const absl::CivilDay day, DayOf(date));
  // A server that does not know the zone takes the word of the caller.
  if (today.ok() && day > *today && day > first) {
    return Violation(field, absl::StrCat("is in the future: today is ", FormatDay(*today)));
  }
  if (day < first) {
    return Violation(field, absl::StrCat("is before ", FormatDay(first),
                                         ", the day of what the command is about"));
  }
  return day;
}

std::string EtagOf(int64_t version) { return absl::StrCat(version); }

absl::Status ExpectEtag(const v1::Draft& draft, const std::string& etag) {
  const std::string present = EtagOf(draft.version());
  if (etag.empty() || etag == present) return absl::OkStatus();
  return Refuse(Reason::kEtagMismatch,
                absl::StrCat("the draft's etag is '", present, "', not '", etag, "'"),
                {{"etag", present}});
}

absl::Status Violation(std::string_view field, std::string_view description) {
  FieldViolations bad;
  bad.Add(field, description);
  return bad.ToStatus();
}

}  // namespace daybook::billing
