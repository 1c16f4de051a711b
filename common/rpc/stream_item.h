// One message of a stream, as its handler holds it. Private to common/rpc.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "common/rpc/stream.h"

namespace daybook::rpc {

// Its answers go through the seat, under the seat's mutex.
class StreamSeat::Item final : public StreamItem {
 public:
  // Of what the seat has read. Takes its `bytes` of the server's budget; without them, or when they
  // do not parse, there is a problem().
  Item(std::shared_ptr<StreamSeat> seat, uint64_t number, absl::Time deadline, int64_t bytes);
  ~Item() override;

  const google::protobuf::Message& message() const override { return *message_; }
  const absl::Status& problem() const override { return problem_; }
  absl::Time deadline() const override { return deadline_; }

  void Answer(std::string response) override;
  void SendNewest(std::string response) override;
  void EndStream(const absl::Status& status) override;
  void WhenOver(std::function<void()> callback) override;

 private:
  const std::shared_ptr<StreamSeat> seat_;
  const uint64_t number_;
  const absl::Time deadline_;
  const std::unique_ptr<google::protobuf::Message> message_;
  const Pool::Part budgeted_;
  absl::Status problem_;
  bool answered_ = false;
};

}  // namespace daybook::rpc
