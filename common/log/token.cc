#include "common/log/token.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "common/base/status.h"
#include "common/log/reasons.h"
#include "daybook/log/v1/token.pb.h"

namespace daybook::log {
namespace {

// Of kMaxTokenPartitions partitions, each on a log with an identity of its own: some 60 KB. With
// one identity, as a log nearly always has, some 6 bytes per partition.
constexpr size_t kMaxTokenBytes = 64 * 1024;
constexpr size_t kMaxLogIdBytes = 64;

absl::Status Malformed() {
  return Refuse(reason::kTokenMalformed, "consistency_token is not one that a server gave");
}

bool IsPlace(const Token& place) {
  return !place.log_id.empty() && place.log_id.size() <= kMaxLogIdBytes && place.partition >= 0 &&
         place.next_offset >= 0;
}

bool TakeColumns(const v1::ConsistencyToken& proto, std::vector<Token>* places) {
  const int n = proto.partitions_size();
  if (n == 0 || n > static_cast<int>(kMaxTokenPartitions) || proto.next_offsets_size() != n ||
      proto.log_id_places_size() != n) {
    return false;
  }
  for (int i = 0; i < n; ++i) {
    if (proto.log_id_places(i) >= static_cast<uint32_t>(proto.log_ids_size())) return false;
    if (i > 0 && proto.partitions(i) <= proto.partitions(i - 1)) return false;
    places->push_back({proto.log_ids(static_cast<int>(proto.log_id_places(i))), proto.partitions(i),
                       proto.next_offsets(i)});
    if (!IsPlace(places->back())) return false;
  }
  return true;
}

}  // namespace

void EncodeToken(std::string_view log_id, int partition, int64_t next_offset, std::string* text) {
  // One per answer: their memory is used again.
  static thread_local v1::ConsistencyToken proto;
  static thread_local std::string bytes;
  proto.set_log_id(log_id.data(), log_id.size());
  proto.set_partition(partition);
  proto.set_next_offset(next_offset);
  proto.SerializeToString(&bytes);
  absl::WebSafeBase64Escape(bytes, text);
}

std::string EncodeToken(const Token& token) {
  std::string text;
  EncodeToken(token.log_id, token.partition, token.next_offset, &text);
  return text;
}

std::string EncodeTokens(std::vector<Token> places) {
  std::erase_if(places, [](const Token& place) { return place.log_id.empty(); });
  if (places.empty()) return "";
  if (places.size() == 1) return EncodeToken(places.front());
  std::sort(places.begin(), places.end(),
            [](const Token& a, const Token& b) { return a.partition < b.partition; });
  v1::ConsistencyToken proto;
  for (const Token& place : places) {
    const auto& ids = proto.log_ids();
    // Nearly always there is one.
    const auto id = std::find(ids.begin(), ids.end(), place.log_id);
    proto.add_log_id_places(static_cast<uint32_t>(id - ids.begin()));
    if (id == ids.end()) proto.add_log_ids(place.log_id);
    proto.add_partitions(place.partition);
    proto.add_next_offsets(place.next_offset);
  }
  return absl::WebSafeBase64Escape(proto.SerializeAsString());
}

absl::StatusOr<std::vector<Token>> DecodeTokens(std::string_view text) {
  v1::ConsistencyToken proto;
  std::string bytes;
  if (text.size() > kMaxTokenBytes ||
      !absl::WebSafeBase64Unescape(absl::string_view(text.data(), text.size()), &bytes) ||
      !proto.ParseFromString(bytes)) {
    return Malformed();
  }
  std::vector<Token> places;
  if (!proto.log_id().empty()) {
    places.push_back({proto.log_id(), proto.partition(), proto.next_offset()});
    if (!IsPlace(places.front()) || proto.partitions_size() != 0) return Malformed();
  } else if (!TakeColumns(proto, &places)) {
    return Malformed();
  }
  return places;
}

absl::StatusOr<Token> DecodeToken(std::string_view text) {
  absl::StatusOr<std::vector<Token>> places = DecodeTokens(text);
  if (!places.ok()) return places.status();
  if (places->size() != 1) return Malformed();
  return std::move(places->front());
}

}  // namespace daybook::log
