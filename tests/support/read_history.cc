#include "tests/support/read_history.h"

#include <rocksdb/db.h>

#include <cstdlib>
#include <memory>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "tests/support/child_program.h"

namespace daybook {
namespace {

uint64_t BigEndian(const rocksdb::Slice& bytes) {
  uint64_t value = 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    value = value << 8 | static_cast<unsigned char>(bytes[i]);
  }
  return value;
}

// Takes a decimal number and the character behind it.
bool TakeNumber(std::string_view* text, int64_t* number) {
  char* end = nullptr;
  const std::string digits(text->substr(0, 24));
  *number = std::strtoll(digits.c_str(), &end, 10);
  const size_t used = static_cast<size_t>(end - digits.c_str());
  if (used == 0 || used + 1 > text->size()) return false;
  text->remove_prefix(used + 1);
  return true;
}

}  // namespace

absl::StatusOr<std::vector<StoredRecord>> ReadEmbeddedHistory(const std::string& directory) {
  rocksdb::DB* opened = nullptr;
  rocksdb::Status status = rocksdb::DB::OpenForReadOnly({}, directory + "/records", &opened);
  if (!status.ok()) return absl::UnavailableError(status.ToString());
  const std::unique_ptr<rocksdb::DB> db(opened);
  const std::unique_ptr<rocksdb::Iterator> it(db->NewIterator({}));
  std::vector<StoredRecord> records;
  // Keys are partition (4 bytes), offset (8 bytes), key of the record; what is no partition has a
  // number beyond all of them.
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    rocksdb::Slice key = it->key();
    if (key.size() < 12) continue;
    const uint64_t partition = BigEndian({key.data(), 4});
    if (partition >= 1 << 16) continue;
    StoredRecord record;
    record.partition = static_cast<int>(partition);
    record.offset = static_cast<int64_t>(BigEndian({key.data() + 4, 8}));
    key.remove_prefix(12);
    record.key = key.ToString();
    record.value = it->value().ToString();
    records.push_back(std::move(record));
  }
  if (!it->status().ok()) return absl::DataLossError(it->status().ToString());
  return records;
}

absl::StatusOr<std::vector<StoredRecord>> ReadKafkaHistory(const std::string& brokers,
                                                           const std::string& topic) {
  ASSIGN_OR_RETURN(const Ran ran,
                   RunProgram({"kcat", "-b", brokers, "-t", topic, "-C", "-e", "-q", "-o",
                               "beginning", "-X", "check.crcs=true", "-X",
                               "isolation.level=read_uncommitted", "-f", "%p %o %K %S\n%k%s\n"},
                              absl::Seconds(60)));
  if (ran.code != 0) return absl::UnavailableError(absl::StrCat("kcat: ", ran.err));
  std::vector<StoredRecord> records;
  std::string_view rest = ran.out;
  while (!rest.empty()) {
    int64_t partition = 0, offset = 0, key_size = 0, value_size = 0;
    if (!TakeNumber(&rest, &partition) || !TakeNumber(&rest, &offset) ||
        !TakeNumber(&rest, &key_size) || !TakeNumber(&rest, &value_size)) {
      return absl::DataLossError("kcat: its output cannot be read");
    }
    const size_t key = key_size > 0 ? static_cast<size_t>(key_size) : 0;  // -1: no key
    const size_t value = value_size > 0 ? static_cast<size_t>(value_size) : 0;
    if (rest.size() < key + value + 1) return absl::DataLossError("kcat: its output ends early");
    records.push_back({static_cast<int>(partition), offset, std::string(rest.substr(0, key)),
                       std::string(rest.substr(key, value))});
    rest.remove_prefix(key + value + 1);
  }
  return records;
}

}  // namespace daybook
