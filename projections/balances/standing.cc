#include "projections/balances/standing.h"

namespace daybook::balances {

Sums& Sums::operator+=(const Sums& other) {
  net += other.net;
  tax += other.tax;
  received += other.received;
  allocated += other.allocated;
  applied += other.applied;
  invoice_count += other.invoice_count;
  payment_count += other.payment_count;
  return *this;
}

void StandAt(const Journal& journal, int32_t as_of_day, Standing* standing) {
  standing->sums = {};
  standing->open_minor.clear();
  standing->open_invoice_count = 0;
  Sums& sums = standing->sums;
  for (const JournalInvoice& invoice : journal.invoices) {
    standing->open_minor.push_back(invoice.total_minor);
    if (!Counts(invoice.day, as_of_day)) continue;
    sums.net += invoice.total_minor - invoice.tax_minor;
    sums.tax += invoice.tax_minor;
    ++sums.invoice_count;
  }
  for (const JournalEntry& entry : journal.entries) {
    if (entry.kind == Kind::kInvoice || !Counts(entry.day, as_of_day)) continue;
    if (entry.kind == Kind::kPayment) {
      sums.received += journal.payments[entry.document].amount_minor;
      ++sums.payment_count;
    } else if (entry.document >= journal.payments.size() ||
               !Counts(journal.payments[entry.document].day, as_of_day)) {
      continue;
    }
    Int128& side = entry.kind == Kind::kPayment ? sums.allocated : sums.applied;
    for (uint32_t a = entry.first_allocation; a < entry.last_allocation; ++a) {
      const JournalAllocation& allocation = journal.allocations[a];
      if (allocation.invoice >= journal.invoices.size() ||
          !Counts(journal.invoices[allocation.invoice].day, as_of_day)) {
        continue;
      }
      standing->open_minor[allocation.invoice] -= allocation.amount_minor;
      side += allocation.amount_minor;
    }
  }
  for (size_t i = 0; i < journal.invoices.size(); ++i) {
    standing->open_invoice_count +=
        Counts(journal.invoices[i].day, as_of_day) && standing->open_minor[i] != 0;
  }
}

int AgeColumn(int32_t due_day, int32_t as_of_day) {
  const int64_t age = static_cast<int64_t>(as_of_day) - due_day;
  if (age <= 0) return 0;
  return static_cast<int>(age > 120 ? 5 : (age + 29) / 30);
}

Int128 Ages::balance() const {
  Int128 sum = -unapplied;
  for (const Int128 amount : column) sum += amount;
  return sum;
}

void AddAges(const Journal& journal, const Standing& standing, int32_t as_of_day, Ages* ages) {
  for (size_t i = 0; i < journal.invoices.size(); ++i) {
    const JournalInvoice& invoice = journal.invoices[i];
    if (!Counts(invoice.day, as_of_day)) continue;
    ages->column[AgeColumn(invoice.due_day, as_of_day)] += standing.open_minor[i];
  }
  ages->unapplied += standing.sums.unapplied();
}

}  // namespace daybook::balances
