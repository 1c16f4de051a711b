// Requests of the load, serialised beforehand. Deterministic: the n-th is always the same.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "daybook/book/v1/command_service.pb.h"

namespace daybook::bench {

// A text in the form of a UUID, of a kind ('c' customer, 'r' request, ...) and a number.
std::string IdOf(char kind, uint64_t number);

// Numbers below n: all as likely, or by Zipf's law (exponent 1).
class Keys {
 public:
  Keys(uint64_t n, bool zipf, uint64_t seed);
  uint64_t Next();

 private:
  const uint64_t n_;
  std::vector<double> cumulated_;  // Zipf only
  std::mt19937_64 random_;
};

// Commands of the load: half invoices of one line with tax, half payments, by customers drawn from
// `keys`, each under a request id that was never used: they are numbered from `first` on, which is
// even.
class Commands {
 public:
  Commands(uint64_t customers, uint64_t seed, uint64_t first = 0)
      : keys_(customers, false, seed), made_(first) {}

  // Registers customer `number` / opens its one account.
  static book::v1::Command Register(uint64_t number);
  static book::v1::Command OpenAccount(uint64_t number);

  book::v1::Command Next();
  static bool IsInvoice(uint64_t number) { return number % 2 == 0; }
  uint64_t made() const { return made_; }

 private:
  Keys keys_;
  uint64_t made_;
};

// All results of a batch must be OK; `mean_result_bytes` gets their mean size.
absl::Status CheckBatch(std::string_view bytes, size_t* mean_result_bytes = nullptr);

inline constexpr char kInvoicePath[] = "/daybook.billing.v1.BillingService/IssueInvoice";
inline constexpr char kPaymentPath[] = "/daybook.billing.v1.BillingService/RecordPayment";
inline constexpr char kBatchPath[] = "/daybook.book.v1.CommandService/ExecuteBatch";
inline constexpr char kBalancePath[] = "/daybook.balances.v1.BalancesService/GetBalance";
inline constexpr char kEchoPath[] = "/daybook.bench.v1.Echo/Empty";
inline constexpr char kBatchEchoPath[] = "/daybook.bench.v1.Echo/Batch";

}  // namespace daybook::bench
