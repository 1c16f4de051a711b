#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/log/embedded/big_endian.h"
#include "common/log/embedded/core.h"

namespace daybook::log {
namespace {

// A batch ends at this size, however many records were asked for.
constexpr size_t kBatchBytes = 16 << 20;

class EmbeddedReader : public LogReader {
 public:
  EmbeddedReader(Core& core, int partition, int64_t from)
      : core_(core), partition_(partition), next_(from) {
    AppendPlace(partition + 1, 0, &upper_);
    upper_slice_ = upper_;
  }

  absl::StatusOr<Batch> Read(size_t max, absl::Duration wait) override {
    const std::atomic<int64_t>& durable = core_.partitions[static_cast<size_t>(partition_)].end;
    if (next_ < 0 || next_ > durable) {
      return absl::OutOfRangeError(absl::StrCat("partition ", partition_, ": offset ", next_,
                                                " is outside of the log, which ends at ",
                                                durable.load()));
    }
    if (next_ == durable && wait > absl::ZeroDuration()) {
      core_.bell->Await([&] { return next_ < durable; }, wait);
    }
    const int64_t end = durable;
    Batch batch;
    if (next_ < end && max > 0)
      RETURN_IF_ERROR(Fill(std::min<int64_t>(end, Add(next_, max)), &batch));
    batch.next_offset = next_;
    batch.end = next_ == end;
    // An iterator pins the tables and memory of its snapshot; whoever idles should not.
    if (batch.end) iterator_.reset();
    return batch;
  }

 private:
  static int64_t Add(int64_t offset, size_t max) {
    return offset + static_cast<int64_t>(std::min<size_t>(max, size_t{1} << 40));
  }

  absl::Status Fill(int64_t until, Batch* batch) {
    const std::shared_ptr<std::string> bytes = core_.batch_bytes.Take();
    std::vector<RecentRecords::Extent> extents;
    extents.reserve(std::min<size_t>(static_cast<size_t>(until - next_), 1 << 14));
    const int64_t first = next_;
    const RecentRecords& recent = core_.partitions[static_cast<size_t>(partition_)].recent;
    if (recent.Read(first, until, kBatchBytes, bytes.get(), &extents)) {
      next_ = first + static_cast<int64_t>(extents.size());
      iterator_.reset();  // it stands where it was
    } else {
      RETURN_IF_ERROR(FillFromTables(until, bytes.get(), &extents));
    }
    ToBatch(first, bytes, extents, batch);
    return absl::OkStatus();
  }

  absl::Status FillFromTables(int64_t until, std::string* bytes,
                              std::vector<RecentRecords::Extent>* extents) {
    RETURN_IF_ERROR(Position());
    for (; next_ < until && bytes->size() < kBatchBytes; ++next_, iterator_->Next()) {
      RETURN_IF_ERROR(CheckPlace());
      const rocksdb::Slice key = iterator_->key();
      const rocksdb::Slice value = iterator_->value();
      bytes->append(key.data() + kPlaceBytes, key.size() - kPlaceBytes);
      bytes->append(value.data(), value.size());
      extents->push_back({key.size() - kPlaceBytes, value.size()});
    }
    return absl::OkStatus();
  }

  // Puts the iterator at next_, which is durable.
  absl::Status Position() {
    if (iterator_ && iterator_->Valid()) return absl::OkStatus();
    std::string place;
    AppendPlace(partition_, next_, &place);
    rocksdb::ReadOptions options;
    options.iterate_upper_bound = &upper_slice_;
    options.fill_cache = false;
    options.readahead_size = 0;  // RocksDB grows it by itself when reads turn out sequential
    options.adaptive_readahead = true;
    iterator_.reset(core_.records->db().NewIterator(options));
    iterator_->Seek(place);
    return absl::OkStatus();
  }

  // The iterator must stand at next_: durable offsets are dense. An iterator that reached the end
  // of its snapshot is renewed once.
  absl::Status CheckPlace() {
    if (!iterator_->Valid() && iterator_->status().ok()) {
      iterator_.reset();
      RETURN_IF_ERROR(Position());
    }
    if (!iterator_->status().ok()) {
      return FromRocks(iterator_->status(),
                       absl::StrCat("reading ", core_.RecordsPath(), ", partition ", partition_,
                                    ", offset ", next_));
    }
    if (!iterator_->Valid()) return Missing("nothing");
    const rocksdb::Slice key = iterator_->key();
    if (key.size() < kPlaceBytes) return Missing("a key that is none");
    const auto offset = LoadBigEndian<int64_t>(key.data() + 4);
    if (offset != next_) return Missing(absl::StrCat("offset ", offset));
    return absl::OkStatus();
  }

  absl::Status Missing(std::string_view instead) {
    return absl::DataLossError(absl::StrCat(core_.RecordsPath(), ": partition ", partition_,
                                            ", offset ", next_, " is missing; in its place stands ",
                                            std::string(instead)));
  }

  Core& core_;
  const int partition_;
  int64_t next_;
  std::string upper_;
  rocksdb::Slice upper_slice_;
  std::unique_ptr<rocksdb::Iterator> iterator_;
};

}  // namespace

std::unique_ptr<LogReader> NewEmbeddedReader(Core& core, int partition, int64_t from) {
  return std::make_unique<EmbeddedReader>(core, partition, from);
}

}  // namespace daybook::log
