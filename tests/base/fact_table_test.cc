#include "common/base/fact_table.h"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "daybook/book/v1/record.pb.h"
#include "google/protobuf/descriptor.pb.h"
#include "google/protobuf/dynamic_message.h"
#include "google/protobuf/text_format.h"

namespace daybook {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FileDescriptorProto;

// A file of messages in text form, in a pool of its own.
class Protos {
 public:
  explicit Protos(const std::string& text) {
    FileDescriptorProto file;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &file));
    file.set_name("test.proto");
    file.set_syntax("proto3");
    EXPECT_NE(pool_.BuildFile(file), nullptr);
  }
  const Descriptor& operator[](const std::string& name) const {
    return *pool_.FindMessageTypeByName(name);
  }
  std::unique_ptr<google::protobuf::Message> New(const std::string& name) {
    return std::unique_ptr<google::protobuf::Message>(factory_.GetPrototype(&(*this)[name])->New());
  }

 private:
  google::protobuf::DescriptorPool pool_;
  google::protobuf::DynamicMessageFactory factory_;
};

std::string Message(const std::string& name, const std::string& fields) {
  return absl::StrCat("message_type { name: '", name, "' ", fields, " } ");
}
std::string Arm(const std::string& name, int number, const std::string& type) {
  return absl::StrCat("field { name: '", name, "' number: ", number,
                      " type: TYPE_MESSAGE label: LABEL_OPTIONAL type_name: '.", type,
                      "' oneof_index: 0 } ");
}
constexpr char kOneof[] = "oneof_decl { name: 'event' } ";

TEST(FactTable, HasEveryFactOfEveryBook) {
  const FactTable& facts = FactsOf<book::v1::Event>();
  std::set<size_t> seen;
  const auto* parts = book::v1::Event::descriptor()->oneof_decl(0);
  for (int p = 0; p < parts->field_count(); ++p) {
    const Descriptor& part = *parts->field(p)->message_type();
    EXPECT_EQ(facts.SlotOf(part), parts->field(p));
    for (int f = 0; f < part.oneof_decl(0)->field_count(); ++f) {
      const auto* fact = part.oneof_decl(0)->field(f);
      book::v1::Event event;
      auto* held = event.GetReflection()->MutableMessage(&event, parts->field(p));
      held->GetReflection()->MutableMessage(held, fact);
      const FactTable::Fact found = facts.In(event);
      EXPECT_EQ(found.message, &held->GetReflection()->GetMessage(*held, fact));
      EXPECT_EQ(found.index, facts.IndexOf(*fact->message_type()));
      EXPECT_TRUE(seen.insert(found.index).second) << fact->full_name();
    }
  }
  EXPECT_EQ(seen.size(), facts.size());
  EXPECT_EQ(*seen.rbegin(), facts.size() - 1);
  EXPECT_EQ(facts.SlotOf(*book::v1::Commit::descriptor()), nullptr);
  EXPECT_EQ(facts.IndexOf(*book::v1::Commit::descriptor()), std::nullopt);
}

TEST(FactTable, DoesNotKnowAnEventOfANewerBookOrFact) {
  const FactTable& facts = FactsOf<book::v1::Event>();
  book::v1::Event event;
  EXPECT_EQ(facts.In(event).message, nullptr);
  ASSERT_TRUE(event.ParseFromString(std::string("\xea\x3f\x00", 3)));  // field 1021
  EXPECT_EQ(facts.In(event).message, nullptr);
  event.mutable_billing();
  EXPECT_EQ(facts.In(event).message, nullptr);
}

// The number of books has no limit, nor the numbers of their fields.
TEST(FactTable, TakesAsManyBooksAsThereAre) {
  constexpr int kBooks = 40;
  std::string text = Message("Fact", "");
  std::string slots = kOneof;
  for (int b = 0; b < kBooks; ++b) {
    absl::StrAppend(&text, Message(absl::StrCat("Fact", b), ""),
                    Message(absl::StrCat("Book", b),
                            absl::StrCat(kOneof, Arm("fact", 1'000 + b, absl::StrCat("Fact", b)))));
    absl::StrAppend(&slots, Arm(absl::StrCat("book", b), 7 + 300 * b, absl::StrCat("Book", b)));
  }
  Protos protos(text + Message("Event", slots));
  const auto facts = FactTable::Of(protos["Event"]);
  ASSERT_TRUE(facts.ok()) << facts.status();
  EXPECT_EQ(facts->size(), static_cast<size_t>(kBooks));
  const auto event = protos.New("Event");
  for (int b = 0; b < kBooks; ++b) {
    const auto* slot = facts->SlotOf(protos[absl::StrCat("Book", b)]);
    ASSERT_NE(slot, nullptr);
    auto* part = event->GetReflection()->MutableMessage(event.get(), slot);
    part->GetReflection()->MutableMessage(part, part->GetDescriptor()->field(0));
    EXPECT_EQ(facts->In(*event).index, static_cast<size_t>(b));
  }
}

TEST(FactTable, NamesWhatIsNotShapedAsAnEvent) {
  const std::string facts = Message("Fact", "") + Message("Other", "");
  const auto refused = [&](const std::string& book, const std::string& event) {
    Protos protos(facts + Message("Book", book) + Message("Event", event));
    return std::string(FactTable::Of(protos["Event"]).status().message());
  };
  const std::string book = std::string(kOneof) + Arm("fact", 1, "Fact");
  const std::string event = std::string(kOneof) + Arm("book", 2, "Book");
  EXPECT_EQ(refused(book, event), "");
  EXPECT_EQ(refused(book, ""), "Event must have one oneof, which says what happened");
  EXPECT_EQ(refused("", event), "Book must have one oneof, which says what happened");
  EXPECT_EQ(refused(std::string(kOneof) + "field { name: 'text' number: 1 type: TYPE_STRING label: "
                                          "LABEL_OPTIONAL oneof_index: 0 }",
                    event),
            "Book.text must be a message");
  EXPECT_EQ(refused(book + Arm("again", 2, "Fact"), event),
            "Fact stands for two facts; Book.again needs a message of its own");
}

TEST(FactTableDeathTest, StopsTheProgramForATypeThatIsNoEvent) {
  EXPECT_DEATH(FactsOf<google::type::Date>(), "google.type.Date must have one oneof");
}

}  // namespace
}  // namespace daybook
