// One command on its way through the engine, and what becomes of it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/log/chain.h"
#include "daybook/book/v1/record.pb.h"
#include "google/protobuf/message.h"

namespace daybook::command {

struct Method;

// The part of a command that does not depend on where it came from (a unary call, an item of a
// batch, a simulation). Owned by the engine from Submit until Reply.
class Command {
 public:
  virtual ~Command() = default;

  // The request; lives as long as the command.
  virtual const google::protobuf::Message& request() const = 0;

  // Called exactly once, on the thread of the partition's worker: OK with the serialised response,
  // or why not. Must not block.
  virtual void Reply(const absl::Status& status, std::string response) = 0;

  const Method* method = nullptr;
  std::string stream_id;
  std::string request_id;
  log::Hash request_hash = {};
  std::optional<int64_t> expected_revision;
  bool validate_only = false;
  absl::Time deadline = absl::InfiniteFuture();
  std::string actor;
  std::string correlation_id;
  std::string causation_id;
  std::string trace_context;

  // Set before Reply: the answer is the first one again, of a request that had been recorded
  // before.
  bool already_recorded = false;

  // Written to a log at least once without a certain outcome. The engine's.
  bool in_doubt = false;
};

}  // namespace daybook::command
