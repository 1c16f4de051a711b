#include "common/command/prepare.h"

#include <gmock/gmock.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <openssl/sha.h>

#include <memory>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/command/books.h"
#include "google/protobuf/descriptor.pb.h"
#include "google/protobuf/dynamic_message.h"
#include "google/protobuf/text_format.h"
#include "services/billing/billing.h"
#include "tests/support/nasty.h"

namespace daybook::command {
namespace {

using billing::v1::IssueInvoiceRequest;
using billing::v1::RecordPaymentRequest;
using google::protobuf::Message;

// Takes everything, so that every message reaches the hash.
Method Lenient(const Message& request) {
  const auto* service = IssueInvoiceRequest::descriptor()->file()->service(0);
  Method method;
  for (int i = 0; i < service->method_count(); ++i) {
    if (service->method(i)->input_type() == request.GetDescriptor()) {
      method.descriptor = service->method(i);
    }
  }
  method.name = method.descriptor->full_name();
  method.check = [](const Message&) { return absl::OkStatus(); };
  return method;
}

std::string HashOf(const Message& request) {
  const Method method = Lenient(request);
  struct : Command {
    const Message& request() const override { std::abort(); }
    void Reply(const absl::Status&, std::string) override {}
  } command;
  const absl::Status status = Prepare(method, request, &command);
  EXPECT_TRUE(status.ok()) << status;
  return absl::BytesToHexString(
      std::string(command.request_hash.begin(), command.request_hash.end()));
}

// The definition, in the plainest way.
std::string DefinedHash(const Message& request) {
  const std::unique_ptr<Message> copy(request.New());
  copy->CopyFrom(request);
  const auto* type = copy->GetDescriptor();
  copy->GetReflection()->ClearField(copy.get(), type->FindFieldByName("request_id"));
  copy->GetReflection()->ClearField(copy.get(), type->FindFieldByName("validate_only"));
  copy->GetReflection()->ClearField(copy.get(), type->FindFieldByName("allow_unusual"));
  std::string text(16, '\0');
  text += Lenient(request).name + "\n";
  {
    google::protobuf::io::StringOutputStream stream(&text);
    google::protobuf::io::CodedOutputStream out(&stream);
    out.SetSerializationDeterministic(true);
    copy->SerializeToCodedStream(&out);
  }
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
  return absl::BytesToHexString(std::string(reinterpret_cast<const char*>(digest), 16));
}

TEST(Prepare, HashesWhateverIsAskedAsItIsDefined) {
  test::Nasty nasty(1, {});
  for (int i = 0; i < 2000; ++i) {
    IssueInvoiceRequest invoice;
    nasty.Fill(invoice);
    invoice.set_request_id("r");
    invoice.set_customer_id("c");
    if (invoice.ByteSizeLong() <= kMaxCommandBytes) {
      ASSERT_EQ(HashOf(invoice), DefinedHash(invoice)) << invoice.ShortDebugString();
    }
  }
}

// What stands in old logs must match for ever.
TEST(Prepare, HashesAsItAlwaysDid) {
  RecordPaymentRequest payment;
  payment.set_customer_id("customer-1");
  payment.set_request_id("01890a5d-ac96-774b-bcce-b302099a1001");
  payment.set_account_id("main");
  payment.set_method(billing::v1::PAYMENT_METHOD_CASH);
  payment.mutable_amount()->set_currency_code("EUR");
  payment.mutable_amount()->set_units(20);
  EXPECT_EQ(HashOf(payment), "bf5205f7b28b5e5fae62e4ced9653ec6");
  payment.set_request_id("another");
  payment.set_validate_only(true);
  EXPECT_EQ(HashOf(payment), "bf5205f7b28b5e5fae62e4ced9653ec6");
  payment.set_expected_revision(0);
  EXPECT_NE(HashOf(payment), "bf5205f7b28b5e5fae62e4ced9653ec6");
}

TEST(Prepare, RefusesIdsAndSizesThatTheEngineRestsOn) {
  RecordPaymentRequest payment;
  const Method method = Lenient(payment);
  struct : Command {
    const Message& request() const override { std::abort(); }
    void Reply(const absl::Status&, std::string) override {}
  } command;
  payment.set_customer_id(std::string(65, 'c'));
  const absl::Status both = Prepare(method, payment, &command);
  EXPECT_EQ(ReasonOf(both), "INVALID_FIELDS");
  EXPECT_THAT(std::string(both.message()), testing::HasSubstr("request_id"));
  EXPECT_THAT(std::string(both.message()), testing::HasSubstr("customer_id"));
  payment.set_customer_id("c");
  payment.set_request_id(std::string(65, 'r'));
  EXPECT_EQ(ReasonOf(Prepare(method, payment, &command)), "INVALID_FIELDS");
  payment.set_request_id(" r");  // another name for the same request would record it twice
  EXPECT_EQ(ReasonOf(Prepare(method, payment, &command)), "INVALID_FIELDS");
  payment.set_request_id("r");
  EXPECT_TRUE(Prepare(method, payment, &command).ok());
  payment.set_external_id(std::string(kMaxCommandBytes, 'x'));
  EXPECT_EQ(ReasonOf(Prepare(method, payment, &command)), "REQUEST_TOO_LARGE");
}

// A service whose streams are policies, and the first field of one of its two requests.
class Policies {
 public:
  explicit Policies(const std::string& first_field) {
    google::protobuf::FileDescriptorProto file;
    const std::string rest =
        "field { name: 'request_id' number: 13 type: TYPE_STRING label: LABEL_OPTIONAL } "
        "field { name: 'expected_revision' number: 14 type: TYPE_INT64 label: LABEL_OPTIONAL "
        "proto3_optional: true oneof_index: 0 } "
        "field { name: 'validate_only' number: 15 type: TYPE_BOOL label: LABEL_OPTIONAL } "
        "oneof_decl { name: '_expected_revision' } } ";
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
        absl::StrCat(
            "name: 'policies.proto' syntax: 'proto3' package: 'policies' ",
            "message_type { name: 'PutPolicyRequest' ", first_field, rest,
            "message_type { name: 'EndPolicyRequest' field { name: 'policy_id' number: 1 "
            "type: TYPE_STRING label: LABEL_OPTIONAL } ",
            rest,
            "message_type { name: 'Response' "
            "field { name: 'revision' number: 14 type: TYPE_INT64 label: LABEL_OPTIONAL } "
            "field { name: 'consistency_token' number: 15 type: TYPE_STRING label: LABEL_OPTIONAL "
            "} "
            "field { name: 'already_recorded' number: 16 type: TYPE_BOOL label: LABEL_OPTIONAL }"
            " } service { name: 'PolicyService' "
            "method { name: 'EndPolicy' input_type: '.policies.EndPolicyRequest' "
            "output_type: '.policies.Response' } "
            "method { name: 'PutPolicy' input_type: '.policies.PutPolicyRequest' "
            "output_type: '.policies.Response' } }"),
        &file));
    service_ = pool_.BuildFile(file)->service(0);
  }
  const google::protobuf::MethodDescriptor& put() const { return *service_->method(1); }
  std::unique_ptr<Message> New() {
    return std::unique_ptr<Message>(factory_.GetPrototype(put().input_type())->New());
  }

 private:
  google::protobuf::DescriptorPool pool_;
  google::protobuf::DynamicMessageFactory factory_;
  const google::protobuf::ServiceDescriptor* service_;
};

std::string FirstField(const std::string& name, const std::string& type, int number = 1) {
  return absl::StrCat("field { name: '", name, "' number: ", number, " type: ", type,
                      " label: LABEL_OPTIONAL } ");
}

TEST(Streams, AreKnownByTheNumberOfTheirField) {
  EXPECT_TRUE(CheckConventions(Policies(FirstField("policy_id", "TYPE_STRING")).put()).ok());
  EXPECT_EQ(CheckConventions(Policies(FirstField("policy_id", "TYPE_INT64")).put()).message(),
            "policies.PutPolicyRequest must have the id of its stream, a string, as number 1");
  EXPECT_EQ(CheckConventions(Policies(FirstField("policy_id", "TYPE_STRING", 2)).put()).message(),
            "policies.PutPolicyRequest must have the id of its stream, a string, as number 1");
  EXPECT_EQ(CheckConventions(Policies(FirstField("name", "TYPE_STRING")).put()).message(),
            "policies.PutPolicyRequest calls its stream `name` and policies.EndPolicyRequest calls "
            "it otherwise; the requests of a service call it the same");
}

TEST(Streams, AreCalledInRefusalsAsTheRequestCallsThem) {
  Policies policies(FirstField("policy_id", "TYPE_STRING"));
  const std::unique_ptr<Message> request = policies.New();
  const auto set = [&](int number, const std::string& text) {
    request->GetReflection()->SetString(request.get(),
                                        request->GetDescriptor()->FindFieldByNumber(number), text);
  };
  Method method;
  method.descriptor = &policies.put();
  method.name = method.descriptor->full_name();
  method.stream_field = "policy_id";
  method.check = [](const Message&) { return absl::OkStatus(); };
  struct : Command {
    const Message& request() const override { std::abort(); }
    void Reply(const absl::Status&, std::string) override {}
  } command;
  set(1, " p ");
  set(13, "r-1");
  const absl::Status refused = Prepare(method, *request, &command);
  EXPECT_THAT(std::string(refused.message()), testing::StartsWith("policy_id: "));
  set(1, "p-1");
  EXPECT_TRUE(Prepare(method, *request, &command).ok());
  EXPECT_EQ(command.stream_id, "p-1");
  set(1, "");
  EXPECT_TRUE(Prepare(method, *request, &command).ok());
  EXPECT_EQ(command.stream_id, DerivedStreamId("policy", "r-1"));
  EXPECT_NE(command.stream_id, DerivedStreamId("customer", "r-1"));
}

}  // namespace
}  // namespace daybook::command
