#include "tests/bench/loader.h"

#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/rpc_method.h>
#include <grpcpp/support/async_unary_call.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <optional>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "tests/bench/child.h"

namespace daybook::bench {
namespace {

using Clock = std::chrono::steady_clock;

// One place in the window; used for one call after the other.
struct Seat {
  std::optional<grpc::ClientContext> context;
  std::unique_ptr<grpc::ClientAsyncResponseReader<grpc::ByteBuffer>> reader;
  grpc::ByteBuffer response;
  grpc::Status status;
  size_t request = 0;
  Clock::time_point sent;
};

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

}  // namespace

class Loader::Impl {
 public:
  explicit Impl(std::string_view address) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetMaxReceiveMessageSize(64 << 20);
    channel_ = grpc::CreateCustomChannel(std::string(address), grpc::InsecureChannelCredentials(),
                                         arguments);
  }

  absl::StatusOr<LoadResult> Run(const Load& load) {
    load_ = &load;
    methods_.clear();
    // Methods keep a pointer to their name: `load` outlives them.
    for (const std::string& path : load.paths) AddMethod(path);
    if (load.paths.empty()) AddMethod(load.path);

    const Clock::time_point begin = Clock::now() + absl::ToChronoNanoseconds(load.warm_up);
    const Clock::time_point end = begin + absl::ToChronoNanoseconds(load.duration);
    std::deque<Seat> seats(static_cast<size_t>(load.in_flight));
    std::vector<float> latencies_us;
    latencies_us.reserve(1 << 16);
    absl::Status failure;
    size_t under_way = 0;
    uint64_t calls = 0;
    bool used_up = false;
    for (Seat& seat : seats) {
      if (Send(seat)) ++under_way;
    }
    Clock::time_point now = Clock::now();
    uint64_t all_calls = 0;
    const double cpu = OwnCpuSeconds();
    while (under_way > 0) {
      void* tag = nullptr;
      bool ok = false;
      DAYBOOK_CHECK(queue_.Next(&tag, &ok));
      Seat& seat = *static_cast<Seat*>(tag);
      --under_way;
      ++all_calls;
      now = Clock::now();
      if (failure.ok()) failure = Look(seat);
      if (now >= begin && now < end) {
        ++calls;
        latencies_us.push_back(std::chrono::duration<float, std::micro>(now - seat.sent).count());
      }
      if (!failure.ok() || now >= end) continue;
      if (Send(seat)) {
        ++under_way;
      } else {
        used_up = true;
      }
    }
    RETURN_IF_ERROR(failure);
    if (used_up && now < end)
      return absl::OutOfRangeError("too few requests were made for the run");
    LoadResult result;
    result.calls = calls;
    result.seconds = absl::ToDoubleSeconds(load.duration);
    result.all_calls = all_calls;
    result.loader_cpu_us =
        (OwnCpuSeconds() - cpu) * 1e6 / static_cast<double>(std::max<uint64_t>(1, all_calls));
    result.p50_us = Percentile(latencies_us, 0.50);
    result.p99_us = Percentile(latencies_us, 0.99);
    return result;
  }

 private:
  void AddMethod(const std::string& path) {
    methods_.emplace_back(path.c_str(), grpc::internal::RpcMethod::NORMAL_RPC, channel_);
  }

  // False: there is no request left.
  bool Send(Seat& seat) {
    const std::vector<std::string>& requests = *load_->requests;
    size_t& cursor = *load_->cursor;
    if (cursor >= requests.size()) {
      if (load_->once) return false;
      cursor = 0;
    }
    seat.request = cursor++;
    const std::string& bytes = requests[seat.request];
    const grpc::Slice slice(bytes.data(), bytes.size(), grpc::Slice::STATIC_SLICE);
    const grpc::ByteBuffer buffer(&slice, 1);
    seat.context.emplace();
    const size_t method =
        load_->path_index ? static_cast<size_t>(load_->path_index(seat.request)) : 0;
    seat.sent = Clock::now();
    seat.reader.reset(grpc::internal::ClientAsyncResponseReaderHelper::Create<grpc::ByteBuffer>(
        channel_.get(), &queue_, methods_[method], &*seat.context, buffer));
    seat.reader->StartCall();
    seat.reader->Finish(&seat.response, &seat.status, &seat);
    return true;
  }

  absl::Status Look(Seat& seat) {
    seat.reader.reset();
    if (!seat.status.ok()) {
      return absl::Status(static_cast<absl::StatusCode>(seat.status.error_code()),
                          seat.status.error_message());
    }
    absl::Status status;
    if (load_->check && seat.request % load_->check_every == 0) {
      status = load_->check(seat.request, BytesOf(seat.response));
    }
    seat.response.Clear();
    return status;
  }

  std::shared_ptr<grpc::Channel> channel_;
  grpc::CompletionQueue queue_;
  const Load* load_ = nullptr;
  std::deque<grpc::internal::RpcMethod> methods_;
};

Loader::Loader(std::string_view address) : impl_(std::make_unique<Impl>(address)) {}
Loader::~Loader() = default;

absl::StatusOr<LoadResult> Loader::Run(const Load& load) { return impl_->Run(load); }

}  // namespace daybook::bench
