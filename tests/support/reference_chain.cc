#include "tests/support/reference_chain.h"

#include <openssl/evp.h>

#include <algorithm>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"

namespace daybook {
namespace {

std::string Link(const std::string& before, const std::string& value) {
  const std::string text = before + value;
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  DAYBOOK_CHECK(EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha256(), nullptr) == 1);
  return {reinterpret_cast<const char*>(digest), 16};
}

uint64_t KeyOf(const std::string& owner) {
  const std::string link = Link(std::string(16, '\0'), owner);
  uint64_t key = 0;
  for (size_t i = 0; i < 8; ++i) key = key << 8 | static_cast<unsigned char>(link[i]);
  return key;
}

int64_t Nanoseconds(const google::protobuf::Timestamp& time) {
  return time.seconds() * 1'000'000'000 + time.nanos();
}

// One partition.
class ReferenceChain {
 public:
  ReferenceChain(int partition, ChainFigures* figures, Violations* violations)
      : partition_(partition), figures_(figures), violations_(violations) {}

  // Whether the record counts.
  bool Take(const StoredRecord& stored, const book::v1::Record* record) {
    ++figures_->records;
    // Others may leave holes; records with a key show themselves whether any of ours is missing.
    if (stored.offset < next_ || (stored.offset > next_ && key_ == 0)) {
      Say(stored, absl::StrCat("the one before was at ", next_ - 1));
    }
    next_ = stored.offset + 1;
    if (broken_) return false;
    if (record == nullptr || !Counts(stored, *record)) {
      ++figures_->voids;
      return false;
    }
    hash_ = Link(hash_, stored.value);
    LookInto(stored, *record);
    return true;
  }

 private:
  bool Counts(const StoredRecord& stored, const book::v1::Record& record) {
    const bool claim = record.body_case() == book::v1::Record::kOwnerStarted;
    if (record.epoch() > epoch_ + (claim ? 1 : 0)) {
      Say(stored, absl::StrCat("it is of epoch ", record.epoch(), ", the newest is ", epoch_));
    }
    if (claim) {
      if (record.epoch() != epoch_ + 1 || record.chain_key() != key_) return false;
      CheckConfirmed(stored, record);
      epoch_ = record.epoch();
      const auto& started = record.owner_started();
      if (key_ == 0 && started.format() >= 2) key_ = KeyOf(started.owner());
      return true;
    }
    if (epoch_ == 0 || record.epoch() != epoch_ || record.chain_key() != key_) return false;
    CheckConfirmed(stored, record);
    if (record.sequence() != sequence_ + 1) return false;
    if (record.previous_hash() != hash_) {
      Say(stored, "it is the next in sequence but has another history");
      broken_ = true;
      return false;
    }
    sequence_ = record.sequence();
    return true;
  }

  void CheckConfirmed(const StoredRecord& stored, const book::v1::Record& record) {
    if (record.confirmed_sequence() <= sequence_) return;
    Say(stored, absl::StrCat("when it was written ", record.confirmed_sequence(),
                             " records counted, and before it stand ", sequence_));
  }

  void LookInto(const StoredRecord& stored, const book::v1::Record& record) {
    const int64_t time = Nanoseconds(record.recorded_time());
    // A claim is dated before it is known what its predecessor still appends in front of it.
    if (time < time_ && !record.has_owner_started()) {
      Say(stored, "its time is before that of an earlier one");
    }
    time_ = std::max(time_, time);
    switch (record.body_case()) {
      case book::v1::Record::kOwnerStarted:
        ++figures_->claims;
        return LookInto(stored, record.owner_started());
      case book::v1::Record::kCommit:
        ++figures_->commits;
        return;
      case book::v1::Record::kBarrier:
        ++figures_->barriers;
        return;
      case book::v1::Record::BODY_NOT_SET:
        return Say(stored, "it counts and is empty");
    }
  }

  void LookInto(const StoredRecord& stored, const daybook::log::v1::OwnerStarted& claim) {
    if (log_id_.empty()) {
      log_id_ = claim.log_id();
      partitions_ = claim.partition_count();
      if (stored.offset != 0) Say(stored, "the first claim is not the first record");
      if (log_id_.empty()) Say(stored, "the claim does not name the log");
    }
    if (claim.log_id() != log_id_ || claim.partition_count() != partitions_) {
      Say(stored, "the claim names another log than the first one");
    }
  }

  void Say(const StoredRecord& stored, const std::string& what) {
    violations_->Add(absl::StrCat("partition ", partition_, " offset ", stored.offset, ": ", what));
  }

  const int partition_;
  ChainFigures* const figures_;
  Violations* const violations_;
  int64_t next_ = 0;
  uint64_t epoch_ = 0;
  uint64_t key_ = 0;  // 0: none yet
  uint64_t sequence_ = 0;
  std::string hash_ = std::string(16, '\0');
  int64_t time_ = 0;
  std::string log_id_;
  int partitions_ = 0;
  bool broken_ = false;
};

}  // namespace

std::vector<CountingRecord> CountingRecords(std::vector<StoredRecord> records,
                                            ChainFigures* figures, Violations* violations) {
  std::stable_sort(records.begin(), records.end(), [](const auto& a, const auto& b) {
    return std::tie(a.partition, a.offset) < std::tie(b.partition, b.offset);
  });
  std::vector<CountingRecord> counting;
  for (size_t i = 0; i < records.size();) {
    const int partition = records[i].partition;
    ReferenceChain chain(partition, figures, violations);
    for (; i < records.size() && records[i].partition == partition; ++i) {
      CountingRecord next{partition, records[i].offset, records[i].key, {}};
      const bool parsed = next.record.ParseFromString(records[i].value);
      if (chain.Take(records[i], parsed ? &next.record : nullptr)) {
        counting.push_back(std::move(next));
      }
    }
  }
  return counting;
}

}  // namespace daybook
