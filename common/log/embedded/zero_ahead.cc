#include "common/log/embedded/zero_ahead.h"

#include <algorithm>
#include <string>
#include <utility>

namespace daybook::log {
namespace {

using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

// A file grows by as much as it has, within these bounds: small logs stay small.
constexpr uint64_t kLeastPiece = 64 << 10;
constexpr uint64_t kMostPiece = 2 << 20;

// Zeros to write. A string of them would be fresh memory each time, and paid for page by page.
constexpr size_t kZeros = 256 << 10;
const char zeros[kZeros] = {};

class ZeroAheadFile : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  explicit ZeroAheadFile(std::unique_ptr<rocksdb::FSWritableFile> file)
      : FSWritableFileOwnerWrapper(std::move(file)) {}

  IOStatus Append(const Slice& data, const IOOptions& o, IODebugContext* d) override {
    const IOStatus zeroed = ZeroFor(data.size(), o, d);
    if (!zeroed.ok()) return zeroed;
    const IOStatus written = target()->PositionedAppend(data, size_, o, d);
    if (written.ok()) size_ += data.size();
    return written;
  }
  IOStatus Append(const Slice& data, const IOOptions& o, const rocksdb::DataVerificationInfo&,
                  IODebugContext* d) override {
    return Append(data, o, d);
  }
  IOStatus Truncate(uint64_t size, const IOOptions& o, IODebugContext* d) override {
    const IOStatus cut = target()->Truncate(size, o, d);
    if (cut.ok()) size_ = zeroed_ = size;
    return cut;
  }
  IOStatus Close(const IOOptions& o, IODebugContext* d) override {
    if (zeroed_ > size_) {
      // Not cut is only longer.
      target()->Truncate(size_, o, d).PermitUncheckedError();
    }
    return target()->Close(o, d);
  }
  uint64_t GetFileSize(const IOOptions&, IODebugContext*) override { return size_; }

 private:
  IOStatus ZeroFor(size_t bytes, const IOOptions& o, IODebugContext* d) {
    if (size_ + bytes <= zeroed_) return IOStatus::OK();
    const uint64_t end = size_ + bytes + std::clamp(size_, kLeastPiece, kMostPiece);
    while (zeroed_ < end) {
      const Slice piece(zeros, std::min<uint64_t>(end - zeroed_, kZeros));
      const IOStatus written = target()->PositionedAppend(piece, zeroed_, o, d);
      if (!written.ok()) return written;
      zeroed_ += piece.size();
    }
    return IOStatus::OK();
  }

  uint64_t size_ = 0;    // appended
  uint64_t zeroed_ = 0;  // of the file; from size_ on zeros
};

class ZeroAheadFileSystem : public rocksdb::FileSystemWrapper {
 public:
  using FileSystemWrapper::FileSystemWrapper;
  const char* Name() const override { return "ZeroAheadFileSystem"; }

  IOStatus NewWritableFile(const std::string& path, const FileOptions& o,
                           std::unique_ptr<rocksdb::FSWritableFile>* file,
                           IODebugContext* d) override {
    const IOStatus s = FileSystemWrapper::NewWritableFile(path, o, file, d);
    if (s.ok() && Slice(path).ends_with(".log")) {
      *file = std::make_unique<ZeroAheadFile>(std::move(*file));
    }
    return s;
  }
};

}  // namespace

std::shared_ptr<rocksdb::FileSystem> NewZeroAheadFileSystem(
    std::shared_ptr<rocksdb::FileSystem> base) {
  return std::make_shared<ZeroAheadFileSystem>(std::move(base));
}

}  // namespace daybook::log
