#include "projections/balances/open_documents.h"

#include "common/base/wrapping.h"
#include "projections/balances/packed_id.h"

namespace daybook::balances {

void AddOpen(std::string_view packed_id, uint32_t ordinal, int64_t left_minor, rows::Open& open) {
  open.mutable_ids()->append(packed_id);
  open.add_ordinal(ordinal);
  open.add_left_minor(left_minor);
}

OpenPlace FindOpen(std::string_view packed_id, const rows::Open& open) {
  const std::string_view ids = open.ids();
  OpenPlace place{0, 0, 0};
  for (; place.index < open.ordinal_size(); ++place.index, place.id_begin += place.id_size) {
    place.id_size = PackedSize(ids.substr(place.id_begin));
    if (ids.substr(place.id_begin, place.id_size) == packed_id) return place;
  }
  return {};
}

bool TakeFrom(const OpenPlace& place, int64_t amount_minor, rows::Open& open) {
  const int64_t left = Minus(open.left_minor(place.index), amount_minor);
  if (left != 0) {
    open.set_left_minor(place.index, left);
    return false;
  }
  open.mutable_ids()->erase(place.id_begin, place.id_size);
  open.mutable_ordinal()->erase(open.ordinal().begin() + place.index);
  open.mutable_left_minor()->erase(open.left_minor().begin() + place.index);
  return true;
}

}  // namespace daybook::balances
