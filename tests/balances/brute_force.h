// The second opinion: balances by the definitions, from a plain list of facts, slowly. Shares no
// code with the read model.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/time/civil_time.h"

namespace daybook::balances {

struct BruteInvoice {
  std::string id;
  int64_t sequence;
  absl::CivilDay day, due;
  int64_t total, tax, recorded;
};
struct BrutePayment {
  std::string id;
  absl::CivilDay day;
  int64_t amount, recorded;
};
struct BruteAllocation {
  std::string payment, invoice;
  int64_t amount;
  absl::CivilDay day;  // of the fact that made it
  int64_t recorded;
  bool later;  // by CreditApplied
};

// What a question may see.
struct BruteClocks {
  absl::CivilDay as_of = absl::CivilDay(9999, 12, 31);
  int64_t read = INT64_MAX;
};

struct BruteAccount {
  std::string id, currency, time_zone;
  absl::CivilDay opened;
  int64_t opened_recorded = 0;
  std::vector<BruteInvoice> invoices;
  std::vector<BrutePayment> payments;
  std::vector<BruteAllocation> allocations;
  // Documents in the order of the log: true = invoice, and the place in its list.
  std::vector<std::pair<bool, size_t>> order;

  const BruteInvoice& InvoiceOf(const std::string& name) const {
    return *std::find_if(invoices.begin(), invoices.end(), [&](auto& i) { return i.id == name; });
  }
  const BrutePayment& PaymentOf(const std::string& name) const {
    return *std::find_if(payments.begin(), payments.end(), [&](auto& p) { return p.id == name; });
  }
  static bool Seen(const auto& fact, const BruteClocks& at) {
    return fact.recorded <= at.read && fact.day <= at.as_of;
  }
  bool Seen(const BruteAllocation& allocation, const BruteClocks& at) const {
    return allocation.recorded <= at.read && allocation.day <= at.as_of &&
           Seen(InvoiceOf(allocation.invoice), at) && Seen(PaymentOf(allocation.payment), at);
  }

  int64_t Open(const BruteInvoice& invoice, const BruteClocks& at) const {
    int64_t open = invoice.total;
    for (const auto& a : allocations) {
      if (a.invoice == invoice.id && Seen(a, at)) open -= a.amount;
    }
    return open;
  }
  int64_t Invoiced(const BruteClocks& at) const {
    int64_t sum = 0;
    for (const auto& i : invoices) sum += Seen(i, at) ? i.total : 0;
    return sum;
  }
  int64_t Tax(const BruteClocks& at) const {
    int64_t sum = 0;
    for (const auto& i : invoices) sum += Seen(i, at) ? i.tax : 0;
    return sum;
  }
  int64_t Received(const BruteClocks& at) const {
    int64_t sum = 0;
    for (const auto& p : payments) sum += Seen(p, at) ? p.amount : 0;
    return sum;
  }
  int64_t Allocated(const BruteClocks& at, bool later) const {
    int64_t sum = 0;
    for (const auto& a : allocations) sum += a.later == later && Seen(a, at) ? a.amount : 0;
    return sum;
  }
  int64_t Allocated(const BruteClocks& at) const {
    return Allocated(at, false) + Allocated(at, true);
  }
  int64_t CountInvoices(const BruteClocks& at) const {
    return std::count_if(invoices.begin(), invoices.end(), [&](auto& i) { return Seen(i, at); });
  }
  int64_t CountPayments(const BruteClocks& at) const {
    return std::count_if(payments.begin(), payments.end(), [&](auto& p) { return Seen(p, at); });
  }

  struct OpenItem {
    absl::CivilDay due, day;
    int64_t sequence;
    std::string id, number;
    int64_t total, open;
    auto operator<=>(const OpenItem&) const = default;
  };
  std::vector<OpenItem> OpenItems(const BruteClocks& at) const {
    std::vector<OpenItem> items;
    for (const auto& i : invoices) {
      if (!Seen(i, at) || Open(i, at) == 0) continue;
      items.push_back({i.due, i.day, i.sequence, i.id,
                       absl::StrFormat("A-%d-03-%06d", static_cast<int>(i.day.year()), i.sequence),
                       i.total, Open(i, at)});
    }
    std::sort(items.begin(), items.end(), [](const OpenItem& a, const OpenItem& b) {
      const auto key = [](const OpenItem& i) {
        return std::tuple(i.due, i.day, i.day.year(), i.sequence);
      };
      return key(a) < key(b);
    });
    return items;
  }

  // Column 0 not due, 1-30, 31-60, 61-90, 91-120, over 120.
  std::vector<int64_t> Ages(const BruteClocks& at) const {
    std::vector<int64_t> columns(6, 0);
    for (const auto& i : invoices) {
      if (!Seen(i, at)) continue;
      const int64_t late = at.as_of - i.due;
      int column = 5;
      if (late <= 0) {
        column = 0;
      } else if (late <= 30) {
        column = 1;
      } else if (late <= 60) {
        column = 2;
      } else if (late <= 90) {
        column = 3;
      } else if (late <= 120) {
        column = 4;
      }
      columns[static_cast<size_t>(column)] += Open(i, at);
    }
    return columns;
  }

  struct Line {
    absl::CivilDay day;
    bool invoice;
    std::string document;
    int64_t amount, balance;
  };
  struct Statement {
    int64_t opening = 0, closing = 0, debits = 0, credits = 0;
    std::vector<Line> lines;
  };
  Statement StatementOf(absl::CivilDay first, absl::CivilDay last, int64_t read) const {
    std::map<absl::CivilDay, std::vector<Line>> by_day;
    for (const auto& [is_invoice, at] : order) {
      if (is_invoice) {
        const BruteInvoice& i = invoices[at];
        if (i.recorded > read) continue;
        by_day[i.day].push_back(
            {i.day, true,
             absl::StrFormat("A-%d-03-%06d", static_cast<int>(i.day.year()), i.sequence), i.total,
             0});
      } else {
        const BrutePayment& p = payments[at];
        if (p.recorded > read) continue;
        by_day[p.day].push_back({p.day, false, p.id, p.amount, 0});
      }
    }
    Statement statement;
    int64_t balance = 0;
    for (auto& [day, lines] : by_day) {
      if (day > last) break;
      if (day >= first && statement.lines.empty()) statement.opening = balance;
      for (Line& line : lines) {
        balance += line.invoice ? line.amount : -line.amount;
        if (day < first) continue;
        (line.invoice ? statement.debits : statement.credits) += line.amount;
        line.balance = balance;
        statement.lines.push_back(line);
      }
    }
    if (statement.lines.empty()) statement.opening = balance;
    statement.closing = balance;
    return statement;
  }
};

struct BruteCustomer {
  std::string id;
  absl::CivilDay registered;
  int64_t registered_recorded = 0;
  std::vector<BruteAccount> accounts;
};

}  // namespace daybook::balances
