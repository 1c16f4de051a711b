// Streams on completion queues. Private to common/rpc (gRPC types). What a stream promises stands
// in server.h.
//
// Operation. A StreamSeat waits for one call of a streaming rpc, serves it and goes; streams are
// few and long, so seats are not used again. At most one read and one write are with gRPC at a
// time; Advance, called after whatever happened, starts what is due: a read while the window has
// room, the next write, the end. While more results wait, a write says so and gRPC gathers them
// into one packet.
//
// The window counts messages from when they were read until their item is gone and its answer has
// left, so that neither a slow engine nor a slow reader makes memory grow. Answers that have not
// left take bytes of the server's pool of them beyond 64 KiB a stream; a stream for which there are
// none left, or whose caller takes no answer for as long as a call's may wait, ends OVERLOADED.
//
// Concurrency. What gRPC reports and the sweep come on the queue's thread, and so do all calls of
// the handler, one at a time; answers come from any. One mutex a seat, never held in foreign code
// other than gRPC's starting of an operation.
//
// Life. The seat is kept by its method's seats while gRPC will still report on it, and by its
// items.
#pragma once

#include <grpcpp/grpcpp.h>
#include <grpcpp/support/async_stream.h>

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "common/rpc/queue.h"

namespace daybook::rpc {

std::unique_ptr<Seats> NewStreamSeats(Shared& shared, CallQueue& queue, Method& method);

class StreamSeats;  // stream.cc

class StreamSeat final : public Caller, public std::enable_shared_from_this<StreamSeat> {
 public:
  StreamSeat(StreamSeats& seats, Shared& shared, CallQueue& queue, Method& method);
  ~StreamSeat() override;

  // Waits for a call.
  void Post();

  // As Seats::Sweep, of this one.
  std::optional<absl::Time> Sweep(absl::Time now);

  // Reads no more; ends so when everything read is answered.
  void End(const absl::Status& status);

  const google::protobuf::MethodDescriptor& method() const override { return method_.descriptor; }
  absl::Time deadline() const override { return deadline_; }
  std::string_view metadata(std::string_view key) const override;
  std::string actor() const override;
  void SetDeadlineStatus(absl::Status status) override { deadline_status_ = std::move(status); }

 private:
  class Item;
  friend class Item;

  // A response that has not left.
  struct Out {
    grpc::ByteBuffer bytes;
    uint64_t item = 0;    // which may still replace it; 0: none
    bool answer = false;  // takes a place in the window
  };
  // A message read and not answered, in the order of reading.
  struct Due {
    absl::Time deadline;
    bool answered = false;
  };

  void OnArrived(bool ok);
  void OnRead(bool ok);
  void OnWritten(bool ok);
  void OnFinished(bool ok);
  void OnDone(bool ok);
  template <void (StreamSeat::*on)(bool)>
  static void Call(void* owner, bool ok);

  // Under the mutex.
  void Advance();
  void Abort(const absl::Status& status);
  void DropUnsent();
  void Keep(Out out);   // until it can leave; then EndIfTooMuch
  bool HoldUnsent();    // takes from the pool what `out_` needs, gives back the rest
  void EndIfTooMuch();  // for what HoldUnsent can have
  void LookForStandstill(absl::Time now);
  void Answered(uint64_t number);
  void Expect();  // one more report of gRPC
  size_t Window() const;

  StreamSeats& seats_;
  Method& method_;
  CallQueue& queue_;
  const std::shared_ptr<Shared> shared_;
  grpc::ServerContext context_;
  grpc::ServerAsyncReaderWriter<grpc::ByteBuffer, grpc::ByteBuffer> rpc_{&context_};
  grpc::ByteBuffer payload_;
  absl::Time started_;
  absl::Time deadline_ = absl::InfiniteFuture();
  absl::Time stop_reading_at_ = absl::InfiniteFuture();
  absl::Status deadline_status_;
  ItemHandler handler_;  // of the queue's thread
  Pool::Part seat_;      // of the queue's thread
  Pool::Part connection_seat_;
  std::string caller_;  // as pools know it; set before the stream is open

  mutable std::mutex mutex_;
  bool open_ = false;                // a call is there and not over
  bool reading_ = false;             // with gRPC
  bool writing_ = false;             // with gRPC
  bool finishing_ = false;           // Finish was called
  bool half_closed_ = false;         // the caller sends no more
  bool aborted_ = false;             // does not wait for items
  std::optional<absl::Status> end_;  // reads no more, ends so
  size_t held_ = 0;                  // places of the window that are taken
  std::deque<Out> out_;              // front: with gRPC, if writing_
  size_t out_bytes_ = 0;             // in out_
  std::vector<Pool::Part> unsent_;   // of the pool
  uint64_t written_count_ = 0;       // answers that have left
  uint64_t looked_at_count_ = ~0u;   // the same when a sweep looked; none yet
  absl::Time looked_at_;
  std::deque<Due> due_;
  uint64_t first_due_ = 1;  // number of due_.front()
  std::vector<std::function<void()>> when_over_;
  int expected_ = 0;  // reports of gRPC to come

  Event arrived_{&Call<&StreamSeat::OnArrived>, this};
  Event read_{&Call<&StreamSeat::OnRead>, this};
  Event written_{&Call<&StreamSeat::OnWritten>, this};
  Event finished_{&Call<&StreamSeat::OnFinished>, this};
  Event done_{&Call<&StreamSeat::OnDone>, this};
};

}  // namespace daybook::rpc
