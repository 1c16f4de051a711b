#include "services/billing/capacity.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/money.h"
#include "common/base/status.h"
#include "common/command/decider.h"
#include "services/billing/limits.h"
#include "services/billing/reasons.h"

namespace daybook::billing {
namespace {

struct Size {
  int64_t documents = 0;
  int64_t lines = 0;
};

Size SizeOf(const state::State& state) {
  Size size;
  for (const state::Account& account : state.accounts()) {
    size.documents += 1 + account.drafts_size() + account.open_invoices_size() +
                      account.settled_invoices_size() + account.payments_size() +
                      account.credit_note_count();
    size.lines += account.line_count();
  }
  return size;
}

absl::Status ExpectWithin(const Size& size, int64_t most_documents) {
  if (size.documents < most_documents && size.lines <= kMaxInvoiceLines) return absl::OkStatus();
  return Refuse(
      reason::kCustomerFull,
      absl::StrCat("the customer has ", size.documents,
                   " accounts, invoices, payments and credit notes; the invoices would have ",
                   size.lines, " lines"),
      {{"document_count", absl::StrCat(size.documents)},
       {"document_limit", absl::StrCat(most_documents)},
       {"line_count", absl::StrCat(size.lines)},
       {"line_limit", absl::StrCat(kMaxInvoiceLines)}});
}

}  // namespace

absl::Status ExpectRoom(const command::View& view, int new_lines) {
  Size size = SizeOf(view.part<state::State>());
  size.lines += new_lines;
  return ExpectWithin(size, kMaxDocuments);
}

absl::Status ExpectRoomForFact(const command::View& view) {
  return ExpectWithin(SizeOf(view.part<state::State>()), kMaxDocumentsWithFacts);
}

int MostAllocations(const state::State& state) {
  int rows = 0;
  for (const state::Account& account : state.accounts())
    rows += account.allocations().payment_size();
  return std::clamp(kMaxAllocationRows - rows, 0, kMaxAllocations);
}

absl::Status ExpectFitsReceived(const state::Account& account, int64_t amount_minor) {
  return ToInt64(Int128{account.received_minor()} + account.credited_minor() + amount_minor)
      .status();
}

}  // namespace daybook::billing
