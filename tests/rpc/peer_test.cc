#include "common/rpc/peer.h"

#include "gtest/gtest.h"

namespace daybook::rpc {
namespace {

std::string Text(std::string_view uri) { return TextOf(PeerOfUri(uri)); }

TEST(Peer, IsAnAddressOfIpv4) {
  EXPECT_EQ(Text("ipv4:10.0.0.1:40532"), "10.0.0.1");
  EXPECT_EQ(Text("ipv6:%5B::ffff:10.0.0.1%5D:40532"), "10.0.0.1");
  EXPECT_EQ(PeerOfUri("ipv4:10.0.0.1:1"), PeerOfUri("ipv4:10.0.0.1:2"));
  EXPECT_NE(PeerOfUri("ipv4:10.0.0.1:1"), PeerOfUri("ipv4:10.0.0.2:1"));
}

TEST(Peer, IsASiteOfIpv6) {
  EXPECT_EQ(Text("ipv6:%5B2001:db8:1:2:3:4:5:6%5D:40532"), "2001:db8:1:2::");
  EXPECT_EQ(Text("ipv6:[2001:db8:1:2:ffff::1]:40532"), "2001:db8:1:2::");
  EXPECT_NE(PeerOfUri("ipv6:[2001:db8:1:3::1]:1"), PeerOfUri("ipv6:[2001:db8:1:2::1]:1"));
}

TEST(Peer, IsOneForAllThatAreNotKnown) {
  for (const char* uri : {"", "unix:/tmp/x", "ipv4:", "ipv4:x:1", "ipv6:[::1"}) {
    EXPECT_EQ(PeerOfUri(uri), PeerOfUri("unix:")) << uri;
  }
}

}  // namespace
}  // namespace daybook::rpc
