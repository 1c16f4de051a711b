#include "common/rpc/wire.h"

#include <grpc/slice.h>

#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/rpc/details.h"
#include "common/rpc/reasons.h"

namespace daybook::rpc {
namespace {

using google::protobuf::Message;

// Responses up to this size are copied; longer ones are handed over.
constexpr size_t kMaxCopiedBytes = 4 * 1024;

// The payload's bytes in one piece: most come so, the others are put together in `scratch`.
std::string_view BytesOf(grpc::ByteBuffer& payload, grpc::Slice& slice, std::string& scratch) {
  if (payload.TrySingleSlice(&slice).ok()) {
    return {reinterpret_cast<const char*>(slice.begin()), slice.size()};
  }
  std::vector<grpc::Slice> slices;
  if (payload.Length() == 0 || !payload.Dump(&slices).ok()) return {};
  scratch.reserve(payload.Length());
  for (const grpc::Slice& each : slices) {
    scratch.append(reinterpret_cast<const char*>(each.begin()), each.size());
  }
  return scratch;
}

}  // namespace

grpc::ByteBuffer BufferOf(const Message& message) {
  const size_t size = message.ByteSizeLong();
  grpc_slice slice = grpc_slice_malloc(size);
  message.SerializeWithCachedSizesToArray(GRPC_SLICE_START_PTR(slice));
  const grpc::Slice owned(slice, grpc::Slice::STEAL_REF);
  return grpc::ByteBuffer(&owned, 1);
}

grpc::ByteBuffer BufferOf(std::string bytes) {
  if (bytes.size() <= kMaxCopiedBytes) {
    const grpc::Slice copy(bytes.data(), bytes.size());
    return grpc::ByteBuffer(&copy, 1);
  }
  auto* owned = new std::string(std::move(bytes));
  const grpc::Slice slice(
      owned->data(), owned->size(), [](void* s) { delete static_cast<std::string*>(s); }, owned);
  return grpc::ByteBuffer(&slice, 1);
}

absl::Status ReadRequest(const Method& method, grpc::ByteBuffer& payload, Message* request) {
  grpc::Slice slice;
  std::string scratch;
  const std::string_view bytes = BytesOf(payload, slice, scratch);
  if (!request->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return Refuse(reason::kMalformedRequest,
                  absl::StrCat("the request is not a ", method.prototype.GetTypeName()));
  }
  if (const std::string field = method.unknown_fields.FirstIn(bytes, *request); !field.empty()) {
    return Refuse(reason::kUnknownFields, absl::StrCat("unknown field ", field),
                  {{"field", field}});
  }
  return absl::OkStatus();
}

grpc::Status WireStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const absl::string_view message = status.message();
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()),
                      HeaderMessage({message.data(), message.size()}), EncodeDetails(status));
}

absl::Status ShuttingDown() {
  return Refuse(reason::kShuttingDown, "the server is stopping; nothing was recorded");
}

}  // namespace daybook::rpc
