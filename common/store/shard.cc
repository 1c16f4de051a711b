#include <mutex>
#include <utility>

#include "common/base/status.h"
#include "common/store/bulk_rows.h"
#include "common/store/internal.h"
#include "common/store/live_rows.h"

namespace daybook::store {

struct Shard::Impl {
  Store* store;
  std::unique_ptr<ShardRows> rows;

  mutable std::mutex view_mutex;
  std::shared_ptr<const View> view;

  // Views of now on see what the last flush left.
  void Publish() {
    auto at = std::make_unique<RowsAt>(rows->ForView());
    auto fresh = std::shared_ptr<const View>(
        new View(store, rows->partition(), rows->position(), rows->log_id(), std::move(at)));
    const std::lock_guard lock(view_mutex);
    view.swap(fresh);
  }
};

absl::StatusOr<std::unique_ptr<Shard>> Store::OpenShard(int partition) {
  DAYBOOK_CHECK(partition >= 0 && partition <= kMaxPartition);
  auto impl = std::make_unique<Shard::Impl>();
  impl->store = this;
  if (options().bulk) {
    impl->rows = std::make_unique<BulkRows>(*db_, partition);
  } else {
    impl->rows = std::make_unique<LiveRows>(*db_, partition);
  }
  RETURN_IF_ERROR(impl->rows->Load());
  impl->Publish();
  return std::unique_ptr<Shard>(new Shard(std::move(impl)));
}

Shard::Shard(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Shard::~Shard() = default;

int Shard::partition() const { return impl_->rows->partition(); }
const log::Position& Shard::position() const { return impl_->rows->position(); }
const std::string& Shard::log_id() const { return impl_->rows->log_id(); }
void Shard::set_log_id(std::string log_id) { impl_->rows->set_log_id(std::move(log_id)); }

absl::StatusOr<bool> Shard::Get(uint8_t table, std::string_view key, std::string* value) const {
  return impl_->rows->Get(table, key, value);
}

absl::StatusOr<bool> Shard::Get(uint8_t table, std::string_view key,
                                google::protobuf::MessageLite* message) const {
  return impl_->rows->Get(table, key, message);
}

absl::Status Shard::Ingest(absl::Span<const SortedRow> rows, const log::Position& position) {
  RETURN_IF_ERROR(impl_->rows->Ingest(rows, position));
  impl_->Publish();
  return absl::OkStatus();
}

absl::Status Shard::Clear() {
  RETURN_IF_ERROR(impl_->rows->Clear());
  impl_->Publish();
  return absl::OkStatus();
}

google::protobuf::MessageLite& Shard::EditRow(uint8_t table, std::string_view key,
                                              const google::protobuf::MessageLite& prototype) {
  return impl_->rows->Edit(table, key, prototype);
}

google::protobuf::MessageLite& Shard::RenewRow(uint8_t table, std::string_view key,
                                               const google::protobuf::MessageLite& prototype) {
  return impl_->rows->Renew(table, key, prototype);
}

const google::protobuf::MessageLite* Shard::FindRow(
    uint8_t table, std::string_view key, const google::protobuf::MessageLite& prototype) {
  return impl_->rows->Find(table, key, prototype);
}

void Shard::EraseRow(uint8_t table, std::string_view key) { impl_->rows->Erase(table, key); }
void Shard::ExpectRow(uint8_t table, std::string_view key) { impl_->rows->Expect(table, key); }
void Shard::FetchExpected() { impl_->rows->FetchExpected(); }

void Shard::AppendRow(uint8_t table, std::string_view key,
                      const google::protobuf::MessageLite& row) {
  impl_->rows->Append(table, key, row);
}

absl::Status Shard::Flush(const log::Position& position) {
  RETURN_IF_ERROR(impl_->rows->Flush(position));
  impl_->Publish();
  return absl::OkStatus();
}

void Shard::Drop() { impl_->rows->Drop(); }
size_t Shard::memory_bytes() const { return impl_->rows->memory_bytes(); }
bool Shard::full() const { return impl_->rows->full(); }

std::shared_ptr<const View> Shard::view() const {
  const std::lock_guard lock(impl_->view_mutex);
  return impl_->view;
}

void Shard::Tend() {
  impl_->rows->Tend();
  impl_->Publish();
}

}  // namespace daybook::store
