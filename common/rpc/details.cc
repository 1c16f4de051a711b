#include "common/rpc/details.h"

#include <algorithm>

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace daybook::rpc {
namespace {

constexpr size_t kMaxHeaderMessageBytes = 1536;
constexpr size_t kMaxDetailBytes = 4608;

// Length of the UTF-8 sequence at the start of `text`; 0 if it is none.
size_t SequenceLength(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  const size_t length = first < 0x80                     ? 1
                        : first >= 0xC2 && first <= 0xDF ? 2
                        : (first & 0xF0) == 0xE0         ? 3
                        : first >= 0xF0 && first <= 0xF4 ? 4
                                                         : 0;
  if (length == 0 || length > text.size()) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  if (first == 0xE0 && byte(1) < 0xA0) return 0;  // longer than need be
  if (first == 0xED && byte(1) > 0x9F) return 0;  // surrogates
  if (first == 0xF0 && byte(1) < 0x90) return 0;
  if (first == 0xF4 && byte(1) > 0x8F) return 0;  // beyond U+10FFFF
  return length;
}

size_t PercentEncodedSize(std::string_view sequence) {
  const unsigned char first = sequence[0];
  return sequence.size() == 1 && first >= 0x20 && first <= 0x7E && first != '%'
             ? 1
             : 3 * sequence.size();
}

google::protobuf::Any* FindDetail(google::rpc::Status& status, std::string_view type_url) {
  for (auto& detail : *status.mutable_details()) {
    if (detail.type_url() == type_url) return &detail;
  }
  return nullptr;
}

std::string TypeUrl(const google::protobuf::Descriptor* type) {
  return absl::StrCat("type.googleapis.com/", type->full_name());
}

// How many violations this one stands for: FieldViolations ends a long list with "and 17 more".
int CountOf(const google::rpc::BadRequest::FieldViolation& violation) {
  absl::string_view text = violation.description();
  int more = 0;
  if (!violation.field().empty() || !absl::ConsumePrefix(&text, "and ") ||
      !absl::ConsumeSuffix(&text, " more") || !absl::SimpleAtoi(text, &more)) {
    return 1;
  }
  return more;
}

// Measures each violation once: who is refused may have sent thousands of commands.
void CutViolations(google::rpc::Status& status) {
  constexpr size_t kHeaders = 8;  // of the last violation and of what holds it: tags and lengths
  auto* detail = FindDetail(status, TypeUrl(google::rpc::BadRequest::descriptor()));
  google::rpc::BadRequest bad;
  if (detail == nullptr || !bad.ParseFromString(detail->value())) return;
  size_t size = status.ByteSizeLong() + std::string_view("and 2147483647 more").size() + kHeaders;
  int cut = 0;
  while (size > kMaxDetailBytes && bad.field_violations_size() > 0) {
    const auto& last = bad.field_violations(bad.field_violations_size() - 1);
    cut += CountOf(last);
    size -= last.ByteSizeLong() + 2;
    bad.mutable_field_violations()->RemoveLast();
  }
  bad.add_field_violations()->set_description(absl::StrCat("and ", cut, " more"));
  detail->set_value(bad.SerializeAsString());
}

void KeepOnlyErrorInfo(google::rpc::Status& status) {
  auto* info = FindDetail(status, TypeUrl(google::rpc::ErrorInfo::descriptor()));
  if (info == nullptr) return status.clear_details();
  const google::protobuf::Any kept = *info;
  status.clear_details();
  *status.add_details() = kept;
}

}  // namespace

std::string HeaderMessage(std::string_view message) {
  std::string header;
  size_t encoded = 0;
  while (!message.empty()) {
    const size_t length = SequenceLength(message);
    const std::string_view next = length == 0 ? "?" : message.substr(0, length);
    encoded += PercentEncodedSize(next);
    if (encoded > kMaxHeaderMessageBytes) return header + "...";
    header += next;
    message.remove_prefix(std::max<size_t>(length, 1));
  }
  return header;
}

std::string EncodeDetails(const absl::Status& status) {
  google::rpc::Status details;
  status.ForEachPayload([&](absl::string_view type_url, const absl::Cord& value) {
    auto* detail = details.add_details();
    detail->set_type_url(std::string(type_url));
    detail->set_value(std::string(value));
  });
  if (details.details().empty()) return "";
  // Payloads come in no particular order; the reader shall see the same one every time.
  std::sort(details.mutable_details()->begin(), details.mutable_details()->end(),
            [](const auto& a, const auto& b) { return a.type_url() < b.type_url(); });
  details.set_code(static_cast<int>(status.code()));
  details.set_message(HeaderMessage({status.message().data(), status.message().size()}));
  if (details.ByteSizeLong() > kMaxDetailBytes) CutViolations(details);
  if (details.ByteSizeLong() > kMaxDetailBytes) KeepOnlyErrorInfo(details);
  if (details.ByteSizeLong() > kMaxDetailBytes) details.clear_details();
  return details.SerializeAsString();
}

absl::Status DecodeDetails(absl::StatusCode code, std::string_view message,
                           std::string_view details) {
  absl::Status status(code, absl::string_view(message.data(), message.size()));
  google::rpc::Status parsed;
  if (!details.empty() && parsed.ParseFromArray(details.data(), static_cast<int>(details.size()))) {
    for (const auto& detail : parsed.details()) {
      status.SetPayload(detail.type_url(), absl::Cord(detail.value()));
    }
  }
  return status;
}

}  // namespace daybook::rpc
