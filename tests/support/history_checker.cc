#include "tests/support/history_checker.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/enum_name.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "daybook/balances/v1/balances_service.pb.h"
#include "google/protobuf/descriptor.h"
#include "tests/support/content_checker.h"

namespace daybook {
namespace {

using Outcome = IssuedCommand::Outcome;
using Identity = std::pair<std::string, std::string>;  // customer, request id

constexpr std::string_view kReused = "REQUEST_ID_REUSED";

std::string NameOf(const IssuedCommand& command) {
  return absl::StrCat("command ", command.request_id, " of ", command.customer_id);
}

// Commands against records.
class Comparison {
 public:
  Comparison(const std::vector<CountingRecord>& counting,
             const std::vector<IssuedCommand>& commands, Checked* checked)
      : commands_(commands), checked_(*checked), violations_(*checked->violations) {
    for (const CountingRecord& record : counting) {
      if (!record.record.has_commit()) continue;
      const book::v1::Commit& commit = record.record.commit();
      const auto [it, is_new] =
          places_.emplace(Identity(commit.customer_id(), commit.request_id()), &record);
      if (!is_new) {
        violations_.Add(absl::StrCat("command ", commit.request_id(), " of ", commit.customer_id(),
                                     " had effect twice: offsets ", it->second->offset, " and ",
                                     record.offset, " of partition ", record.partition));
      }
    }
  }

  void CheckCommands() {
    std::map<Identity, int> asked;
    for (const IssuedCommand& command : commands_) {
      if (command.must_be_refused == kReused) {
        CheckReuse(command);
        continue;
      }
      ++asked[{command.customer_id, command.request_id}];
      const auto it = places_.find({command.customer_id, command.request_id});
      CheckCommand(command, it == places_.end() ? nullptr : it->second);
    }
    for (const auto& [identity, record] : places_) {
      if (asked.count(identity) == 0) {
        violations_.Add(absl::StrCat("partition ", record->partition, " offset ", record->offset,
                                     ": nobody asked for ", identity.second, " of ",
                                     identity.first));
      }
    }
  }

  // Whoever was answered before another began stands before it.
  void CheckOrder() {
    struct Settled {
      int64_t offset;
      const IssuedCommand* command;
    };
    std::map<std::string, std::vector<Settled>> by_customer;
    for (const IssuedCommand& command : commands_) {
      const auto it = places_.find({command.customer_id, command.request_id});
      if (it == places_.end() || command.outcome == Outcome::kRefused) continue;
      if (command.must_be_refused == kReused) continue;
      by_customer[command.customer_id].push_back({it->second->offset, &command});
    }
    for (auto& [customer, settled] : by_customer) {
      std::sort(settled.begin(), settled.end(),
                [](const Settled& a, const Settled& b) { return a.offset < b.offset; });
      uint64_t latest_begin = 0;
      for (const auto& [offset, command] : settled) {
        if (command->outcome == Outcome::kAccepted && command->ended < latest_begin) {
          violations_.Add(absl::StrCat(NameOf(*command),
                                       " was answered before another began and stands behind it, "
                                       "at offset ",
                                       offset));
        }
        latest_begin = std::max(latest_begin, command->begun);
      }
    }
  }

 private:
  // Its id is that of another command: what stands under it is that one's.
  void CheckReuse(const IssuedCommand& command) {
    ++checked_.refused;
    if (command.outcome == Outcome::kUnknown) return;
    if (command.outcome == Outcome::kAccepted || command.reason != kReused) {
      violations_.Add(NameOf(command) + ": the id was used again and it was not refused for that");
    }
  }

  void CheckCommand(const IssuedCommand& command, const CountingRecord* record) {
    const auto say = [&](std::string_view what) {
      violations_.Add(absl::StrCat(NameOf(command), ": ", std::string(what)));
    };
    switch (command.outcome) {
      case Outcome::kAccepted:
        ++checked_.accepted;
        if (!command.must_be_refused.empty()) say("was accepted, not " + command.must_be_refused);
        if (record == nullptr) return say("was accepted and is lost");
        return CheckAccepted(command, *record);
      case Outcome::kRefused:
        ++checked_.refused;
        if (record != nullptr) say("was refused and stands in the log");
        if (command.reason != command.must_be_refused) {
          say(absl::StrCat("was refused with ", command.reason, ", expected was '",
                           command.must_be_refused, "'"));
        }
        return;
      case Outcome::kUnknown:
        ++(record == nullptr ? checked_.unknown_out : checked_.unknown_in);
        if (record == nullptr) return;
        if (!command.must_be_refused.empty()) say("stands in the log against the rules");
        if (const auto wrong = CompareContent(command, record->record.commit()); !wrong.empty()) {
          say(wrong);
        }
        return;
    }
  }

  void CheckAccepted(const IssuedCommand& command, const CountingRecord& record) {
    const auto say = [&](std::string_view what) {
      violations_.Add(absl::StrCat(NameOf(command), " at partition ", record.partition, " offset ",
                                   record.offset, ": ", std::string(what)));
    };
    const book::v1::Commit& commit = record.record.commit();
    Receipt receipt;
    if (!ReadReceipt(command, &receipt)) return say("its answer cannot be read");
    if (receipt.partition != record.partition || receipt.offset != record.offset) {
      say(absl::StrCat("its token says partition ", receipt.partition, " offset ", receipt.offset));
    }
    if (receipt.revision != commit.revision()) {
      say(absl::StrCat("it was answered revision ", receipt.revision, ", has ", commit.revision()));
    }
    if (BareAnswer(command.method, command.response) !=
        BareAnswer(command.method, commit.answer())) {
      say("it was answered otherwise than the log says");
    }
    if (const auto wrong = CompareContent(command, commit); !wrong.empty()) say(wrong);
  }

  const std::vector<IssuedCommand>& commands_;
  Checked& checked_;
  Violations& violations_;
  std::map<Identity, const CountingRecord*> places_;
};

// The reference counts everything, whatever its day.
google::type::Date LastOfAllDays() {
  google::type::Date day;
  day.set_year(9999);
  day.set_month(12);
  day.set_day(31);
  return day;
}

// Queries and what is wrong with their answers.
class BalanceComparison {
 public:
  explicit BalanceComparison(rpc::Client& client) : client_(client) {}

  std::vector<std::string> Take() { return std::move(wrong_); }

  void CompareAccount(const std::string& customer, const std::string& id,
                      const ReferenceAccount& account) {
    balances::v1::GetBalanceRequest request;
    request.set_customer_id(customer);
    request.set_account_id(id);
    *request.mutable_as_of_date() = LastOfAllDays();
    balances::v1::GetBalanceResponse answer;
    const std::string what = absl::StrCat("account ", id, " of ", customer);
    if (!Ask("GetBalance", request, &answer, what)) return;
    const auto compare = [&](const char* name, const google::type::Money& money, Wide expected) {
      Compare(absl::StrCat(what, " ", name), money, expected);
    };
    compare("invoiced", answer.invoiced(), account.invoiced);
    compare("received", answer.received(), account.received);
    compare("credited", answer.credited(), account.credited);
    compare("claimed", answer.claimed(), account.claimed);
    compare("reversed", answer.reversed(), account.reversed);
    compare("receivable", answer.receivable(), account.TotalOpen());
    compare("unapplied", answer.unapplied(), account.TotalUnapplied());
    compare("balance", answer.balance(), account.TotalOpen() - account.TotalUnapplied());
    Count(what + " invoices", answer.invoice_count(),
          static_cast<int64_t>(account.invoices.size()) - account.debit_note_count);
    Count(what + " payments", answer.payment_count(), account.payment_count);
    Count(what + " credit notes", answer.credit_note_count(), account.credit_note_count);
    Count(what + " debit notes", answer.debit_note_count(), account.debit_note_count);
  }

  void CompareTotals(const ReferenceBook& book) {
    balances::v1::GetControlTotalsRequest request;
    *request.mutable_as_of_date() = LastOfAllDays();
    balances::v1::GetControlTotalsResponse answer;
    if (!Ask("GetControlTotals", request, &answer, "control totals")) return;
    ReferenceBook::Ledger left = book.ledger();
    for (const auto& totals : answer.totals()) {
      for (const auto& row : totals.ledger_balances()) {
        const std::string account =
            absl::AsciiStrToLower(ToAbsl(ShortNameOf(row.ledger_account())));
        const auto it = left.find({totals.currency_code(), account});
        const Wide expected = it == left.end() ? 0 : it->second.first - it->second.second;
        Compare(absl::StrCat("ledger ", account, " ", totals.currency_code()), row.balance(),
                expected);
        if (it != left.end()) left.erase(it);
      }
    }
    for (const auto& [row, sums] : left) {
      wrong_.push_back(absl::StrCat("the ledger lacks ", row.second, " ", row.first));
    }
    int64_t customers = 0;
    for (const auto& [id, customer] : book.customers()) customers += customer.registered ? 1 : 0;
    Count("customers", answer.customer_count(), customers);
  }

 private:
  bool Ask(const char* method, const google::protobuf::Message& request,
           google::protobuf::Message* answer, const std::string& what) {
    const auto* found = google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(
        absl::StrCat("daybook.balances.v1.BalancesService.", method));
    DAYBOOK_CHECK(found != nullptr);
    const absl::Status status =
        client_.Call(*found, request, answer, absl::Now() + absl::Seconds(10));
    if (!status.ok()) wrong_.push_back(absl::StrCat(what, ": ", status.ToString()));
    return status.ok();
  }

  void Compare(const std::string& what, const google::type::Money& money, Wide expected) {
    Wide minor = 0;
    const bool nothing = money.currency_code().empty() && money.units() == 0 && money.nanos() == 0;
    if ((!nothing && !MinorUnits(money, &minor)) || minor != expected) {
      wrong_.push_back(
          absl::StrCat(what, " is ", WideText(minor), ", the log says ", WideText(expected)));
    }
  }

  void Count(const std::string& what, int64_t is, int64_t expected) {
    if (is != expected) {
      wrong_.push_back(absl::StrCat(what, ": ", is, ", the log says ", expected));
    }
  }

  rpc::Client& client_;
  std::vector<std::string> wrong_;
};

}  // namespace

std::string Checked::Summary() const {
  return absl::StrCat(figures.records, " records (", figures.commits, " commits, ", figures.claims,
                      " claims, ", figures.barriers, " barriers, ", figures.voids, " void), ",
                      accepted, " accepted, ", refused, " refused, ", unknown_in, "+", unknown_out,
                      " never answered (in+out), ", violations->count(), " violations");
}

Checked CheckHistory(const std::vector<StoredRecord>& records,
                     const std::vector<IssuedCommand>& commands) {
  Checked checked;
  checked.violations = std::make_unique<Violations>();
  checked.book = std::make_unique<ReferenceBook>(checked.violations.get());
  const std::vector<CountingRecord> counting =
      CountingRecords(records, &checked.figures, checked.violations.get());
  Comparison comparison(counting, commands, &checked);
  comparison.CheckCommands();
  comparison.CheckOrder();
  for (const CountingRecord& record : counting) checked.book->Take(record);
  checked.book->CheckSums();
  return checked;
}

std::vector<std::string> CompareBalances(const Checked& checked, rpc::Client& client, int every) {
  BalanceComparison comparison(client);
  int n = 0;
  for (const auto& [id, customer] : checked.book->customers()) {
    if (n++ % every != 0) continue;
    for (const auto& [account_id, account] : customer.accounts) {
      comparison.CompareAccount(id, account_id, account);
    }
  }
  comparison.CompareTotals(*checked.book);
  return comparison.Take();
}

}  // namespace daybook
