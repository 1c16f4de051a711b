// What the log, its producers and its readers share.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "common/log/bell.h"
#include "common/log/embedded/directory_lock.h"
#include "common/log/embedded/embedded_log.h"
#include "common/log/embedded/records.h"
#include "common/log/embedded/tail_file.h"
#include "common/log/recent_records.h"

namespace daybook::log {

struct PartitionCore {
  absl::Mutex writing;           // held from giving out offsets until they are durable
  std::atomic<int64_t> end = 0;  // offsets below are durable
  RecentRecords recent;          // of those, and those being written; added to under `writing`
};

struct Core {
  EmbeddedOptions options;
  std::unique_ptr<DirectoryLock> lock = nullptr;  // null: read-only
  std::unique_ptr<TailFile> tail = nullptr;       // null: read-only
  std::unique_ptr<Records> records = nullptr;
  std::vector<PartitionCore> partitions = {};
  std::shared_ptr<Bell> bell = std::make_shared<Bell>();
  BatchBytes batch_bytes = {};

  bool writable() const { return lock != nullptr; }
  // Ends the process unless the directory is still where it was opened: RocksDB writes and removes
  // by path, and would do it to whatever stands there now.
  void ExpectOwnDirectory() const;
  std::string RecordsPath() const { return options.directory + "/records"; }
  std::string TailPath() const { return options.directory + "/tail"; }
};

std::unique_ptr<LogReader> NewEmbeddedReader(Core& core, int partition, int64_t from);
std::unique_ptr<LogProducer> NewEmbeddedProducer(Core& core, std::function<void()> wake);

}  // namespace daybook::log
