#include "common/command/cache_flush.h"

#include <algorithm>

namespace daybook::command {

char* CacheFlush::AddRow(std::string_view key, size_t value_bytes) {
  char* bytes = google::protobuf::Arena::CreateArray<char>(&arena_, key.size() + value_bytes);
  std::copy(key.begin(), key.end(), bytes);
  states_.push_back({bytes, static_cast<uint32_t>(key.size()), static_cast<uint32_t>(value_bytes)});
  return bytes + key.size();
}

size_t CacheFlush::AddStream(std::string_view stream_id, const internal::book::v1::Stream& stream) {
  const size_t bytes = stream.ByteSizeLong();
  stream.SerializeWithCachedSizesToArray(reinterpret_cast<uint8_t*>(AddRow(stream_id, bytes)));
  return bytes;
}

size_t CacheFlush::AddPart(std::string_view stream_id, int number, int64_t commit_count,
                           const google::protobuf::MessageLite& part) {
  const size_t bytes = kPartHeadBytes + part.ByteSizeLong();
  key_.clear();
  AppendPartKey(stream_id, number, &key_);
  char* const row = AddRow(key_, bytes);
  PutPartHead(commit_count, row);
  part.SerializeWithCachedSizesToArray(reinterpret_cast<uint8_t*>(row + kPartHeadBytes));
  return bytes;
}

absl::Status CacheFlush::WriteTo(CacheBacking& backing) const {
  using Table = CacheBacking::Table;
  std::vector<CacheBacking::Row> rows;
  rows.reserve(states_.size() + receipts_.size() + 1);
  const auto sort_from = [&](size_t first) {
    std::sort(rows.begin() + static_cast<std::ptrdiff_t>(first), rows.end(),
              [](const auto& a, const auto& b) { return a.key < b.key; });
  };
  for (const Bytes& state : states_) {
    rows.push_back({Table::kState,
                    {state.data, state.key_bytes},
                    {state.data + state.key_bytes, state.value_bytes}});
  }
  sort_from(0);

  const size_t first_receipt = rows.size();
  google::protobuf::Arena arena;
  receipts_.ForEach([&](const Receipts::Entry& entry) {
    const Receipt& receipt = entry.receipt();
    internal::book::v1::Receipt row;
    row.set_request_hash(receipt.request_hash.data(), receipt.request_hash.size());
    row.set_answer(receipt.answer.data(), receipt.answer.size());
    row.set_revision(receipt.revision);
    row.set_offset(receipt.offset);
    const size_t size = row.ByteSizeLong();
    char* bytes = google::protobuf::Arena::CreateArray<char>(&arena, size);
    row.SerializeWithCachedSizesToArray(reinterpret_cast<uint8_t*>(bytes));
    rows.push_back({Table::kReceipt, entry.key(), {bytes, size}});
  });
  sort_from(first_receipt);
  if (has_partition_state_)
    rows.push_back({Table::kPartition, kPartitionStateKey, partition_state_});
  const std::string receipts_position = log::ToProto(position_).SerializeAsString();
  if (!receipts_.empty()) rows.push_back({Table::kPartition, kReceiptsKey, receipts_position});
  return backing.Write(rows, states_position_);
}

}  // namespace daybook::command
