// One read model and its store, through the store's lives: opened, read along with, found broken,
// closed, opened again or set aside and made anew from the log, while everything else goes on.
//
//   serving ──the store fails──▶ leaving ──queries have ended──▶ closed ──opened──▶ serving
//
// A store that fails while it is open is closed and opened again with all of its blocks checked: an
// I/O error may have passed, and what is on disk may be whole. One that is damaged, or of another
// version of the fold, is renamed to `<name>.aside` (what was there before goes) and an empty one
// takes its place; the feeds fold it from the beginning. What cannot even be opened is tried again.
// Damaged is also what a query finds to be so; that is believed once, for the query may be wrong.
//
// Concurrency: Open and Tend from one thread at a time; the rest from any.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/log/event_log.h"
#include "common/projection/feed.h"
#include "common/projection/projection.h"
#include "common/projection/runner.h"
#include "common/store/store.h"

namespace daybook::projection {

struct ModelOptions {
  std::string directory = {};  // that of ModelsOptions
  std::shared_ptr<store::Memory> memory = {};
  RunnerLimits limits = {};
  bool mend = true;  // see ModelsOptions
  std::function<void(std::string_view)> say = [](std::string_view) {};
  store::FileFault fault = {};
};

class Model {
 public:
  // `place`: its number in the feeds. Everything must outlive the model, the feeds' threads end
  // before it.
  Model(log::EventLog& log, const ProjectionInfo& projection, size_t place, ModelOptions options);
  ~Model();

  // Opens the store and attaches a runner to each feed, one a partition, in order. Not OK: the
  // process should not start, for the model belongs to another log or another process, or may not
  // be mended. OK: it serves, or condition() says why it does not yet.
  absl::Status Open(const std::vector<std::unique_ptr<Feed>>& feeds, absl::Time now);
  // A query has found rows that cannot be. Any thread.
  void Condemn(const absl::Status& why);
  // Sees to a store that has failed. To be called a few times a second; may take as long as
  // opening.
  void Tend(absl::Time now);

  const ProjectionInfo& projection() const { return projection_; }
  // Why queries are refused, as they are told; OK: there is a store.
  absl::Status condition() const;
  // Why it is being made anew, until it is whole again; else empty.
  std::string cause() const;

  struct Figures {
    uint64_t failures = 0;   // of stores that were open
    uint64_t set_aside = 0;  // stores
  };
  Figures figures() const;

 private:
  absl::Status OpenStore(bool check_all, bool* useless);
  absl::Status OpenOrBeginAnew(bool check_all);
  absl::Status SetAside(const absl::Status& why);
  absl::Status SetAsideIfCondemned();
  void Attach();
  absl::Status Broken() const;
  void Leave(const absl::Status& why, absl::Time now);
  bool Close();
  void TryToOpen(absl::Time now);
  void SetCondition(const absl::Status& condition);
  absl::Status Named(const absl::Status& status) const;

  log::EventLog& log_;
  const ProjectionInfo& projection_;
  const size_t place_;
  const ModelOptions options_;
  std::vector<Feed*> feeds_;

  std::unique_ptr<store::Store> store_;
  std::vector<std::shared_ptr<Runner>> runners_;  // one a partition; gone before the store
  bool leaving_ = false;
  absl::Time opened_at_ = absl::InfinitePast();
  absl::Time try_at_ = absl::InfinitePast();
  absl::Duration delay_ = absl::ZeroDuration();

  mutable std::mutex mutex_;  // of what follows
  absl::Status condition_;
  std::string cause_;
  Figures figures_;
  absl::Status condemned_;  // not OK: the store is to be set aside, whatever it says of itself
  bool believed_ = false;   // a query, once
};

}  // namespace daybook::projection
