#include <google/protobuf/util/json_util.h>

#include <cstdio>
#include <memory>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/base/suggestion.h"
#include "common/base/text.h"
#include "common/rpc/client.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "services/daybook/call/json_request.h"
#include "services/daybook/cli/subcommands.h"
#include "services/daybook/config/connect.h"
#include "services/daybook/process/read_file.h"
#include "services/daybook/wiring/services.h"

namespace daybook {
namespace {

using google::protobuf::MessageFactory;
using google::protobuf::MethodDescriptor;
namespace json = google::protobuf::util;

// The one method whose full name is `name` or ends in `.name`.
absl::StatusOr<const MethodDescriptor*> FindMethod(std::string_view name) {
  std::vector<const MethodDescriptor*> found;
  std::string all, those;
  std::vector<std::string> names;
  for (const auto* service : KnownServices()) {
    for (int i = 0; i < service->method_count(); ++i) {
      const MethodDescriptor* method = service->method(i);
      const std::string dotted = "." + method->full_name();
      const std::string suffix = Cat(".", name);
      if (dotted.size() >= suffix.size() &&
          dotted.compare(dotted.size() - suffix.size(), suffix.size(), suffix) == 0) {
        found.push_back(method);
        those += Cat("\n  ", method->full_name());
      }
      all += Cat("\n  ", method->full_name());
      names.push_back(method->name());
    }
  }
  if (found.size() == 1) return found[0];
  if (!found.empty()) {
    return absl::InvalidArgumentError(
        Cat("several methods are called '", name, "'; say more of the name:", those));
  }
  const std::string meant = DidYouMean(name, names);
  return absl::InvalidArgumentError(
      Cat("no method is called '", name, "'", meant.empty() ? "; there are:" + all : meant));
}

// Whether a command had been recorded before; false of a query.
bool IsRepeated(const google::protobuf::Message& response) {
  const auto* field = response.GetDescriptor()->FindFieldByName("already_recorded");
  return field != nullptr && response.GetReflection()->GetBool(response, field);
}

std::string ToJson(const google::protobuf::Message& message, bool one_line) {
  json::JsonPrintOptions options;
  options.add_whitespace = !one_line;
  options.preserve_proto_field_names = true;
  std::string text;
  if (!json::MessageToJsonString(message, &text, options).ok()) text = "{}";
  if (one_line || text.empty()) text += '\n';
  return text;
}

class Call : public Subcommand {
 public:
  Manual manual() const override {
    return {.name = "call",
            .summary = "Call a method of the server: JSON in, JSON out",
            .examples =
                "daybook call GetBalance '{\"customer_id\": \"c-1\"}'\n"
                "daybook call BalancesService.GetControlTotals\n"
                "daybook call RegisterCustomer '{\"customer_id\": \"c-1\", \"kind\": "
                "\"CUSTOMER_KIND_PERSON\",\n"
                "    \"profile\": {\"personal\": {\"display_name\": \"Ada\"}}, \"request_id\": "
                "\"r-1\"}'",
            .details =
                "METHOD may be short (GetBalance) or full. The JSON is protobuf's own mapping;\n"
                "- reads it from standard input.",
            .exit_codes = "0 done · 1 refused · 2 wrong usage · 4 no answer from the server"};
  }

  void Declare(Flags& flags) override {
    flags.Argument("METHOD", "method, by its name or the end of it", true, &method_);
    flags.Argument("JSON", "the request; none = all fields at their defaults", false, &request_);
    flags.Number("--timeout-ms", "N", "longest wait for the answer", 1, 3'600'000, &timeout_ms_);
    flags.Switch("--json", "the answer on one line", &one_line_);
  }

  int Run(const Config& config) override {
    const auto method = FindMethod(method_);
    if (!method.ok()) {
      ReportError(method.status());
      return kExitUsage;
    }
    MessageFactory* factory = MessageFactory::generated_factory();
    const std::unique_ptr<google::protobuf::Message> request(
        factory->GetPrototype((*method)->input_type())->New());
    const std::unique_ptr<google::protobuf::Message> response(
        factory->GetPrototype((*method)->output_type())->New());
    if (request_ == "-") {
      const auto text = ReadFile("/dev/stdin");
      if (!text.ok()) return ReportError(text.status());
      request_ = *text;
    }
    if (const absl::Status status = ParseJsonRequest(request_, request.get()); !status.ok()) {
      ReportError(status);
      return kExitUsage;
    }
    const absl::Status status = Connect(config)->Call(**method, *request, response.get(),
                                                      WallNow() + absl::Milliseconds(timeout_ms_));
    if (absl::IsDeadlineExceeded(status) && ReasonOf(status).empty()) {
      return ReportError(absl::DeadlineExceededError(
          Cat("no answer from ", config.server_address(), " within ", timeout_ms_,
              " ms; a command may have been accepted: the same again, with the same request_id, "
              "says so")));
    }
    if (absl::IsUnavailable(status) && ReasonOf(status).empty()) {
      return ReportError(absl::UnavailableError(
          Cat("no answer from ", config.server_address(), ": ", status.message(),
              "\n  what to do: start `daybook serve`, or name the server with --server; a command "
              "may have been accepted: the same again, with the same request_id, says so")));
    }
    if (!status.ok()) return ReportError(status);
    std::fputs(ToJson(*response, one_line_).c_str(), stdout);
    if (IsRepeated(*response)) {
      std::fputs("already there: recorded before under this request_id; the first answer again\n",
                 stderr);
    }
    return kExitOk;
  }

 private:
  std::string method_;
  std::string request_ = "{}";
  int64_t timeout_ms_ = 10'000;
  bool one_line_ = false;
};

}  // namespace

std::unique_ptr<Subcommand> NewCall() { return std::make_unique<Call>(); }

}  // namespace daybook
