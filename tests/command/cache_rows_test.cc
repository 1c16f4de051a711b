// How the parts of a stream are listed and told apart.
#include "common/command/cache_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "common/command/parts.h"

namespace daybook::command {
namespace {

using testing::ElementsAre;

TEST(CacheRows, ListPartsInTheOrderOfTheirNumbers) {
  internal::book::v1::Stream stream;
  EXPECT_EQ(FindListed(stream, 3), std::nullopt);
  stream.set_commit_count(1);
  ListPart(6, &stream);
  stream.set_commit_count(2);
  ListPart(2, &stream);
  stream.set_commit_count(3);
  ListPart(3, &stream);
  EXPECT_THAT(stream.parts(), ElementsAre(2, 2, 3, 3, 6, 1));
  stream.set_commit_count(9);
  ListPart(3, &stream);
  EXPECT_THAT(stream.parts(), ElementsAre(2, 2, 3, 9, 6, 1));
  EXPECT_EQ(FindListed(stream, 3), 9);
  EXPECT_EQ(FindListed(stream, 6), 1);
  EXPECT_EQ(FindListed(stream, 4), std::nullopt);
  EXPECT_EQ(FindListed(stream, 7), std::nullopt);
}

TEST(CacheRows, APartIsOfOneNumberOfCommits) {
  internal::customer::v1::State part;
  part.set_version(7);
  std::string row(kPartHeadBytes, ' ');
  PutPartHead(300, row.data());
  row += part.SerializeAsString();
  internal::customer::v1::State read;
  ASSERT_TRUE(ParsePart(row, 300, &read));
  EXPECT_EQ(read.version(), 7);
  EXPECT_FALSE(ParsePart(row, 299, &read));
  EXPECT_FALSE(ParsePart(row.substr(0, kPartHeadBytes - 1), 300, &read));
  EXPECT_FALSE(ParsePart("", 0, &read));
  EXPECT_FALSE(ParsePart(row + "\xff", 300, &read));
  EXPECT_TRUE(ParsePart(row.substr(0, kPartHeadBytes), 300, &read)) << "an empty part";
}

TEST(CacheRows, PartsStandBehindTheirStreamAndBeforeTheNext) {
  std::string first, last;
  AppendPartKey("c", 1, &first);
  AppendPartKey("c", kMaxPartNumber, &last);
  EXPECT_LT(std::string("c"), first);
  EXPECT_LT(first, last);
  EXPECT_LT(last, std::string("c\x01"));
}

TEST(Parts, AreKnownByTheirTypes) {
  using Customer = internal::customer::v1::State;
  using Billing = internal::billing::v1::State;
  EXPECT_EQ(PartCount(), size_t(internal::book::v1::State::descriptor()->field_count()));
  EXPECT_EQ(PartAt(IndexOfPart<Billing>()).number, internal::book::v1::State::kBillingFieldNumber);
  EXPECT_FALSE(FindPart(*internal::book::v1::Stream::descriptor()).has_value());
  const PartSet both = PartSet::Of<Customer, Billing>();
  EXPECT_TRUE(PartSet::All().HasAll(both));
  EXPECT_EQ(both.Without(PartSet::Of<Customer>()), PartSet::Of<Billing>());
  EXPECT_FALSE(PartSet::Of<Customer>().HasAll(both));

  Parts parts;
  EXPECT_TRUE(parts.held().empty());
  parts.Add(IndexOfPart<Customer>());
  EXPECT_TRUE(parts.edited().empty());
  parts.Edit<Customer>().set_version(4);
  EXPECT_EQ(parts.edited(), PartSet::Of<Customer>());
  const Parts copy = parts.CopyOf(parts.held());
  parts.Edit<Customer>().set_version(5);
  EXPECT_EQ(copy.Get<Customer>().version(), 4);
  EXPECT_TRUE(copy.edited().empty());
  EXPECT_EQ(copy.held(), PartSet::Of<Customer>());
}

}  // namespace
}  // namespace daybook::command
