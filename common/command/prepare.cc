#include "common/command/prepare.h"

#include <array>
#include <cstring>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/fields.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "common/base/wire.h"
#include "common/command/reasons.h"
#include "common/command/unusual.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"

namespace daybook::command {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::io::CodedOutputStream;

// The fields that every request has.
struct Fields {
  const Descriptor* type = nullptr;
  const FieldDescriptor* stream = nullptr;
  const FieldDescriptor* request_id = nullptr;
  const FieldDescriptor* expected_revision = nullptr;
  const FieldDescriptor* validate_only = nullptr;
  uint64_t allow_unusual = 0;  // its number, if there is one
};

const FieldDescriptor* Find(const Descriptor& type, int number) {
  const FieldDescriptor* field = type.FindFieldByNumber(number);
  DAYBOOK_CHECK(field != nullptr);
  return field;
}

// Looking a field up by its number costs as much as reading it, so that each thread remembers those
// of the types that it saw last.
const Fields& FieldsOf(const Descriptor& type) {
  constexpr size_t kRemembered = 64;
  thread_local std::array<Fields, kRemembered> remembered;
  Fields& fields =
      remembered[(reinterpret_cast<uintptr_t>(&type) / sizeof(Descriptor)) % kRemembered];
  if (fields.type != &type) {
    fields = {&type, Find(type, kStreamField), Find(type, kRequestIdField),
              Find(type, kExpectedRevisionField), Find(type, kValidateOnlyField)};
    const FieldDescriptor* unusual = type.FindFieldByName(std::string(kAllowUnusual));
    if (unusual != nullptr) {
      fields.allow_unusual = static_cast<uint64_t>(unusual->number());
    }
  }
  return fields;
}

// Cuts what is no part of what the request says out of its serialised form, the bytes of `text`
// from `start` on: `request_id`, `validate_only` and `allow_unusual`.
void CutOwnFields(size_t start, uint64_t allow_unusual, std::string* text) {
  std::string_view rest = std::string_view(*text).substr(start);
  char* to = text->data() + start;
  wire::Field field;
  while (!rest.empty()) {
    const char* const from = rest.data();
    DAYBOOK_CHECK(wire::TakeField(rest, field));
    if (field.number == kRequestIdField || field.number == kValidateOnlyField ||
        field.number == allow_unusual) {
      continue;
    }
    const auto length = static_cast<size_t>(rest.data() - from);
    if (to != from) std::memmove(to, from, length);
    to += length;
  }
  text->resize(static_cast<size_t>(to - text->data()));
}

// First 16 bytes of SHA-256 over the method's name and the request without its id, validate_only
// and allow_unusual, serialised deterministically. `size`: ByteSizeLong, which must have been
// called.
//
// The fields are cut out of the bytes rather than out of a copy of the message: a message is
// serialised in the order of its field numbers, and one that was parsed has each of them once.
log::Hash RequestHash(const Method& method, const Message& request, size_t size,
                      uint64_t allow_unusual) {
  thread_local std::string text;  // as large as the largest command so far, which is bounded
  text.assign(method.name);
  text.push_back('\n');
  const size_t start = text.size();
  text.resize(start + size);
  google::protobuf::io::ArrayOutputStream array(text.data() + start, static_cast<int>(size));
  {
    CodedOutputStream out(&array);
    out.SetSerializationDeterministic(true);
    request.SerializeWithCachedSizes(&out);
    DAYBOOK_CHECK(!out.HadError());
  }
  CutOwnFields(start, allow_unusual, &text);
  return log::LinkHash({}, text);
}

}  // namespace

absl::Status Prepare(const Method& method, const Message& request, Command* command) {
  DAYBOOK_CHECK(request.GetDescriptor() == method.descriptor->input_type());
  command->method = &method;
  const size_t size = request.ByteSizeLong();
  if (size > kMaxCommandBytes) {
    return Refuse(reason::kRequestTooLarge, absl::StrCat("the command has ", size, " bytes; ",
                                                         kMaxCommandBytes, " are allowed"));
  }
  const Fields& fields = FieldsOf(*request.GetDescriptor());
  const google::protobuf::Reflection& reflection = *request.GetReflection();
  std::string scratch;
  command->request_id = reflection.GetStringReference(request, fields.request_id, &scratch);
  command->stream_id = reflection.GetStringReference(request, fields.stream, &scratch);
  RETURN_IF_ERROR(method.check(request));
  // A domain checks these as well, with its other fields; what the engine rests on it sees to
  // itself.
  FieldViolations bad;
  Expect(CheckId(command->request_id, kMaxRequestIdCharacters), "request_id", bad);
  if (!command->stream_id.empty()) {
    Expect(CheckId(command->stream_id, kMaxStreamIdCharacters), fields.stream->name(), bad);
  }
  RETURN_IF_ERROR(bad.ToStatus());
  if (reflection.HasField(request, fields.expected_revision)) {
    command->expected_revision = reflection.GetInt64(request, fields.expected_revision);
  }
  command->validate_only = reflection.GetBool(request, fields.validate_only);
  if (command->stream_id.empty())
    command->stream_id = DerivedStreamId(method.stream_noun(), command->request_id);
  command->request_hash = RequestHash(method, request, size, fields.allow_unusual);
  return absl::OkStatus();
}

}  // namespace daybook::command
