#include "services/daybook/server/endpoint.h"

#include <gtest/gtest.h>

namespace daybook {
namespace {

TEST(Endpoint, IsTheAddressListenedOnWithThePortItGot) {
  EXPECT_EQ(EndpointOf("127.0.0.1:0", "", 4711, "here"), "127.0.0.1:4711");
  EXPECT_EQ(EndpointOf("localhost:7464", "", 7464, "here"), "localhost:7464");
  EXPECT_EQ(EndpointOf("[::1]:0", "", 4711, "here"), "[::1]:4711");
}

TEST(Endpoint, NamesTheMachineWhereEveryInterfaceIsMeant) {
  EXPECT_EQ(EndpointOf("0.0.0.0:7464", "", 7464, "here"), "here:7464");
  EXPECT_EQ(EndpointOf("[::]:0", "", 4711, "here"), "here:4711");
}

TEST(Endpoint, IsWhatIsAdvertised) {
  EXPECT_EQ(EndpointOf("0.0.0.0:0", "books.example:443", 4711, "here"), "books.example:443");
  EXPECT_EQ(EndpointOf("0.0.0.0:0", "books.example:0", 4711, "here"), "books.example:4711");
  EXPECT_FALSE(HostName().empty());
}

}  // namespace
}  // namespace daybook
