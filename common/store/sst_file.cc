#include "common/store/sst_file.h"

#include <rocksdb/db.h>
#include <rocksdb/sst_file_writer.h>
#include <unistd.h>

#include <mutex>

#include "common/base/status.h"
#include "common/store/fault_point.h"
#include "common/store/files.h"

namespace daybook::store {

absl::Status IngestFile(Store::Db& db, int partition, const log::Position& at,
                        const std::string& log_id, const FillFile& fill) {
  RETURN_IF_ERROR(db.failure->status());
  RETURN_IF_ERROR(db.CheckRoom());
  const std::string path = IngestPath(db.options.directory, partition);
  const rocksdb::Options& options = db.rocks_options;
  rocksdb::SstFileWriter writer(rocksdb::EnvOptions(options), options, nullptr, true,
                                rocksdb::Env::IO_LOW);
  absl::Status status = FromRocks(writer.Open(path), "writing", path);
  const auto check = [&](const rocksdb::Status& put) {
    if (status.ok()) status = FromRocks(put, "writing", path);
  };
  const auto put_companion = [&](std::string_view name, const std::string& value) {
    check(writer.Put(FullKey(partition, kEngineTable, name).slice(), value));
  };
  if (!log_id.empty()) put_companion(kLogIdKey, log_id);
  put_companion(kPositionKey, log::ToProto(at).SerializeAsString());
  std::string key = ShardPrefix(partition);
  fill([&](std::string_view row_key, const std::string_view* value) {
    if (!status.ok()) return;
    key.resize(2);
    key.append(row_key);
    check(value == nullptr ? writer.Delete(key) : writer.Put(key, SliceOf(*value)));
  });
  check(writer.Finish());
  if (!status.ok()) {
    // Half a file would keep room from the disk that it was too large for.
    ::unlink(path.c_str());
    return status;
  }
  FaultPoint("store.before_ingest");
  rocksdb::IngestExternalFileOptions ingest;
  ingest.move_files = true;
  ingest.write_global_seqno = false;
  const std::lock_guard lock(db.ingest);
  return db.Checked(db.rocks->IngestExternalFile({path}, ingest), "writing");
}

}  // namespace daybook::store
