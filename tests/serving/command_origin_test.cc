#include "common/serving/command_origin.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "common/base/status.h"
#include "daybook/book/v1/command_service.pb.h"

namespace daybook {
namespace {

class FakeCaller : public rpc::Caller {
 public:
  const google::protobuf::MethodDescriptor& method() const override {
    return *book::v1::ExecuteBatchRequest::descriptor()->file()->service(0)->method(0);
  }
  absl::Time deadline() const override { return absl::InfiniteFuture(); }
  std::string_view metadata(std::string_view key) const override {
    const auto it = sent.find(std::string(key));
    return it == sent.end() ? std::string_view() : it->second;
  }
  std::string actor() const override { return "payroll"; }
  void SetDeadlineStatus(absl::Status) override {}

  std::map<std::string, std::string> sent;
};

constexpr char kKey[] = "daybook-correlation-id";

TEST(CommandOrigin, TextOfAnyScriptIsTaken) {
  FakeCaller caller;
  for (const std::string& value :
       {std::string(), std::string("order 4711"), std::string("\xe6\xbc\xa2\xe5\xad\x97"),
        std::string(128, 'x')}) {
    caller.sent[kKey] = value;
    EXPECT_TRUE(CommandOrigin::Of(caller).ok()) << value;
  }
}

TEST(CommandOrigin, BytesThatNoReaderOfTheLogCouldParseAreRefusedWhereTheyEnter) {
  for (const char* key : {kKey, "daybook-causation-id", "traceparent"}) {
    for (const std::string& value :
         {std::string("caf\xe9"), std::string("a\xc0\xaf"), std::string("\xed\xa0\x80"),
          std::string("two\nlines"), std::string("a\0b", 3), std::string(129, 'x')}) {
      FakeCaller caller;
      caller.sent[key] = value;
      const absl::Status refused = CommandOrigin::Of(caller).status();
      EXPECT_EQ(ReasonOf(refused), "INVALID_FIELDS") << key << ": " << value;
      EXPECT_NE(refused.message().find(key), absl::string_view::npos) << refused;
    }
  }
}

}  // namespace
}  // namespace daybook
