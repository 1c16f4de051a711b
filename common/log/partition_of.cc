#include <cstring>

#include "common/base/status.h"
#include "common/log/event_log.h"

namespace daybook::log {
namespace {

// Murmur2 with the seed and the sign handling of Kafka's Java client.
uint32_t Murmur2(std::string_view data) {
  constexpr uint32_t kMultiplier = 0x5bd1e995;
  constexpr int kShift = 24;
  const auto* bytes = reinterpret_cast<const unsigned char*>(data.data());
  size_t left = data.size();
  uint32_t h = 0x9747b28c ^ static_cast<uint32_t>(left);
  for (; left >= 4; bytes += 4, left -= 4) {
    uint32_t k = bytes[0] | bytes[1] << 8 | bytes[2] << 16 | static_cast<uint32_t>(bytes[3]) << 24;
    k *= kMultiplier;
    k ^= k >> kShift;
    k *= kMultiplier;
    h = h * kMultiplier ^ k;
  }
  switch (left) {
    case 3:
      h ^= bytes[2] << 16;
      [[fallthrough]];
    case 2:
      h ^= bytes[1] << 8;
      [[fallthrough]];
    case 1:
      h = (h ^ bytes[0]) * kMultiplier;
  }
  h ^= h >> 13;
  h *= kMultiplier;
  return h ^ h >> 15;
}

}  // namespace

int PartitionOf(std::string_view key, int partitions) {
  DAYBOOK_CHECK(partitions > 0);
  return static_cast<int>((Murmur2(key) & 0x7fffffff) % static_cast<uint32_t>(partitions));
}

}  // namespace daybook::log
