#include "common/store/files.h"

#include <rocksdb/env.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/store/fault_point.h"

namespace daybook::store {
namespace {

namespace fs = std::filesystem;

using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

constexpr std::string_view kIngest = "ingest-";
constexpr char kTrial[] = "trial";

IOStatus ErrnoStatus(std::string_view doing, const std::string& path) {
  const std::string context =
      absl::StrCat(absl::string_view(doing.data(), doing.size()), " ", path);
  return errno == ENOSPC ? IOStatus::NoSpace(context, std::strerror(errno))
                         : IOStatus::IOError(context, std::strerror(errno));
}

IOStatus Ask(const FileFault& fault, std::string_view operation, const std::string& path) {
  if (fault == nullptr) return IOStatus::OK();
  const absl::Status s = fault(operation, path);
  if (s.ok()) return IOStatus::OK();
  const std::string message(s.message());
  return absl::IsResourceExhausted(s) ? IOStatus::NoSpace(path, message)
                                      : IOStatus::IOError(path, message);
}

// What follows is for tests alone: files that fail.

class FaultyWritable : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  FaultyWritable(std::unique_ptr<rocksdb::FSWritableFile> file, std::string path,
                 const FileFault& fault)
      : FSWritableFileOwnerWrapper(std::move(file)), path_(std::move(path)), fault_(fault) {}

  IOStatus Append(const Slice& data, const IOOptions& o, IODebugContext* d) override {
    const IOStatus s = Ask(fault_, "append", path_);
    return s.ok() ? FSWritableFileOwnerWrapper::Append(data, o, d) : s;
  }
  IOStatus Append(const Slice& data, const IOOptions& o, const rocksdb::DataVerificationInfo& v,
                  IODebugContext* d) override {
    const IOStatus s = Ask(fault_, "append", path_);
    return s.ok() ? FSWritableFileOwnerWrapper::Append(data, o, v, d) : s;
  }
  IOStatus Sync(const IOOptions& o, IODebugContext* d) override {
    const IOStatus s = Ask(fault_, "sync", path_);
    return s.ok() ? FSWritableFileOwnerWrapper::Sync(o, d) : s;
  }
  IOStatus Fsync(const IOOptions& o, IODebugContext* d) override {
    const IOStatus s = Ask(fault_, "sync", path_);
    return s.ok() ? FSWritableFileOwnerWrapper::Fsync(o, d) : s;
  }

 private:
  const std::string path_;
  const FileFault& fault_;
};

class FaultyReadable : public rocksdb::FSRandomAccessFileOwnerWrapper {
 public:
  FaultyReadable(std::unique_ptr<rocksdb::FSRandomAccessFile> file, std::string path,
                 const FileFault& fault)
      : FSRandomAccessFileOwnerWrapper(std::move(file)), path_(std::move(path)), fault_(fault) {}

  IOStatus Read(uint64_t at, size_t n, const IOOptions& o, Slice* result, char* scratch,
                IODebugContext* d) const override {
    const IOStatus s = Ask(fault_, "read", path_);
    return s.ok() ? FSRandomAccessFileOwnerWrapper::Read(at, n, o, result, scratch, d) : s;
  }

 private:
  const std::string path_;
  const FileFault& fault_;
};

class FaultySequential : public rocksdb::FSSequentialFileOwnerWrapper {
 public:
  FaultySequential(std::unique_ptr<rocksdb::FSSequentialFile> file, std::string path,
                   const FileFault& fault)
      : FSSequentialFileOwnerWrapper(std::move(file)), path_(std::move(path)), fault_(fault) {}

  IOStatus Read(size_t n, const IOOptions& o, Slice* result, char* scratch,
                IODebugContext* d) override {
    const IOStatus s = Ask(fault_, "read", path_);
    return s.ok() ? FSSequentialFileOwnerWrapper::Read(n, o, result, scratch, d) : s;
  }

 private:
  const std::string path_;
  const FileFault& fault_;
};

class FaultyDirectory : public rocksdb::FSDirectoryWrapper {
 public:
  FaultyDirectory(std::unique_ptr<rocksdb::FSDirectory> directory, std::string path,
                  const FileFault& fault)
      : FSDirectoryWrapper(std::move(directory)), path_(std::move(path)), fault_(fault) {}

  IOStatus Fsync(const IOOptions& o, IODebugContext* d) override {
    const IOStatus s = Ask(fault_, "sync", path_);
    return s.ok() ? FSDirectoryWrapper::Fsync(o, d) : s;
  }
  IOStatus FsyncWithDirOptions(const IOOptions& o, IODebugContext* d,
                               const rocksdb::DirFsyncOptions& options) override {
    const IOStatus s = Ask(fault_, "sync", path_);
    return s.ok() ? FSDirectoryWrapper::FsyncWithDirOptions(o, d, options) : s;
  }

 private:
  const std::string path_;
  const FileFault& fault_;
};

class StoreFileSystem : public rocksdb::FileSystemWrapper {
 public:
  explicit StoreFileSystem(FileFault fault)
      : FileSystemWrapper(rocksdb::FileSystem::Default()), fault_(std::move(fault)) {}

  const char* Name() const override { return "StoreFileSystem"; }

  IOStatus NewWritableFile(const std::string& path, const FileOptions& o,
                           std::unique_ptr<rocksdb::FSWritableFile>* file,
                           IODebugContext* d) override {
    IOStatus s = Ask(fault_, "make", path);
    if (!s.ok()) return s;
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return ErrnoStatus("replacing", path);
    s = FileSystemWrapper::NewWritableFile(path, o, file, d);
    if (s.ok() && fault_ != nullptr) {
      *file = std::make_unique<FaultyWritable>(std::move(*file), path, fault_);
    }
    return s;
  }

  IOStatus NewRandomRWFile(const std::string& path, const FileOptions&,
                           std::unique_ptr<rocksdb::FSRandomRWFile>*, IODebugContext*) override {
    return IOStatus::NotSupported("files are written once", path);
  }

  IOStatus ReuseWritableFile(const std::string& path, const std::string&, const FileOptions&,
                             std::unique_ptr<rocksdb::FSWritableFile>*, IODebugContext*) override {
    return IOStatus::NotSupported("files are written once", path);
  }

  // RocksDB links nothing but what is ingested.
  IOStatus LinkFile(const std::string& from, const std::string& to, const IOOptions& o,
                    IODebugContext* d) override {
    if (!IsIngestPath(from)) return IOStatus::NotSupported("a table has one name", from);
    IOStatus s = Ask(fault_, "make", to);
    if (!s.ok()) return s;
    if (::access(to.c_str(), F_OK) == 0) return IOStatus::IOError(to, "is there already");
    return FileSystemWrapper::RenameFile(from, to, o, d);
  }

  // The first name of what was ingested is gone by then.
  IOStatus DeleteFile(const std::string& path, const IOOptions& o, IODebugContext* d) override {
    if (IsIngestPath(path)) {
      FaultPoint("store.after_commit");
      return ::unlink(path.c_str()) == 0 || errno == ENOENT ? IOStatus::OK()
                                                            : ErrnoStatus("removing", path);
    }
    const IOStatus s = Ask(fault_, "remove", path);
    return s.ok() ? FileSystemWrapper::DeleteFile(path, o, d) : s;
  }

  IOStatus RenameFile(const std::string& from, const std::string& to, const IOOptions& o,
                      IODebugContext* d) override {
    const IOStatus s = Ask(fault_, "make", to);
    return s.ok() ? FileSystemWrapper::RenameFile(from, to, o, d) : s;
  }

  IOStatus NewRandomAccessFile(const std::string& path, const FileOptions& o,
                               std::unique_ptr<rocksdb::FSRandomAccessFile>* file,
                               IODebugContext* d) override {
    IOStatus s = Ask(fault_, "open", path);
    if (s.ok()) s = FileSystemWrapper::NewRandomAccessFile(path, o, file, d);
    if (s.ok() && fault_ != nullptr) {
      *file = std::make_unique<FaultyReadable>(std::move(*file), path, fault_);
    }
    return s;
  }

  IOStatus NewSequentialFile(const std::string& path, const FileOptions& o,
                             std::unique_ptr<rocksdb::FSSequentialFile>* file,
                             IODebugContext* d) override {
    IOStatus s = Ask(fault_, "open", path);
    if (s.ok()) s = FileSystemWrapper::NewSequentialFile(path, o, file, d);
    if (s.ok() && fault_ != nullptr) {
      *file = std::make_unique<FaultySequential>(std::move(*file), path, fault_);
    }
    return s;
  }

  IOStatus GetChildren(const std::string& path, const IOOptions& o, std::vector<std::string>* names,
                       IODebugContext* d) override {
    const IOStatus s = Ask(fault_, "list", path);
    return s.ok() ? FileSystemWrapper::GetChildren(path, o, names, d) : s;
  }

  IOStatus GetFileSize(const std::string& path, const IOOptions& o, uint64_t* size,
                       IODebugContext* d) override {
    const IOStatus s = Ask(fault_, "size", path);
    return s.ok() ? FileSystemWrapper::GetFileSize(path, o, size, d) : s;
  }

  IOStatus NewDirectory(const std::string& path, const IOOptions& o,
                        std::unique_ptr<rocksdb::FSDirectory>* directory,
                        IODebugContext* d) override {
    IOStatus s = Ask(fault_, "open", path);
    if (s.ok()) s = FileSystemWrapper::NewDirectory(path, o, directory, d);
    if (s.ok() && fault_ != nullptr) {
      *directory = std::make_unique<FaultyDirectory>(std::move(*directory), path, fault_);
    }
    return s;
  }

 private:
  const FileFault fault_;
};

}  // namespace

std::string IngestPath(const std::string& directory, int partition) {
  return absl::StrCat(directory, "/", absl::string_view(kIngest.data(), kIngest.size()), partition,
                      ".sst");
}

std::string TrialPath(const std::string& directory) { return directory + "/" + kTrial; }

bool IsIngestPath(std::string_view path) {
  return path.substr(path.rfind('/') + 1).starts_with(kIngest);
}

std::shared_ptr<rocksdb::FileSystem> NewStoreFileSystem(const FileFault& fault) {
  return std::make_shared<StoreFileSystem>(fault);
}

void RemoveLeftOver(const std::string& directory) {
  std::error_code error;
  std::vector<fs::path> logs;
  for (auto at = fs::directory_iterator(directory, error); !error && at != fs::directory_iterator();
       at.increment(error)) {
    const std::string name = at->path().filename();
    if (IsIngestPath(name) || name == kTrial || name == "LOG" || name.rfind("LOG.old.", 0) == 0) {
      ::unlink(at->path().c_str());
    }
    if (at->path().extension() == ".log") logs.push_back(at->path());
  }
  // The newest is the one of this opening. Names are numbers of one width until there are millions.
  const auto number = [](const fs::path& log) { return log.stem().string(); };
  std::sort(logs.begin(), logs.end(), [&](const fs::path& a, const fs::path& b) {
    return std::pair(number(a).size(), number(a)) < std::pair(number(b).size(), number(b));
  });
  for (size_t i = 0; i + 1 < logs.size(); ++i) {
    if (fs::file_size(logs[i], error) == 0 && !error) ::unlink(logs[i].c_str());
  }
}

}  // namespace daybook::store
