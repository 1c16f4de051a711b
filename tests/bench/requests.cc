#include "tests/bench/requests.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace daybook::bench {

std::string IdOf(char kind, uint64_t number) {
  // Mixed, so that neighbours do not stand beside each other in any table.
  uint64_t x = number + 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  x ^= x >> 31;
  constexpr char kDigits[] = "0123456789abcdef";
  std::string id(36, '-');
  for (int i = 0, digit = 0; i < 36; ++i) {
    if (i == 8 || i == 13 || i == 18 || i == 23) continue;
    if (digit < 16) id[i] = kDigits[x >> (60 - 4 * digit) & 15];
    if (digit >= 16) id[i] = kDigits[number >> (60 - 4 * (digit - 16)) & 15];
    ++digit;
  }
  id[14] = '8';
  id[19] = kind;
  return id;
}

Keys::Keys(uint64_t n, bool zipf, uint64_t seed) : n_(n), random_(seed) {
  if (!zipf) return;
  double sum = 0;
  for (uint64_t i = 1; i <= n; ++i) cumulated_.push_back(sum += 1.0 / static_cast<double>(i));
}

uint64_t Keys::Next() {
  const double at = static_cast<double>(random_() >> 11) * 0x1.0p-53;
  if (cumulated_.empty()) return static_cast<uint64_t>(at * static_cast<double>(n_));
  const auto it = std::lower_bound(cumulated_.begin(), cumulated_.end(), at * cumulated_.back());
  return std::min<uint64_t>(static_cast<uint64_t>(it - cumulated_.begin()), n_ - 1);
}

book::v1::Command Commands::Register(uint64_t number) {
  book::v1::Command command;
  auto& request = *command.mutable_register_customer();
  request.set_customer_id(IdOf('c', number));
  request.set_kind(customer::v1::CUSTOMER_KIND_PERSON);
  auto& personal = *request.mutable_profile()->mutable_personal();
  personal.set_display_name(absl::StrCat("Customer ", number));
  request.set_request_id(IdOf('a', number));
  return command;
}

book::v1::Command Commands::OpenAccount(uint64_t number) {
  book::v1::Command command;
  auto& request = *command.mutable_open_account();
  request.set_customer_id(IdOf('c', number));
  request.set_account_id("main");
  request.set_currency_code("EUR");
  request.set_time_zone("Europe/Berlin");
  request.mutable_terms()->set_net_days(30);
  request.set_request_id(IdOf('b', number));
  return command;
}

book::v1::Command Commands::Next() {
  const std::string customer = IdOf('c', keys_.Next());
  const uint64_t number = made_++;
  book::v1::Command command;
  if (IsInvoice(number)) {
    auto& request = *command.mutable_issue_invoice();
    request.set_customer_id(customer);
    auto& line = *request.add_lines();
    line.set_description("Subscription, one month");
    line.mutable_quantity()->set_value("2");
    line.mutable_unit_price()->set_value("9.95");
    line.mutable_tax_rate_percent()->set_value("19");
    line.set_product("subscription");
    request.set_request_id(IdOf('d', number));
  } else {
    auto& request = *command.mutable_record_payment();
    request.set_customer_id(customer);
    request.mutable_amount()->set_currency_code("EUR");
    request.mutable_amount()->set_units(23);
    request.mutable_amount()->set_nanos(680'000'000);
    request.set_method(billing::v1::PAYMENT_METHOD_CARD);
    request.set_channel(billing::v1::PAYMENT_CHANNEL_ONLINE);
    request.set_external_id(absl::StrCat("card-", number));
    request.set_request_id(IdOf('d', number));
  }
  return command;
}

absl::Status CheckBatch(std::string_view bytes, size_t* mean_result_bytes) {
  book::v1::ExecuteBatchResponse response;
  if (!response.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::InternalError("the answer of a batch does not parse");
  }
  size_t total = 0;
  for (const auto& result : response.results()) {
    total += result.ByteSizeLong();
    if (result.status().code() == 0) continue;
    return absl::InternalError(
        absl::StrCat("a command of a batch was refused: ", result.status().message()));
  }
  if (response.results().empty())
    return absl::InternalError("a batch was answered without results");
  if (mean_result_bytes != nullptr) *mean_result_bytes = total / response.results_size();
  return absl::OkStatus();
}

}  // namespace daybook::bench
