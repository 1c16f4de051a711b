#include "tests/support/reference_book.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace daybook {

std::string WideText(Wide number) {
  if (number < 0) return "-" + WideText(-number);
  std::string text;
  do {
    text.insert(text.begin(), static_cast<char>('0' + static_cast<int>(number % 10)));
    number /= 10;
  } while (number > 0);
  return text;
}

int DigitsOf(const std::string& currency) {
  static const std::map<std::string, int> digits = {{"EUR", 2}, {"USD", 2}, {"JPY", 0}, {"KWD", 3}};
  const auto it = digits.find(currency);
  return it == digits.end() ? -1 : it->second;
}

bool MinorUnits(const google::type::Money& money, Wide* minor) {
  const int digits = DigitsOf(money.currency_code());
  if (digits < 0) return false;
  Wide nanos = static_cast<Wide>(money.units()) * 1'000'000'000 + money.nanos();
  for (int i = digits; i < 9; ++i) {
    if (nanos % 10 != 0) return false;
    nanos /= 10;
  }
  *minor = nanos;
  return true;
}

Wide ReferenceAccount::TotalOpen() const {
  Wide sum = 0;
  for (const auto& [id, invoice] : invoices) sum += invoice.open;
  return sum;
}

Wide ReferenceAccount::TotalUnapplied() const {
  Wide sum = 0;
  for (const auto& [id, left] : unapplied) sum += left;
  return sum;
}

void ReferenceBook::Say(const std::string& what) {
  violations_->Add(absl::StrCat(place_, ": ", what));
}

void ReferenceBook::Take(const CountingRecord& counting) {
  if (!counting.record.has_commit()) return;
  const book::v1::Commit& commit = counting.record.commit();
  place_ = absl::StrCat("partition ", counting.partition, " offset ", counting.offset, " customer ",
                        commit.customer_id());
  partition_ = counting.partition;
  const auto [it, is_new] = customers_.try_emplace(commit.customer_id());
  customer_ = &it->second;
  if (is_new) customer_->partition = partition_;
  if (customer_->partition != partition_) Say("the customer was in another partition before");
  if (counting.key != commit.customer_id()) Say("the record's key is not the customer");
  if (commit.revision() != customer_->revision + (commit.events().empty() ? 0 : 1)) {
    Say(absl::StrCat("revision ", commit.revision(), " follows ", customer_->revision));
  }
  customer_->revision = commit.revision();
  for (const book::v1::Event& event : commit.events()) Take(event);
}

void ReferenceBook::Take(const book::v1::Event& event) {
  if (event.event_case() == book::v1::Event::kCustomer) {
    if (!event.customer().has_customer_registered()) return Say("an unknown event of the customer");
    if (customer_->registered) Say("the customer is registered twice");
    customer_->registered = true;
    return;
  }
  if (!customer_->registered) Say("something happened before the customer was registered");
  switch (event.billing().event_case()) {
    case billing::v1::Event::kAccountOpened:
      return Take(event.billing().account_opened());
    case billing::v1::Event::kInvoiceIssued:
      return Take(event.billing().invoice_issued(), event.effective_date().year());
    case billing::v1::Event::kCreditNoteIssued:
      return Take(event.billing().credit_note_issued(), event.effective_date().year());
    case billing::v1::Event::kPaymentRecorded:
      return Take(event.billing().payment_recorded());
    case billing::v1::Event::kCreditApplied:
      return Take(event.billing().credit_applied());
    case billing::v1::Event::kCreditReleased:
      return Take(event.billing().credit_released());
    case billing::v1::Event::kPaymentReversed:
      return Take(event.billing().payment_reversed());
    case billing::v1::Event::kDebitNoteIssued:
      return Take(event.billing().debit_note_issued(), event.effective_date().year());
    case billing::v1::Event::kPaymentLossTaken:
      return Take(event.billing().payment_loss_taken());
    case billing::v1::Event::kPaymentLossRecovered:
      return Take(event.billing().payment_loss_recovered());
    case billing::v1::Event::EVENT_NOT_SET:
      return Say("an unknown event");
    default:
      return Say("an event that no load of these tests makes");
  }
}

void ReferenceBook::Take(const billing::v1::AccountOpened& event) {
  const auto [it, is_new] = customer_->accounts.try_emplace(event.account_id());
  if (!is_new) return Say("the account is opened twice");
  it->second.currency = event.currency_code();
}

ReferenceAccount* ReferenceBook::Account(const std::string& id, const std::string& currency) {
  const auto it = customer_->accounts.find(id);
  if (it == customer_->accounts.end()) {
    Say("there is no account " + id);
    return nullptr;
  }
  if (it->second.currency != currency) Say("the account has another currency than " + currency);
  return &it->second;
}

void ReferenceBook::Take(const billing::v1::InvoiceIssued& event, int year) {
  ReferenceAccount* account = Account(event.account_id(), event.currency_code());
  if (account == nullptr) return;
  CheckNumber("invoice", event.number(), year);
  Wide net = 0, tax = 0, tax_by_rate = 0;
  for (const auto& line : event.lines()) {
    net += line.net_minor();
    tax += line.tax_minor();
  }
  for (const auto& total : event.taxes()) {
    tax_by_rate += total.tax_minor();
    Wide net_of_lines = 0, tax_of_lines = 0;
    for (const auto& line : event.lines()) {
      if (line.tax_rate_percent() != total.rate_percent() ||
          line.tax_code().SerializeAsString() != total.tax_code().SerializeAsString()) {
        continue;
      }
      net_of_lines += line.net_minor();
      tax_of_lines += line.tax_minor();
    }
    if (net_of_lines != total.net_minor() || tax_of_lines != total.tax_minor()) {
      Say("a tax of the invoice is not that of its lines");
    }
  }
  if (net != event.net_minor()) Say("the invoice's net is not the sum of its lines");
  if (tax != event.tax_minor() || tax_by_rate != event.tax_minor()) {
    Say("the invoice's tax is not the sum of its lines and of its rates");
  }
  const Wide total = event.total_minor();
  if (net + tax != total) Say("the invoice's total is not net and tax");
  if (!ids_.insert(event.invoice_id()).second) Say("the invoice's id is used twice");
  account->invoices[event.invoice_id()] = {total, total, 0};
  account->invoiced += total;
  Post(account->currency, "receivable", "revenue", net);
  Post(account->currency, "receivable", "tax_payable", tax);
}

// As loads make them: all of an invoice, what was paid as credit of the account.
void ReferenceBook::Take(const billing::v1::CreditNoteIssued& event, int year) {
  ReferenceAccount* account = Account(event.account_id(), event.currency_code());
  if (account == nullptr) return;
  CheckNumber("credit note", event.number(), year);
  Wide net = 0, tax = 0;
  for (const auto& line : event.lines()) {
    net += line.net_minor();
    tax += line.tax_minor();
  }
  const Wide total = event.total_minor();
  if (net != event.net_minor() || tax != event.tax_minor() || net + tax != total) {
    Say("the credit note's total is not the sum of its lines");
  }
  if (event.kind() != billing::v1::CREDIT_NOTE_KIND_CREDIT) {
    Say("the credit note is not of kind CREDIT");
  }
  if (!ids_.insert(event.credit_note_id()).second) Say("the credit note's id is used twice");
  const auto it = account->invoices.find(event.invoice_id());
  if (it == account->invoices.end()) return Say("an invoice is taken back that is not there");
  if (total != it->second.total - it->second.credited) {
    Say("the credit note is not all that is left of its invoice");
  }
  // First what is open; only money becomes credit.
  const Wide applied = std::min(it->second.open, total);
  if (event.applied_minor() != applied || event.unapplied_minor() != total - applied) {
    Say(absl::StrCat("the credit note takes ", event.applied_minor(), " off its invoice, ",
                     WideText(applied), " are open"));
  }
  it->second.credited += total;
  it->second.open -= applied;
  account->credited += total;
  account->credit_applied += applied;
  ++account->credit_note_count;
  account->unapplied[event.credit_note_id()] = total - applied;
  ledger_[{account->currency, "revenue"}].first += net;
  ledger_[{account->currency, "tax_payable"}].first += tax;
  ledger_[{account->currency, "receivable"}].second += applied;
  ledger_[{account->currency, "customer_deposits"}].second += total - applied;
}

void ReferenceBook::CheckNumber(const std::string& what, const billing::v1::InvoiceNumber& number,
                                int year) {
  int64_t& last = last_numbers_[{what, number.series(), number.year(), number.partition()}];
  if (number.sequence() != last + 1) {
    Say(absl::StrCat(what, " number ", number.sequence(), " of series ", number.series(), " ",
                     number.year(), " follows ", last));
  }
  last = number.sequence();
  if (number.partition() != partition_) Say(what + "'s number is of another partition");
  if (number.year() != year) Say(what + "'s number is of another year");
}

Wide ReferenceBook::Apply(ReferenceAccount& account, const std::string& source,
                          const Allocations& allocations) {
  Wide sum = 0;
  for (const auto& allocation : allocations) {
    const Wide amount = allocation.amount_minor();
    const auto it = account.invoices.find(allocation.invoice_id());
    if (it == account.invoices.end()) {
      Say("money is put on an invoice that is not there");
      continue;
    }
    if (amount <= 0 || amount > it->second.open) {
      Say(absl::StrCat(WideText(amount), " is put on an invoice with ", WideText(it->second.open),
                       " open"));
    }
    it->second.open -= amount;
    account.on[{source, allocation.invoice_id()}] += amount;
    sum += amount;
  }
  account.allocated += sum;
  return sum;
}

Wide ReferenceBook::TakeOff(ReferenceAccount& account, const std::string& source,
                            const Allocations& released) {
  Wide sum = 0;
  for (const auto& allocation : released) {
    const Wide amount = allocation.amount_minor();
    Wide& on = account.on[{source, allocation.invoice_id()}];
    if (amount <= 0 || amount > on) {
      Say(absl::StrCat(WideText(amount), " is taken off an invoice that has ", WideText(on)));
    }
    on -= amount;
    account.invoices[allocation.invoice_id()].open += amount;
    sum += amount;
  }
  account.allocated -= sum;
  return sum;
}

void ReferenceBook::Take(const billing::v1::PaymentRecorded& event) {
  ReferenceAccount* account = Account(event.account_id(), event.currency_code());
  if (account == nullptr) return;
  if (event.amount_minor() <= 0) Say("the payment is not positive");
  if (!ids_.insert(event.payment_id()).second) Say("the payment's id is used twice");
  const Wide allocated = Apply(*account, event.payment_id(), event.allocations());
  if (allocated + event.unapplied_minor() != event.amount_minor() || event.unapplied_minor() < 0) {
    Say("the payment is not what is allocated of it and what is left");
  }
  account->unapplied[event.payment_id()] = event.unapplied_minor();
  account->received += event.amount_minor();
  ++account->payment_count;
  Post(account->currency, "cash", "receivable", allocated);
  Post(account->currency, "cash", "customer_deposits", event.unapplied_minor());
}

void ReferenceBook::Take(const billing::v1::CreditApplied& event) {
  ReferenceAccount* account = Account(event.account_id(), event.currency_code());
  if (account == nullptr) return;
  const auto it = account->unapplied.find(event.payment_id());
  if (it == account->unapplied.end()) return Say("credit of what is not there");
  const Wide amount = Apply(*account, event.payment_id(), event.allocations());
  if (amount > it->second) Say("more credit is applied than was left of it");
  it->second -= amount;
  Post(account->currency, "customer_deposits", "receivable", amount);
}

void ReferenceBook::Take(const billing::v1::CreditReleased& event) {
  ReferenceAccount* account = Account(event.account_id(), event.currency_code());
  if (account == nullptr) return;
  const Wide amount = TakeOff(*account, event.payment_id(), event.released());
  account->unapplied[event.payment_id()] += amount;
  Post(account->currency, "receivable", "customer_deposits", amount);
}

void ReferenceBook::Take(const billing::v1::PaymentReversed& event) {
  ReferenceAccount* account = Account(event.account_id(), event.currency_code());
  if (account == nullptr) return;
  const auto it = account->unapplied.find(event.payment_id());
  if (it == account->unapplied.end()) return Say("a payment is taken back that is not there");
  const Wide released = TakeOff(*account, event.payment_id(), event.released());
  const Wide unapplied = event.unapplied_minor();
  if (unapplied < 0 || unapplied > it->second) Say("more is taken back than is unapplied");
  if (released + unapplied != event.amount_minor()) Say("the take-back is not what it is made of");
  it->second -= unapplied;
  Wide left = it->second;
  for (const auto& [place, amount] : account->on)
    left += place.first == event.payment_id() ? amount : 0;
  if (event.partial() != (left != 0)) Say("the take-back does not know whether it was the last");
  if (event.excess_minor() != 0 && left != 0) Say("more than all is taken back, and some is left");
  account->reversed += event.amount_minor();
  Post(account->currency, "receivable", "cash", released);
  Post(account->currency, "customer_deposits", "cash", unapplied);
}

void ReferenceBook::Take(const billing::v1::DebitNoteIssued& event, int year) {
  ReferenceAccount* account = Account(event.account_id(), event.currency_code());
  if (account == nullptr) return;
  CheckNumber("debit note", event.number(), year);
  if (!ids_.insert(event.debit_note_id()).second) Say("the debit note's id is used twice");
  const Wide total = event.total_minor();
  if (total <= 0) Say("the debit note is not positive");
  account->invoices[event.debit_note_id()] = {total, total, 0};
  account->claimed += total;
  ++account->debit_note_count;
  Post(account->currency, "receivable", "cash", total);
}

void ReferenceBook::Take(const billing::v1::PaymentLossTaken& event) {
  ReferenceAccount* account = Account(event.account_id(), event.currency_code());
  if (account == nullptr) return;
  Post(account->currency, "payment_losses", "cash", event.amount_minor());
}

void ReferenceBook::Take(const billing::v1::PaymentLossRecovered& event) {
  ReferenceAccount* account = Account(event.account_id(), event.currency_code());
  if (account == nullptr) return;
  Post(account->currency, "cash", "payment_losses", event.amount_minor());
}

void ReferenceBook::Post(const std::string& currency, const std::string& debit,
                         const std::string& credit, Wide amount) {
  if (amount == 0) return;
  ledger_[{currency, debit}].first += amount;
  ledger_[{currency, credit}].second += amount;
}

void ReferenceBook::CheckSums() {
  std::map<std::string, Wide> open, deposits;
  for (const auto& [id, customer] : customers_) {
    place_ = "customer " + id;
    for (const auto& [account_id, account] : customer.accounts) {
      if (account.received + account.credited - account.credit_applied !=
          account.allocated + account.TotalUnapplied() + account.reversed) {
        Say("received and credited is not allocated, unapplied and reversed in account " +
            account_id);
      }
      if (account.invoiced + account.claimed !=
          account.allocated + account.credit_applied + account.TotalOpen()) {
        Say("invoiced and claimed is not allocated, credited and open in account " + account_id);
      }
      open[account.currency] += account.TotalOpen();
      deposits[account.currency] += account.TotalUnapplied();
    }
  }
  place_ = "the ledger";
  std::map<std::string, Wide> balance;
  for (const auto& [row, sums] : ledger_) balance[row.first] += sums.first - sums.second;
  for (const auto& [currency, left] : balance) {
    if (left != 0) Say("does not balance in " + currency);
    const auto& receivable = ledger_[{currency, "receivable"}];
    const auto& credit = ledger_[{currency, "customer_deposits"}];
    if (receivable.first - receivable.second != open[currency]) {
      Say("has another receivable than the accounts in " + currency);
    }
    if (credit.second - credit.first != deposits[currency]) {
      Say("has other deposits than the accounts in " + currency);
    }
  }
}

}  // namespace daybook
