#include "common/base/money.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <boost/multiprecision/cpp_int.hpp>
#include <limits>
#include <numeric>

#include "common/base/status.h"

namespace daybook {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
constexpr int64_t kMin = std::numeric_limits<int64_t>::min();

google::type::Money Money(const char* code, int64_t units, int32_t nanos = 0) {
  google::type::Money money;
  money.set_currency_code(code);
  money.set_units(units);
  money.set_nanos(nanos);
  return money;
}

const Currency& C(const char* code) { return *Currency::Find(code); }

TEST(Money, RefusesWhatIsNoPayableAmount) {
  const std::tuple<google::type::Money, const char*> rows[] = {
      {Money("", 1), "no currency_code"},
      {Money("eur", 1), "no ISO 4217 code in capitals"},
      {Money("EURO", 1), "no ISO 4217"},
      {Money("XAU", 1), "no ISO 4217"},
      {Money("XXX", 1), "no ISO 4217"},
      {Money("AAA", 1), "no ISO 4217"},
      {Money("EUR", 1, 1'000'000'000), "nanos beyond"},
      {Money("EUR", 1, std::numeric_limits<int32_t>::max()), "nanos beyond"},
      {Money("EUR", -1, std::numeric_limits<int32_t>::min()), "nanos beyond"},
      {Money("EUR", 1, -10'000'000), "different signs"},
      {Money("EUR", -1, 10'000'000), "different signs"},
      {Money("EUR", 1, 5'000'000), "finer than"},
      {Money("EUR", 0, 1), "finer than"},
      {Money("JPY", 1, 10'000'000), "finer than"},
      {Money("KWD", 0, 100'000), "finer than"},
      {Money("CLF", 0, 10'000), "finer than"},
      {Money("EUR", kMax), "out of range"},
      {Money("EUR", kMin), "out of range"},
      {Money("EUR", 92'233'720'368'547'758, 80'000'000), "out of range"},
  };
  for (const auto& [money, why] : rows) {
    const auto minor = MinorOf(money);
    ASSERT_FALSE(minor.ok()) << money.ShortDebugString();
    EXPECT_THAT(std::string(minor.status().message()), HasSubstr(why));
  }
}

TEST(Money, KeepsEveryMinorUnit) {
  const std::tuple<google::type::Money, int64_t, const char*> rows[] = {
      {Money("EUR", 12, 300'000'000), 1230, "12.30 EUR"},
      {Money("EUR", -1, -750'000'000), -175, "-1.75 EUR"},
      {Money("EUR", 0, -10'000'000), -1, "-0.01 EUR"},
      {Money("JPY", 500), 500, "500 JPY"},
      {Money("KWD", 1, 1'000'000), 1001, "1.001 KWD"},
      {Money("CLF", 1, 100'000), 10'001, "1.0001 CLF"},
      {Money("IQD", 0, 5'000'000), 5, "0.005 IQD"},
      {Money("MGA", 0, 50'000'000), 5, "0.05 MGA"},
      {Money("JPY", kMax), kMax, "9223372036854775807 JPY"},
      {Money("JPY", kMin), kMin, "-9223372036854775808 JPY"},
      {Money("EUR", 92'233'720'368'547'758, 70'000'000), kMax, "92233720368547758.07 EUR"},
      {Money("EUR", -92'233'720'368'547'758, -80'000'000), kMin, "-92233720368547758.08 EUR"},
  };
  for (const auto& [money, minor, text] : rows) {
    const Currency& currency = *Currency::Find(money.currency_code());
    ASSERT_TRUE(MinorOf(money).ok()) << text;
    EXPECT_EQ(*MinorOf(money), minor);
    EXPECT_EQ(MoneyOf(minor, currency).SerializeAsString(), money.SerializeAsString());
    EXPECT_EQ(FormatMoney(minor, currency), text);
    EXPECT_EQ(*ToMinor(ToMajor(minor, currency), currency), minor);
  }
}

TEST(Money, HasTheDigitsOfIso4217) {
  for (const char* code : {"JPY", "KRW", "VND", "CLP", "ISK", "XAF", "XOF", "XPF", "UGX"}) {
    EXPECT_EQ(C(code).digits(), 0) << code;
  }
  for (const char* code : {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"}) {
    EXPECT_EQ(C(code).digits(), 3) << code;
  }
  for (const char* code : {"CLF", "UYW"}) EXPECT_EQ(C(code).digits(), 4) << code;
  for (const char* code : {"EUR", "USD", "CNY", "MGA", "MRU", "HUF", "TWD", "ZWG", "AED"}) {
    EXPECT_EQ(C(code).digits(), 2) << code;
  }
  for (const char* code : {"", "E", "EU", "eur", "E\0R", "ÄÖÜ", "XTS", "XDR", "AAA", "ZZZ"}) {
    EXPECT_EQ(Currency::Find(code), nullptr) << code;
  }
}

TEST(Money, RoundsDecimalsHalfAwayFromZero) {
  const std::tuple<const char*, const char*, int64_t> rows[] = {
      {"0.005", "EUR", 1}, {"0.004999999", "EUR", 0}, {"-0.005", "EUR", -1},  {"0.5", "JPY", 1},
      {"-0.5", "JPY", -1}, {"0.0005", "KWD", 1},      {"49.975", "EUR", 4998}};
  for (const auto& [text, code, minor] : rows) {
    EXPECT_EQ(*ToMinor(*Decimal::Parse(text), C(code)), minor) << text << " " << code;
  }
  EXPECT_FALSE(ToMinor(*Decimal::Parse("92233720368547758.08"), C("EUR")).ok());
  EXPECT_FALSE(ToMinor(*Decimal::Parse("9999999999999999999"), C("JPY")).ok());
}

TEST(Money, RoundsAProductOnce) {
  const std::tuple<const char*, const char*, const char*, int64_t> rows[] = {
      {"0.5", "0.009999999", "EUR", 0},  // 0.0049999995
      {"0.5", "0.01", "EUR", 1},
      {"0.000000001", "4999999.999999999", "EUR", 0},
      {"0.000000001", "5000000", "EUR", 1},
      {"0.999999999", "0.499999999", "JPY", 0},
      {"0.333333333", "1.5", "JPY", 0},  // 0.4999999995
      {"1000000000000000000", "0.000000001", "EUR", 100'000'000'000},
      {"9999999999999999999.999999999", "0.000000001", "KWD", 10'000'000'000'000},
      {"2.5", "19.99", "EUR", 4998},
  };
  for (const auto& [a, b, code, minor] : rows) {
    for (const std::string sign : {"", "-"}) {
      const Decimal x = *Decimal::Parse(sign + a), y = *Decimal::Parse(b);
      EXPECT_EQ(*MultiplyToMinor(x, y, C(code)), sign.empty() ? minor : -minor) << a << " × " << b;
      EXPECT_EQ(*MultiplyToMinor(y, x, C(code)), sign.empty() ? minor : -minor) << b << " × " << a;
    }
  }
  const Decimal large = *Decimal::Parse("-9999999999999999999");
  EXPECT_FALSE(MultiplyToMinor(large, large, C("JPY")).ok());
  EXPECT_FALSE(MultiplyToMinor(large, *Decimal::Parse("0.01"), C("EUR")).ok());
  EXPECT_EQ(*MultiplyToMinor(large, *Decimal::Parse("0.000000001"), C("EUR")), -1'000'000'000'000);
}

// Against integers of any size, a second opinion on the whole range, where the product has 200
// bits: numbers of any size, and such whose product is next to half a minor unit.
RC_GTEST_PROP(Money, AProductIsTheExactOneRoundedOnce, ()) {
  namespace mp = boost::multiprecision;
  const auto wide = [](Int128 value) { return mp::cpp_int(value); };
  const auto any = [] {
    const auto high = *rc::gen::inRange<int64_t>(0, 1'000'000'000);
    const auto low = *rc::gen::arbitrary<uint64_t>();
    const Int128 value = (Int128{high} << 64 | low) >> *rc::gen::inRange(0, 94);
    return *Decimal::FromScaled(*rc::gen::arbitrary<bool>() ? -value % Decimal::kLimit
                                                            : value % Decimal::kLimit);
  };
  const auto half_of_hundredths = [](Decimal a) {
    const Int128 twice = *rc::gen::inRange<int64_t>(0, 1'000'000) * 2 + 1;
    const Int128 product = twice * (Decimal::kOne / 200) * Decimal::kOne;
    return *Decimal::FromScaled(product / a.scaled() - *rc::gen::inRange(0, 2));
  };
  const bool near_half = *rc::gen::arbitrary<bool>();
  const Decimal a =
      near_half ? *Decimal::FromScaled(*rc::gen::inRange<int64_t>(1, 3'000'000'000)) : any();
  const Decimal b = near_half ? half_of_hundredths(a) : any();
  for (const char* code : {"JPY", "EUR", "KWD", "CLF"}) {
    const mp::cpp_int exact = wide(a.scaled()) * wide(b.scaled()) * C(code).factor();
    const mp::cpp_int unit = wide(Decimal::kOne) * wide(Decimal::kOne);
    const mp::cpp_int half_up = (abs(exact) * 2 + unit) / (unit * 2) * exact.sign();
    const auto minor = MultiplyToMinor(a, b, C(code));
    RC_ASSERT(minor.ok() == (half_up <= kMax && half_up >= kMin));
    if (minor.ok()) RC_ASSERT(*minor == half_up);
  }
}

TEST(Money, RefusesWhatOverflows) {
  for (const auto& result : {Add(kMax, 1), Add(kMin, -1), Subtract(kMin, 1), Subtract(0, kMin),
                             Multiply(kMax, 2), Multiply(kMin, -1), ToInt64(Int128{kMax} + 1)}) {
    EXPECT_EQ(ReasonOf(result.status()), "AMOUNT_OVERFLOW");
  }
  EXPECT_EQ(*Add(kMax, kMin), -1);
  EXPECT_EQ(*Subtract(kMin, kMin), 0);
  EXPECT_EQ(*Multiply(kMin, 1), kMin);
}

TEST(Money, WritesSumsBeyondSixtyFourBitsOfMinorUnits) {
  google::type::Money money;
  ASSERT_TRUE(SetSum(Int128{kMax} * 100 + 7, C("EUR"), money));
  EXPECT_EQ(money.units(), kMax);
  EXPECT_EQ(money.nanos(), 70'000'000);
  ASSERT_TRUE(SetSum(Int128{kMin} * 1000 - 1, C("KWD"), money));
  EXPECT_EQ(money.units(), kMin);
  EXPECT_EQ(money.nanos(), -1'000'000);
  EXPECT_FALSE(SetSum(Int128{kMax} + 1, C("JPY"), money));
  EXPECT_FALSE(SetSum((Int128{kMax} + 1) * 100, C("EUR"), money));
  EXPECT_EQ(money.currency_code(), "KWD");
  EXPECT_EQ(FormatSum((Int128{kMax} + 1) * 100, C("EUR")), "9223372036854775808.00");
  EXPECT_EQ(FormatSum(-7, C("KWD")), "-0.007");
  EXPECT_EQ(FormatMoney(Int128{kMax} * 2, C("EUR")), "184467440737095516.14 EUR");
  EXPECT_EQ(FormatMoney(Int128{kMin} * 1000, C("JPY")), "-9223372036854775808000 JPY");
}

TEST(Money, SplitsByLargestRemainder) {
  EXPECT_THAT(Split(100, {1, 1, 1}), ElementsAre(34, 33, 33));
  EXPECT_THAT(Split(101, {1, 1, 1}), ElementsAre(34, 34, 33));
  EXPECT_THAT(Split(5, {3, 7}), ElementsAre(2, 3));
  EXPECT_THAT(Split(10, {0, 1, 0}), ElementsAre(0, 10, 0));
  EXPECT_THAT(Split(-100, {1, 1, 1}), ElementsAre(-33, -33, -34));
  EXPECT_THAT(Split(kMax, {kMax, kMax}), ElementsAre(kMax / 2 + 1, kMax / 2));
}

RC_GTEST_PROP(Money, PartsSumToTheWholeAndAreWithinOneOfTheirShare, ()) {
  const auto whole = *rc::gen::arbitrary<int64_t>();
  const auto weights =
      *rc::gen::nonEmpty(rc::gen::container<std::vector<int64_t>>(rc::gen::nonNegative<int64_t>()));
  Int128 sum = 0;
  for (const int64_t weight : weights) sum += weight;
  RC_PRE(sum > 0);
  const std::vector<int64_t> parts = Split(whole, weights);
  Int128 total = 0;
  for (size_t i = 0; i < parts.size(); ++i) {
    total += parts[i];
    const Int128 share = DivideFloor(Int128{whole} * weights[i], sum);
    RC_ASSERT(parts[i] == share || parts[i] == share + 1);
  }
  RC_ASSERT(total == whole);
}

RC_GTEST_PROP(Money, SharesOfAnySignSumToTheirRoundedSum, ()) {
  const auto raw = *rc::gen::nonEmpty(rc::gen::arbitrary<std::vector<int32_t>>());
  const Int128 denominator = *rc::gen::inRange<int64_t>(1, 100'000);
  const std::vector<Int128> shares(raw.begin(), raw.end());
  const Int128 sum = std::accumulate(shares.begin(), shares.end(), Int128{0});
  const auto whole = static_cast<int64_t>(DivideHalfUp(sum, denominator));
  const std::vector<int64_t> parts = RoundToSum(whole, shares, denominator);
  RC_ASSERT(std::accumulate(parts.begin(), parts.end(), int64_t{0}) == whole);
}

RC_GTEST_PROP(Money, SurvivesTheWire, (int64_t minor)) {
  for (const char* code : {"JPY", "EUR", "KWD", "CLF"}) {
    RC_ASSERT(*MinorOf(MoneyOf(minor, C(code))) == minor);
  }
}

// A log may have any code that was ever accepted: none may leave the table or change its digits.
TEST(Money, KeepsEveryCurrencyThatABookMayHave) {
  const std::pair<int, std::string> rows[] = {
      {0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF "},
      {2,
       "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN "
       "BWP BYN BZD CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP "
       "ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR "
       "IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT "
       "MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP "
       "PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC "
       "SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD "
       "XCG YER ZAR ZMW ZWG "},
      {3, "BHD IQD JOD KWD LYD OMR TND "},
      {4, "CLF UYW "}};
  int count = 0;
  for (const auto& [digits, codes] : rows) {
    for (size_t at = 0; at + 3 <= codes.size(); at += 4, ++count) {
      const Currency* currency = Currency::Find(codes.substr(at, 3));
      ASSERT_NE(currency, nullptr) << codes.substr(at, 3);
      EXPECT_EQ(currency->digits(), digits) << currency->code();
    }
  }
  EXPECT_EQ(count, 164);
}

TEST(Money, KnowsCurrenciesThatAreOutOfUse) {
  const std::tuple<const char*, int, absl::CivilDay> rows[] = {
      {"HRK", 2, absl::CivilDay(2023, 1, 31)}, {"BGN", 2, absl::CivilDay(2026, 1, 31)},
      {"ANG", 2, absl::CivilDay(2025, 6, 30)}, {"DEM", 2, absl::CivilDay(2002, 3, 31)},
      {"ITL", 0, absl::CivilDay(2002, 3, 31)}, {"CUC", 2, absl::CivilDay(2021, 12, 31)}};
  for (const auto& [code, digits, last] : rows) {
    ASSERT_NE(Currency::Find(code), nullptr) << code;
    EXPECT_EQ(C(code).digits(), digits) << code;
    EXPECT_EQ(C(code).last_day(), last) << code;
  }
  for (const char* code : {"EUR", "XCG", "JPY"}) {
    EXPECT_EQ(C(code).last_day(), absl::CivilDay::max()) << code;
  }
}

TEST(Money, TakesACurrencyAsALogHasIt) {
  const auto currency = Currency::OfLog("QQQ", 4);
  ASSERT_TRUE(currency.has_value());
  EXPECT_EQ(currency->code(), "QQQ");
  EXPECT_EQ(currency->factor(), 10'000);
  EXPECT_EQ(currency->last_day(), absl::CivilDay::max());
  EXPECT_EQ(FormatMoney(-12'345, *currency), "-1.2345 QQQ");
  for (const auto& [code, digits] :
       {std::pair("QQ", 2), {"qqq", 2}, {"QQQQ", 2}, {"QQQ", -1}, {"QQQ", 5}}) {
    EXPECT_FALSE(Currency::OfLog(code, digits).has_value()) << code << digits;
  }
}

}  // namespace
}  // namespace daybook
