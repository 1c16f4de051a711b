// The pages of a list: what a request asks for, the part of a holder, the page of all parts.
//
// All pages know what was recorded up to the newest record that the first one saw, and count up to
// the day that it was then.
#pragma once

#include <string>
#include <utility>

#include "common/base/fields.h"
#include "common/base/timestamp.h"
#include "common/projection/kit/page_token.h"
#include "common/projection/queries.h"
#include "projections/documents/get.h"
#include "projections/documents/list.h"

namespace daybook::documents {

using DocumentsPart = daybook::internal::documents::v1::DocumentsPart;

template <class Kind, class Request>
absl::Status CheckList(const Request& request) {
  constexpr size_t kMostOrderBytes = 64;
  FieldViolations bad;
  projection::CheckAnyId(request.customer_id(), "customer_id", bad);
  projection::CheckPageSize(request.page_size(), bad);
  Expect(projection::Filter::Parse(request.filter(), Kind::Fields()).status(), "filter", bad);
  if (request.order_by().size() > kMostOrderBytes) {
    bad.Add("order_by", "is longer than 64 bytes");
  } else {
    Expect(OrderOf(request.order_by(), Kind::kDefaultOrder, Kind::Orders()).status(), "order_by",
           bad);
  }
  if constexpr (requires { request.view(); }) {
    if (!v1::DocumentView_IsValid(request.view())) bad.Add("view", "is no known view");
  }
  projection::CheckClocks(request, bad);
  return bad.ToStatus();
}

// What a page token says; of a first page what is so now.
struct PageAsked {
  absl::Time now;
  int64_t read_us = projection::kEverything;  // without a read_time
  std::string after;
};
absl::StatusOr<PageAsked> PageAskedBy(const google::protobuf::Message& request,
                                      const std::string& page_token, absl::Time now);
std::string TokenOf(const google::protobuf::Message& request, int64_t now_us, int64_t read_us,
                    const std::string& after);

// The clocks of a page in a partition.
template <class Request>
projection::TwoClocks ClocksOfPage(const Request& request, const PageAsked& page,
                                   const projection::PartitionReading& partition) {
  projection::TwoClocks clocks = projection::ClocksOf(request, page.now, partition);
  clocks.read_us = std::min(clocks.read_us, page.read_us);
  return clocks;
}

// What a page has of one more partition: no more than a page of all so far.
void AddToPart(const Order& order, size_t page_size, projection::ListPart one,
               projection::ListPart* all);

template <class Kind, class Request>
absl::Status ListPartOf(const Request& request, const projection::Reading& reading,
                        std::function<bool(const Document<Kind>&)> also, DocumentsPart* part) {
  ASSIGN_OR_RETURN(PageAsked page, PageAskedBy(request, request.page_token(), reading.now));
  ASSIGN_OR_RETURN(projection::Filter filter,
                   projection::Filter::Parse(request.filter(), Kind::Fields()));
  ASSIGN_OR_RETURN(const Order order,
                   OrderOf(request.order_by(), Kind::kDefaultOrder, Kind::Orders()));
  bool full = true;
  if constexpr (requires { request.view(); }) full = request.view() == v1::DOCUMENT_VIEW_FULL;
  const Listing<Kind> listing{.customer_id = request.customer_id(),
                              .filter = std::move(filter),
                              .order = order,
                              .page_size = static_cast<size_t>(projection::PageSizeOf(
                                  request.page_size(), kDefaultPage, kLargestPage)),
                              .full = full,
                              .after = page.after,
                              .also = std::move(also),
                              .deadline = reading.deadline};
  for (const projection::PartitionReading& partition : reading.partitions) {
    projection::TwoClocks clocks = ClocksOfPage(request, page, partition);
    if (!listing.customer_id.empty()) {
      RETURN_IF_ERROR(ExpectCustomer(*partition.view, listing.customer_id, clocks.read_us));
    }
    projection::ListPart one;
    RETURN_IF_ERROR(PartReader<Kind>(listing, std::move(clocks), *partition.view, &one).Read());
    AddToPart(order, listing.page_size, std::move(one), part->mutable_list());
    part->set_read_us(std::max(part->read_us(), std::min(partition.recorded_us(), page.read_us)));
  }
  part->set_now_us(absl::ToUnixMicros(page.now));
  return absl::OkStatus();
}

template <class Kind, class Request, class Response>
absl::Status MergeList(const Request& request, projection::Parts<DocumentsPart> parts,
                       google::protobuf::RepeatedPtrField<typename Kind::Message>* documents,
                       Response* response) {
  ASSIGN_OR_RETURN(const Order order,
                   OrderOf(request.order_by(), Kind::kDefaultOrder, Kind::Orders()));
  std::vector<const projection::ListPart*> lists;
  int64_t read_us = 0, now_us = 0;
  for (const DocumentsPart* part : parts) {
    lists.push_back(&part->list());
    read_us = std::max(read_us, part->read_us());
    now_us = std::max(now_us, part->now_us());
  }
  ASSIGN_OR_RETURN(const std::string after,
                   projection::MergeRows(
                       lists, order.direction,
                       projection::PageSizeOf(request.page_size(), kDefaultPage, kLargestPage),
                       [&](std::string_view, std::string_view bytes) -> absl::StatusOr<size_t> {
                         const bool parses = documents->Add()->ParseFromArray(
                             bytes.data(), static_cast<int>(bytes.size()));
                         if (!parses) return absl::InternalError("a part does not parse");
                         return bytes.size();
                       }));
  if (!after.empty()) response->set_next_page_token(TokenOf(request, now_us, read_us, after));
  return absl::OkStatus();
}

}  // namespace daybook::documents
