#include "common/log/embedded/faulty_files.h"

namespace daybook::log {
namespace {

using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

class FaultyFile : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  FaultyFile(std::unique_ptr<rocksdb::FSWritableFile> file, std::string path, const Fault& fault)
      : FSWritableFileOwnerWrapper(std::move(file)), path_(std::move(path)), fault_(fault) {}

  IOStatus Append(const Slice& data, const IOOptions& o, IODebugContext* d) override {
    const IOStatus s = Ask("append");
    return s.ok() ? FSWritableFileOwnerWrapper::Append(data, o, d) : s;
  }
  IOStatus Append(const Slice& data, const IOOptions& o, const rocksdb::DataVerificationInfo& v,
                  IODebugContext* d) override {
    const IOStatus s = Ask("append");
    return s.ok() ? FSWritableFileOwnerWrapper::Append(data, o, v, d) : s;
  }
  IOStatus PositionedAppend(const Slice& data, uint64_t at, const IOOptions& o,
                            IODebugContext* d) override {
    const IOStatus s = Ask("append");
    return s.ok() ? FSWritableFileOwnerWrapper::PositionedAppend(data, at, o, d) : s;
  }
  IOStatus Sync(const IOOptions& o, IODebugContext* d) override {
    const IOStatus s = Ask("sync");
    return s.ok() ? FSWritableFileOwnerWrapper::Sync(o, d) : s;
  }
  IOStatus Fsync(const IOOptions& o, IODebugContext* d) override {
    const IOStatus s = Ask("sync");
    return s.ok() ? FSWritableFileOwnerWrapper::Fsync(o, d) : s;
  }

 private:
  IOStatus Ask(std::string_view operation) {
    const absl::Status s = fault_(operation, path_);
    if (s.ok()) return IOStatus::OK();
    const std::string message(s.message());
    return absl::IsResourceExhausted(s) ? IOStatus::NoSpace(message) : IOStatus::IOError(message);
  }

  const std::string path_;
  const Fault& fault_;
};

class FaultyFileSystem : public rocksdb::FileSystemWrapper {
 public:
  explicit FaultyFileSystem(Fault fault)
      : FileSystemWrapper(rocksdb::FileSystem::Default()), fault_(std::move(fault)) {}

  const char* Name() const override { return "FaultyFileSystem"; }

  IOStatus NewWritableFile(const std::string& path, const FileOptions& o,
                           std::unique_ptr<rocksdb::FSWritableFile>* file,
                           IODebugContext* d) override {
    const IOStatus s = FileSystemWrapper::NewWritableFile(path, o, file, d);
    if (s.ok()) *file = std::make_unique<FaultyFile>(std::move(*file), path, fault_);
    return s;
  }

 private:
  const Fault fault_;
};

}  // namespace

std::shared_ptr<rocksdb::FileSystem> NewFaultyFileSystem(Fault fault) {
  return std::make_shared<FaultyFileSystem>(std::move(fault));
}

}  // namespace daybook::log
