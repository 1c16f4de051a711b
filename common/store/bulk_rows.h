// Rows of a shard that is rebuilt: flushed seldom, in millions. Private to common/store.
//
// A flush is a sorted file, at once. Rows stay messages between flushes, for most of them are
// edited again before the next, and go all at once when they have taken too much.
#pragma once

#include <string_view>

#include "common/store/shard_rows.h"

namespace daybook::store {

class BulkRows final : public ShardRows {
 public:
  using ShardRows::ShardRows;

  bool full() override { return false; }
  void Tend() override {}
  RowsAt ForView() override;

 protected:
  RowsAt Now() const override { return {}; }
  absl::Status Write(const log::Position& position) override;
  void Written() override;
  void Release() override {}
  void Keep(RowMap::Row&, std::string_view) override {}
  void StopSettling() override {}
  void InDatabase() override {}
};

}  // namespace daybook::store
