// One document: by its id, or by its printed number, which says the partition.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/document_number.h"
#include "common/base/fields.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "common/projection/kit/checks.h"
#include "common/projection/kit/rows.h"
#include "common/projection/kit/two_clocks.h"
#include "common/projection/queries.h"
#include "projections/documents/kinds.h"

namespace daybook::documents {

// The checks of a Get by id.
template <class Request>
absl::Status CheckGet(const Request& request, const std::string& id, std::string_view field) {
  FieldViolations bad;
  projection::CheckCustomerId(request.customer_id(), bad);
  Expect(CheckId(id, kMaxIdCharacters), field, bad);
  projection::CheckClocks(request, bad);
  return bad.ToStatus();
}

// The checks of a Get by id or by number.
template <class Request>
absl::Status CheckGetNumbered(const Request& request, const std::string& id,
                              std::string_view field) {
  if (request.number().empty()) return CheckGet(request, id, field);
  FieldViolations bad;
  if (!id.empty()) bad.Add(field, "must be empty beside a number");
  if (!ParseNumber(request.number())) {
    bad.Add("number", "must be a printed number such as A-2026-03-000123");
  }
  projection::CheckAnyId(request.customer_id(), "customer_id", bad);
  projection::CheckClocks(request, bad);
  return bad.ToStatus();
}

// CUSTOMER_NOT_FOUND unless the customer was known.
absl::Status ExpectCustomer(const store::View& view, const std::string& customer_id,
                            int64_t read_us);

// No such document. `id`: its id or its number.
template <class Kind>
absl::Status NotFound(const std::string& customer_id, const std::string& id) {
  const std::string document = absl::StrCat(ToAbsl(Kind::kName), " '", id, "'");
  return Refuse(Kind::kNotFound,
                customer_id.empty()
                    ? absl::StrCat("no ", document, " is in the book")
                    : absl::StrCat("customer '", customer_id, "' has no ", document),
                {{"customer_id", customer_id}, {"id", id}});
}

// The one of printed numbers.
const Pin* NumberPin(absl::Span<const Pin> pins);

// Tells the document of these ids as it stands at the clocks of the request.
template <class Kind, class Request>
absl::Status GetById(const Request& request, const std::string& customer_id, const std::string& id,
                     absl::Time now, const projection::PartitionReading& partition,
                     typename Kind::Message* message) {
  projection::TwoClocks clocks = projection::ClocksOf(request, now, partition);
  const store::View& view = *partition.view;
  Document<Kind> document;
  document.customer_id = customer_id;
  document.id = id;
  std::string key;
  AppendDocument(customer_id, id, &key);
  ASSIGN_OR_RETURN(bool there, view.Read(Kind::kTable, key, &document.row));
  if (there) {
    const Clocks at{clocks.day.In(document.row.time_zone()), clocks.read_us};
    ASSIGN_OR_RETURN(there, Kind::Stand(view, at, &document));
  }
  if (!there) {
    RETURN_IF_ERROR(ExpectCustomer(view, customer_id, clocks.read_us));
    return NotFound<Kind>(customer_id, id);
  }
  return Kind::Describe(view, document, /*full=*/true, message);
}

// The same of a request that may name a number instead. Leaves `part` without the document where
// the number's partition is not among those that are read.
template <class Kind, class Request, class Part>
absl::Status GetPart(const Request& request, const std::string& id,
                     const projection::Reading& reading, Part* part) {
  if (request.number().empty()) {
    return GetById<Kind>(request, request.customer_id(), id, reading.now,
                         reading.partitions.front(), part->mutable_document());
  }
  const DocumentNumber number = *ParseNumber(request.number());
  const Pin& pin = *NumberPin(Kind::Pins());
  std::string prefix, customer_id, found_id;
  AppendDocumentNumber(number, &prefix);
  for (const projection::PartitionReading& partition : reading.partitions) {
    if (partition.view->partition() != number.partition) continue;
    bool found = false;
    RETURN_IF_ERROR(
        partition.view->Scan(pin.index, prefix, [&](std::string_view key, std::string_view) {
          found = TakeDocument(pin.part, key, &customer_id, &found_id);
          return !found;
        }));
    if (!found || (!request.customer_id().empty() && request.customer_id() != customer_id)) break;
    const absl::Status told = GetById<Kind>(request, customer_id, found_id, reading.now, partition,
                                            part->mutable_document());
    if (!told.ok()) part->clear_document();
    // What was not there at the clocks is not found by its number, as the merge says.
    if (told.code() != absl::StatusCode::kNotFound) return told;
  }
  return absl::OkStatus();
}

// The merge of that: at most one part has the document.
template <class Kind, class Request, class Part>
absl::Status MergeGet(const Request& request, projection::Parts<Part> parts,
                      typename Kind::Message* message) {
  for (Part* part : parts) {
    if (!part->has_document()) continue;
    message->Swap(part->mutable_document());
    return absl::OkStatus();
  }
  return NotFound<Kind>(request.customer_id(), request.number());
}

}  // namespace daybook::documents
