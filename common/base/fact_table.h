// Which facts an event can hold, read from descriptors: nobody lists them a second time.
//
// An event is a message with one oneof of parts, one for each book (book.v1.Event). A part is a
// message with one oneof of facts (billing.v1.Event: InvoiceIssued, PaymentRecorded, ...). A new
// book or a new fact is therefore named in the protos and nowhere else.
//
//   const FactTable& facts = FactsOf<book::v1::Event>();
//   const FactTable::Fact fact = facts.In(event);
//   if (fact.message == nullptr) ...  // of a kind that this program does not know
//
// Concurrency: immutable; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/status.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace daybook {

class FactTable {
 public:
  struct Fact {
    size_t index = 0;                                    // below size()
    const google::protobuf::Message* message = nullptr;  // lives in the event; null: not known
  };

  // FAILED_PRECONDITION names what is not shaped as above, or a type that stands in two places.
  static absl::StatusOr<FactTable> Of(const google::protobuf::Descriptor& event);

  // The fact that `event` holds, which must be of the table's type.
  Fact In(const google::protobuf::Message& event) const;

  // All facts of all books.
  size_t size() const { return size_; }
  // Of a type of fact; nullopt if no book's event holds it.
  std::optional<size_t> IndexOf(const google::protobuf::Descriptor& fact) const;

  // The field of the event that holds a book's part; null if there is none.
  const google::protobuf::FieldDescriptor* SlotOf(const google::protobuf::Descriptor& part) const;

 private:
  FactTable() = default;
  struct Part {
    const google::protobuf::FieldDescriptor* slot;
    const google::protobuf::OneofDescriptor* facts;
    size_t first;  // index of its first fact
  };

  const google::protobuf::OneofDescriptor* parts_of_event_ = nullptr;
  std::vector<Part> parts_;  // in the order of the oneof
  size_t size_ = 0;
  absl::flat_hash_map<const google::protobuf::Descriptor*, size_t> by_type_;
};

// The table of a type of event, made once. One that is not shaped as above stops the program.
template <class Event>
const FactTable& FactsOf() {
  static const FactTable* const table = [] {
    absl::StatusOr<FactTable> made = FactTable::Of(*Event::descriptor());
    if (!made.ok()) CheckFailed(__FILE__, __LINE__, made.status().ToString().c_str());
    return new FactTable(*std::move(made));
  }();
  return *table;
}

}  // namespace daybook
