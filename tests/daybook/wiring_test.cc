// What the lists of the binary must agree on.
#include <set>

#include "daybook/book/v1/command_service.pb.h"
#include "gtest/gtest.h"
#include "services/daybook/wiring/services.h"

namespace daybook {
namespace {

// The requests that a batch can carry: fields of Command, and of a book's own Command in it.
std::set<const google::protobuf::Descriptor*> Carried() {
  std::set<const google::protobuf::Descriptor*> carried;
  const google::protobuf::Descriptor& commands = *book::v1::Command::descriptor();
  for (int i = 0; i < commands.field_count(); ++i) {
    const google::protobuf::Descriptor* const type = commands.field(i)->message_type();
    carried.insert(type);
    for (int j = 0; j < type->field_count(); ++j) carried.insert(type->field(j)->message_type());
  }
  return carried;
}

TEST(Wiring, BatchesCarryEveryCommand) {
  const auto carried = Carried();
  for (const google::protobuf::ServiceDescriptor* service : CommandServices()) {
    for (int i = 0; i < service->method_count(); ++i) {
      EXPECT_TRUE(carried.contains(service->method(i)->input_type()))
          << service->method(i)->full_name()
          << " needs its fields in book.v1.Command and CommandResult, or in its book's";
    }
  }
}

}  // namespace
}  // namespace daybook
