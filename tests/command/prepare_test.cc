#include "common/command/prepare.h"

#include <gmock/gmock.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <openssl/sha.h>

#include "absl/strings/escaping.h"
#include "common/base/status.h"
#include "common/command/books.h"
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

}  // namespace
}  // namespace daybook::command
