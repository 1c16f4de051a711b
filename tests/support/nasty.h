// Messages full of what clients should not send: every field by reflection, from a pool of values
// that break things, mixed with values that pass, so that deep code is reached too.
#pragma once

#include <google/protobuf/message.h>

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace daybook::test {

class Nasty {
 public:
  // `strings`: more values for string fields, such as ids that exist.
  Nasty(uint32_t seed, std::vector<std::string> strings)
      : random_(seed), own_(std::move(strings)) {}

  void Fill(google::protobuf::Message& message, int depth = 0) {
    const auto& reflection = *message.GetReflection();
    for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
      const auto* field = message.GetDescriptor()->field(i);
      if (Below(3) == 0 || depth > 4) continue;
      const int count = field->is_repeated() ? Below(4) : 1;
      for (int n = 0; n < count; ++n) Set(message, reflection, field, depth);
    }
  }

  int Below(int bound) { return static_cast<int>(random_() % static_cast<uint32_t>(bound)); }

 private:
  using Field = google::protobuf::FieldDescriptor;

  void Set(google::protobuf::Message& m, const google::protobuf::Reflection& r, const Field* f,
           int depth) {
    const bool list = f->is_repeated();
    switch (f->cpp_type()) {
      case Field::CPPTYPE_STRING:
        return list ? r.AddString(&m, f, String()) : r.SetString(&m, f, String());
      case Field::CPPTYPE_INT32:
        return r.SetInt32(&m, f, static_cast<int32_t>(Number()));
      case Field::CPPTYPE_INT64:
        return r.SetInt64(&m, f, Number());
      case Field::CPPTYPE_BOOL:
        return r.SetBool(&m, f, Below(2) == 0);
      case Field::CPPTYPE_ENUM:
        return r.SetEnumValue(&m, f, Below(6) == 0 ? static_cast<int>(Number()) : Below(5));
      case Field::CPPTYPE_MESSAGE:
        return Fill(list ? *r.AddMessage(&m, f) : *r.MutableMessage(&m, f), depth + 1);
      default:
        return;
    }
  }

  int64_t Number() {
    constexpr int64_t kPool[] = {0,
                                 1,
                                 2,
                                 12,
                                 28,
                                 29,
                                 2024,
                                 2026,
                                 9999,
                                 10'000,
                                 -1,
                                 10'000'000,
                                 500'000'000,
                                 999'999'999,
                                 -999'999'999,
                                 1'000'000'000,
                                 INT32_MAX,
                                 INT32_MIN,
                                 INT64_MAX,
                                 INT64_MIN};
    return Below(2) == 0 ? 1 + Below(28) : kPool[Below(std::size(kPool))];
  }

  std::string String() {
    static const std::vector<std::string> kPool = {"",
                                                   "0",
                                                   "1",
                                                   "-1",
                                                   "19",
                                                   "0.005",
                                                   "0.000000001",
                                                   "-0.5",
                                                   "1000000000000000000",
                                                   "9999999999999999999.999999999",
                                                   "99999999999999999999",
                                                   "1e9",
                                                   "EUR",
                                                   "EUR",
                                                   "EUR",
                                                   "USD",
                                                   "JPY",
                                                   "KWD",
                                                   "DE",
                                                   "CN-GD",
                                                   "zh-hans",
                                                   "Europe/Berlin",
                                                   "/etc/passwd",
                                                   "../x",
                                                   "a b",
                                                   std::string("a\0b", 3),
                                                   "\xff",
                                                   "\xe2\x80\xae",
                                                   "Mu\xcc\x88ller",
                                                   "\xf0\x9d\x85\xa0",
                                                   "ada@example.com",
                                                   "a@\xc3\xbc.de",
                                                   "+49 30 901820",
                                                   "\n",
                                                   std::string(64, 'x'),
                                                   std::string(201, 'x'),
                                                   std::string(100'000, '9')};
    if (!own_.empty() && Below(3) == 0) return own_[Below(static_cast<int>(own_.size()))];
    return kPool[Below(static_cast<int>(kPool.size()))];
  }

  std::mt19937 random_;
  std::vector<std::string> own_;
};

}  // namespace daybook::test
