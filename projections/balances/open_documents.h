// The documents of an account of which something is left, in the columns of its tail: invoices that
// are open, payments and credit notes with something unapplied.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "projections/balances/rows.h"

namespace daybook::balances {

// One of the documents that are open.
struct OpenPlace {
  int index = -1;  // -1: not open
  size_t id_begin = 0, id_size = 0;
};

OpenPlace FindOpen(std::string_view packed_id, const rows::Open& open);

// Puts one behind the others. `ordinal`: its reference in the account's history.
void AddOpen(std::string_view packed_id, uint32_t ordinal, int64_t left_minor, rows::Open& open);

// Of a document that is open. True if nothing is left; then it is open no more.
bool TakeFrom(const OpenPlace& place, int64_t amount_minor, rows::Open& open);

}  // namespace daybook::balances
