// `field_behavior = REQUIRED` in the protos is what the server checks: an empty request is refused
// for every field that is said to be required.
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "common/projection/topology.h"
#include "gmock/gmock.h"
#include "google/api/field_behavior.pb.h"
#include "google/protobuf/message.h"
#include "gtest/gtest.h"
#include "projections/topology.h"
#include "services/daybook/wiring/books.h"
#include "tests/support/given_when_then.h"

namespace daybook {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::Message;

std::vector<std::string> RequiredFieldsOf(const Descriptor& request) {
  std::vector<std::string> required;
  for (int i = 0; i < request.field_count(); ++i) {
    const auto& options = request.field(i)->options();
    for (int j = 0; j < options.ExtensionSize(google::api::field_behavior); ++j) {
      if (options.GetExtension(google::api::field_behavior, j) == google::api::REQUIRED) {
        required.push_back(request.field(i)->name());
      }
    }
  }
  return required;
}

// Returns how many required fields the request has.
size_t ExpectEachIsAskedFor(const Descriptor& type, absl::Status (*check)(const Message&)) {
  const std::unique_ptr<Message> empty(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(&type)->New());
  const std::vector<std::string> refused = test::FieldsOf(check(*empty));
  const std::vector<std::string> required = RequiredFieldsOf(type);
  for (const std::string& field : required) {
    const bool asked_for = std::any_of(refused.begin(), refused.end(), [&](const std::string& one) {
      return one == field || one.starts_with(field + ".") || one.starts_with(field + "[");
    });
    EXPECT_TRUE(asked_for) << type.full_name() << "." << field << " is required by its proto only";
  }
  return required.size();
}

TEST(RequiredFields, AreRequiredByCommands) {
  const auto book = TheBook();
  ASSERT_TRUE(book.ok()) << book.status();
  size_t required = 0;
  for (const command::Method& method : book->methods) {
    required += ExpectEachIsAskedFor(*method.descriptor->input_type(), method.check);
  }
  EXPECT_GT(required, 60u);
}

TEST(RequiredFields, AreRequiredByQueries) {
  size_t required = 0;
  const projection::Topology topology = TheTopology();
  for (const projection::Topology::Entry& entry : topology.entries()) {
    for (const projection::MethodInfo& method : entry.service.methods) {
      required += ExpectEachIsAskedFor(*method.request, method.check);
    }
  }
  EXPECT_GT(required, 10u);
}

}  // namespace
}  // namespace daybook
