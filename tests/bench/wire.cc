#include "tests/bench/wire.h"

#include <algorithm>

#include "common/base/status.h"

namespace daybook::bench {

Wire::Wire(std::string_view address) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetMaxReceiveMessageSize(64 << 20);
  channel_ = grpc::CreateCustomChannel(std::string(address), grpc::InsecureChannelCredentials(),
                                       arguments);
}

void Wire::SetMethods(const std::vector<std::string>& paths) {
  methods_.clear();
  for (const std::string& path : paths) {
    methods_.emplace_back(path.c_str(), grpc::internal::RpcMethod::NORMAL_RPC, channel_);
  }
}

void Wire::Send(Seat& seat, size_t method, const std::string& request) {
  const grpc::Slice slice(request.data(), request.size(), grpc::Slice::STATIC_SLICE);
  const grpc::ByteBuffer buffer(&slice, 1);
  seat.context.emplace();
  seat.sent = Clock::now();
  seat.reader.reset(grpc::internal::ClientAsyncResponseReaderHelper::Create<grpc::ByteBuffer>(
      channel_.get(), &queue_, methods_[method], &*seat.context, buffer));
  seat.reader->StartCall();
  seat.reader->Finish(&seat.response, &seat.status, &seat);
}

Seat* Wire::Next(Clock::time_point deadline) {
  void* tag = nullptr;
  bool ok = false;
  if (deadline == Clock::time_point::max()) {
    DAYBOOK_CHECK(queue_.Next(&tag, &ok));
  } else {
    // gRPC's deadlines are of the system's clock.
    const auto left = std::max(deadline - Clock::now(), Clock::duration::zero());
    const auto until = std::chrono::system_clock::now() + left;
    const auto next = queue_.AsyncNext(&tag, &ok, until);
    DAYBOOK_CHECK(next != grpc::CompletionQueue::SHUTDOWN);
    if (next == grpc::CompletionQueue::TIMEOUT) return nullptr;
  }
  Seat* const seat = static_cast<Seat*>(tag);
  seat->reader.reset();
  return seat;
}

std::string BytesOf(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string bytes;
  if (!buffer.Dump(&slices).ok()) return bytes;
  for (const grpc::Slice& slice : slices) {
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return bytes;
}

double Percentile(std::vector<float>& values, double share) {
  if (values.empty()) return 0;
  const auto nth = values.begin() + static_cast<int64_t>(share * (values.size() - 1));
  std::nth_element(values.begin(), nth, values.end());
  return *nth;
}

}  // namespace daybook::bench
