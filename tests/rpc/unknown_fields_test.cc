#include "common/rpc/unknown_fields.h"

#include <string>

#include "daybook/book/v1/command_service.pb.h"
#include "google/protobuf/descriptor.pb.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/unknown_field_set.h"
#include "gtest/gtest.h"

namespace daybook::rpc {
namespace {

using google::protobuf::Message;

std::string FirstIn(const Message& message) {
  const std::string bytes = message.SerializeAsString();
  const std::unique_ptr<Message> parsed(message.New());
  EXPECT_TRUE(parsed->ParseFromString(bytes));
  return UnknownFields(message.GetDescriptor()).FirstIn(bytes, *parsed);
}

google::protobuf::UnknownFieldSet& Unknown(Message& message) {
  return *message.GetReflection()->MutableUnknownFields(&message);
}

// Every field of every type, as deep as `depth`.
void Fill(Message& message, int depth) {
  const auto& reflection = *message.GetReflection();
  const auto* type = message.GetDescriptor();
  for (int i = 0; i < type->field_count(); ++i) {
    const auto* field = type->field(i);
    using Field = google::protobuf::FieldDescriptor;
    if (field->is_map()) continue;
    const bool many = field->is_repeated();
    switch (field->cpp_type()) {
#define FILL(KIND, Kind, value)                          \
  case Field::CPPTYPE_##KIND:                            \
    many ? reflection.Add##Kind(&message, field, value)  \
         : reflection.Set##Kind(&message, field, value); \
    break
      FILL(INT32, Int32, -1);
      FILL(INT64, Int64, -1);
      FILL(UINT32, UInt32, 300);
      FILL(UINT64, UInt64, 1ull << 60);
      FILL(DOUBLE, Double, 1.5);
      FILL(FLOAT, Float, 1.5);
      FILL(BOOL, Bool, true);
      FILL(STRING, String, "text");
#undef FILL
      case Field::CPPTYPE_ENUM:
        many ? reflection.AddEnumValue(&message, field, field->enum_type()->value(0)->number())
             : reflection.SetEnumValue(&message, field, field->enum_type()->value(0)->number());
        break;
      case Field::CPPTYPE_MESSAGE:
        if (depth == 0) break;
        Fill(many ? *reflection.AddMessage(&message, field)
                  : *reflection.MutableMessage(&message, field),
             depth - 1);
    }
  }
}

TEST(UnknownFieldsOfMessages, AreNoneInWhatTheTypesDescribe) {
  google::protobuf::FileDescriptorProto every_wire_type;  // recursive, packed, proto2
  Fill(every_wire_type, 4);
  EXPECT_EQ(FirstIn(every_wire_type), "");
  // A oneof keeps its last member: fill each in turn.
  const auto* command = book::v1::Command::descriptor();
  for (int i = 0; i < command->field_count(); ++i) {
    book::v1::ExecuteBatchRequest batch;
    auto& one = *batch.add_commands();
    Fill(*one.GetReflection()->MutableMessage(&one, command->field(i)), 4);
    EXPECT_EQ(FirstIn(batch), "") << command->field(i)->name();
  }
  google::protobuf::Struct map;
  (*map.mutable_fields())["a"].mutable_list_value()->add_values()->set_number_value(1);
  EXPECT_EQ(FirstIn(map), "");
}

TEST(UnknownFieldsOfMessages, AreFoundOfEveryWireType) {
  billing::v1::IssueInvoiceRequest request;
  Unknown(request).AddVarint(100, 1);
  EXPECT_EQ(FirstIn(request), "#100");
  Unknown(request).Clear();
  Unknown(request).AddFixed32(12, 1);
  EXPECT_EQ(FirstIn(request), "#12");
  Unknown(request).Clear();
  Unknown(request).AddFixed64(100'000, 1);
  EXPECT_EQ(FirstIn(request), "#100000");
  Unknown(request).Clear();
  Unknown(request).AddGroup(99)->AddVarint(1, 1);
  EXPECT_EQ(FirstIn(request), "#99");
}

TEST(UnknownFieldsOfMessages, AreAlsoKnownOnesOfAnotherWireType) {
  billing::v1::IssueInvoiceRequest request;
  Unknown(request).AddVarint(1, 1);  // customer_id is a string
  EXPECT_EQ(FirstIn(request), "#1");
}

TEST(UnknownFieldsOfMessages, AreNamedByTheirPath) {
  book::v1::ExecuteBatchRequest batch;
  batch.add_commands()->mutable_issue_invoice()->add_lines();
  auto& line = *batch.add_commands()->mutable_issue_invoice()->add_lines();
  Unknown(*line.mutable_unit_price()).AddLengthDelimited(7, "x");
  EXPECT_EQ(FirstIn(batch), "commands[1].issue_invoice.lines[0].unit_price.#7");
}

}  // namespace
}  // namespace daybook::rpc
