#include "common/rpc/actor.h"

#include <gtest/gtest.h>

namespace daybook::rpc {
namespace {

TEST(Actor, IsReadableText) {
  EXPECT_EQ(ActorOfCertificate("payroll"), "payroll");
  EXPECT_EQ(ActorOfCertificate("Zo\xc3\xab"), "Zo\xc3\xab");
  EXPECT_EQ(ActorOfCertificate("100%"), "100%");
  EXPECT_EQ(ActorOfCertificate("a\nb"), "a%0ab");
  EXPECT_EQ(ActorOfCertificate("caf\xe9 100%"), "caf%e9%20100%25") << "Latin-1 is not UTF-8";
  EXPECT_EQ(ActorOfCertificate("eva\xe2\x80\xaelocal"), "eva%e2%80%aelocal") << "shows as another";
  EXPECT_EQ(ActorOfCertificate(std::string("a\0b", 3)), "a%00b");
}

TEST(Actor, NobodysCertificateIsLocal) {
  EXPECT_EQ(ActorOfCertificate("local"), "cn=local");
  EXPECT_EQ(ActorOfCertificate("anonymous"), "cn=anonymous");
}

TEST(Actor, PeersOfThisMachineAreKnown) {
  for (const char* peer :
       {"ipv4:127.0.0.1:50000", "ipv4:127.9.8.7:1", "ipv6:%5B::1%5D:50000", "ipv6:[::1]:50000",
        "ipv6:%5B::ffff:127.0.0.1%5D:50000", "unix:/run/x"}) {
    EXPECT_TRUE(IsLoopbackPeer(peer)) << peer;
  }
  for (const char* peer :
       {"ipv4:10.0.0.7:50000", "ipv4:128.0.0.1:1", "ipv6:%5Bfe80::1%5D:50000",
        "ipv6:[2001:db8::127]:1", "ipv6:%5B::ffff:10.0.0.7%5D:1", "", "ipv4:", "localhost:1"}) {
    EXPECT_FALSE(IsLoopbackPeer(peer)) << peer;
  }
}

}  // namespace
}  // namespace daybook::rpc
