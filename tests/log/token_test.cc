#include "common/log/token.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "daybook/log/v1/token.pb.h"

namespace daybook::log {
namespace {

TEST(Token, IsOpaqueAndComesBack) {
  const std::string text = EncodeToken({"log-1", 3, 1'000'000});
  const auto token = DecodeToken(text);
  ASSERT_TRUE(token.ok());
  EXPECT_EQ(token->log_id, "log-1");
  EXPECT_EQ(token->partition, 3);
  EXPECT_EQ(token->next_offset, 1'000'000);
  for (const char* forged : {"", "x", "AAAA", "not base64 !", "////"}) {
    EXPECT_FALSE(DecodeToken(forged).ok()) << forged;
  }
}

TEST(Token, OfSeveralPartitionsIsOpaqueAndComesBack) {
  std::vector<Token> places;
  for (const int p : {7, 2, 5}) places.push_back({p == 5 ? "log-2" : "log-1", p, 1000 + p});
  places.push_back({"", 1, 0});  // nothing was read there
  const std::string text = EncodeTokens(places);
  const auto decoded = DecodeTokens(text);
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  std::vector<std::string> read;
  for (const Token& place : *decoded) {
    read.push_back(absl::StrCat(place.log_id, "/", place.partition, "/", place.next_offset));
  }
  EXPECT_EQ(read, (std::vector<std::string>{"log-1/2/1002", "log-2/5/1005", "log-1/7/1007"}));
  EXPECT_EQ(ReasonOf(DecodeToken(text).status()), "CONSISTENCY_TOKEN_MALFORMED");
  EXPECT_EQ(EncodeTokens({{"log-1", 3, 9}}), EncodeToken({"log-1", 3, 9}));
  EXPECT_EQ(EncodeTokens({{"", 3, 0}}), "");
}

TEST(Token, OfAllPartitionsIsSmallAndBounded) {
  const auto all = [](int partitions, bool one_log) {
    std::vector<Token> places;
    for (int p = 0; p < partitions; ++p) {
      const std::string id = absl::StrCat("01234567-89ab-cdef-0123-", one_log ? 0 : p);
      places.push_back({id, p, 1'000'000'000 + p});
    }
    return EncodeTokens(places);
  };
  EXPECT_LT(all(16, true).size(), 250u);
  EXPECT_LT(all(1024, true).size(), 12'000u);
  const auto most = DecodeTokens(all(1024, false));
  ASSERT_TRUE(most.ok()) << most.status();
  EXPECT_EQ(most->size(), 1024u);
  EXPECT_FALSE(DecodeTokens(all(1025, true)).ok());
}

TEST(Token, WithColumnsThatDoNotFitIsRefused) {
  const auto refused = [](const std::function<void(v1::ConsistencyToken&)>& change) {
    v1::ConsistencyToken proto;
    for (const int p : {1, 2}) {
      proto.add_partitions(p);
      proto.add_next_offsets(5);
      proto.add_log_id_places(0);
    }
    proto.add_log_ids("log-1");
    change(proto);
    return !DecodeTokens(absl::WebSafeBase64Escape(proto.SerializeAsString())).ok();
  };
  EXPECT_FALSE(refused([](auto&) {}));
  EXPECT_TRUE(refused([](auto& proto) { proto.add_partitions(3); }));
  EXPECT_TRUE(refused([](auto& proto) { proto.set_partitions(1, 1); }));  // twice
  EXPECT_TRUE(refused([](auto& proto) { proto.set_partitions(0, -1); }));
  EXPECT_TRUE(refused([](auto& proto) { proto.set_next_offsets(0, -1); }));
  EXPECT_TRUE(refused([](auto& proto) { proto.set_log_id_places(0, 1); }));
  EXPECT_TRUE(refused([](auto& proto) { proto.set_log_ids(0, ""); }));
  EXPECT_TRUE(refused([](auto& proto) { proto.set_log_id("log-1"); }));  // both kinds
}

}  // namespace
}  // namespace daybook::log
