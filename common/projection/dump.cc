#include "common/projection/dump.h"

#include <openssl/evp.h>

#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/status.h"

namespace daybook::projection {
namespace {

using store::Cursor;

class Stream {
 public:
  explicit Stream(const Sink& sink) : sink_(sink), digest_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
    DAYBOOK_CHECK(EVP_DigestInit_ex(digest_.get(), EVP_sha256(), nullptr) == 1);
  }

  // Partition -1: none.
  void Row(int partition, uint8_t table, std::string_view key, std::string_view value) {
    if (partition >= 0) Number(static_cast<uint32_t>(partition), 2);
    Number(table, 1);
    Number(static_cast<uint32_t>(key.size()), 4);
    piece_.append(key);
    Number(static_cast<uint32_t>(value.size()), 4);
    piece_.append(value);
    if (table != 0) ++summary_.rows;
    if (piece_.size() >= kPieceBytes) Pass();
  }

  DumpSummary Finish() {
    Pass();
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    DAYBOOK_CHECK(EVP_DigestFinal_ex(digest_.get(), hash, &size) == 1);
    summary_.sha256 =
        absl::BytesToHexString(absl::string_view(reinterpret_cast<const char*>(hash), size));
    return std::move(summary_);
  }

 private:
  static constexpr size_t kPieceBytes = 64 * 1024;

  void Number(uint32_t number, int bytes) {
    for (int i = bytes - 1; i >= 0; --i) piece_.push_back(static_cast<char>(number >> (8 * i)));
  }
  void Pass() {
    DAYBOOK_CHECK(EVP_DigestUpdate(digest_.get(), piece_.data(), piece_.size()) == 1);
    summary_.bytes += piece_.size();
    if (sink_) sink_(piece_);
    piece_.clear();
  }

  const Sink& sink_;
  std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> digest_;
  std::string piece_;
  DumpSummary summary_;
};

// One partition of a business dump: the row that comes next, cleared.
struct Head {
  std::unique_ptr<Cursor> cursor;
  std::string value;

  auto Order() const { return std::tuple(cursor->table(), cursor->key(), std::string_view(value)); }
};

std::string Describe(const Cursor& cursor) {
  return absl::StrCat("table ", cursor.table(), ", key '",
                      absl::CEscape(absl::string_view(cursor.key().data(), cursor.key().size())),
                      "'");
}

absl::Status Different(int partition, std::string_view what) {
  return absl::FailedPreconditionError(
      absl::StrFormat("partition %d differs: %s", partition, std::string(what)));
}

absl::Status CompareRows(int partition, Cursor& a, Cursor& b) {
  for (; a.valid() && b.valid(); a.Next(), b.Next()) {
    const auto place_a = std::tuple(a.table(), a.key());
    const auto place_b = std::tuple(b.table(), b.key());
    if (place_a < place_b) return Different(partition, Describe(a) + " is in the first only");
    if (place_b < place_a) return Different(partition, Describe(b) + " is in the second only");
    if (a.value() != b.value()) return Different(partition, Describe(a) + " has other content");
  }
  RETURN_IF_ERROR(a.status());
  RETURN_IF_ERROR(b.status());
  if (a.valid()) return Different(partition, Describe(a) + " is in the first only");
  if (b.valid()) return Different(partition, Describe(b) + " is in the second only");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<DumpSummary> ExactDump(ViewSpan views, const Sink& sink) {
  Stream stream(sink);
  for (const auto& view : views) {
    stream.Row(view->partition(), 0, "log_id", view->log_id());
    stream.Row(view->partition(), 0, "position",
               log::ToProto(view->position()).SerializeAsString());
    const auto cursor = view->NewCursor();
    for (; cursor->valid(); cursor->Next()) {
      stream.Row(view->partition(), cursor->table(), cursor->key(), cursor->value());
    }
    RETURN_IF_ERROR(cursor->status());
  }
  return stream.Finish();
}

absl::StatusOr<DumpSummary> BusinessDump(ViewSpan views, const ProjectionInfo& projection,
                                         const Sink& sink) {
  // Fills in a head's cleared value; an ended partition has no head.
  const auto load = [&](Head& head) -> absl::Status {
    RETURN_IF_ERROR(head.cursor->status());
    if (!head.cursor->valid()) return absl::OkStatus();
    head.value.assign(head.cursor->value());
    for (const TableInfo& table : projection.tables) {
      if (table.id == head.cursor->table() && !table.clear_recorded(&head.value)) {
        return absl::DataLossError(absl::StrCat(Describe(*head.cursor), " does not parse"));
      }
    }
    return absl::OkStatus();
  };
  std::vector<Head> heads;
  for (const auto& view : views) {
    heads.push_back({view->NewCursor(), ""});
    RETURN_IF_ERROR(load(heads.back()));
  }
  Stream stream(sink);
  while (true) {
    std::erase_if(heads, [](const Head& head) { return !head.cursor->valid(); });
    if (heads.empty()) break;
    Head& first = *std::min_element(heads.begin(), heads.end(), [](const Head& a, const Head& b) {
      return a.Order() < b.Order();
    });
    stream.Row(-1, first.cursor->table(), first.cursor->key(), first.value);
    first.cursor->Next();
    RETURN_IF_ERROR(load(first));
  }
  return stream.Finish();
}

absl::Status CompareExactly(ViewSpan a, ViewSpan b) {
  if (a.size() != b.size()) {
    return absl::FailedPreconditionError(
        absl::StrCat("one has ", a.size(), " partitions, the other ", b.size()));
  }
  for (size_t i = 0; i < a.size(); ++i) {
    const int partition = a[i]->partition();
    if (a[i]->position() != b[i]->position()) {
      return Different(partition,
                       absl::StrCat("the first stands at ", log::ToString(a[i]->position()),
                                    ", the second at ", log::ToString(b[i]->position())));
    }
    const auto rows_a = a[i]->NewCursor();
    const auto rows_b = b[i]->NewCursor();
    RETURN_IF_ERROR(CompareRows(partition, *rows_a, *rows_b));
  }
  return absl::OkStatus();
}

}  // namespace daybook::projection
