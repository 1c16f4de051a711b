// Every pair of a state and a command, through the decisions themselves.
#include "services/billing/transitions.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "tests/billing/billing_story.h"

namespace daybook {
namespace {

using namespace test;
using billing::Allows;
using billing::Command;
using billing::NameOf;

// What a command may do to a story, whatever becomes of it.
struct Asked {
  absl::Status status;
  size_t events = 0;
};

std::string Named(const std::string& field, const std::string& id) {
  return absl::StrCat(field, ": '", id, "' ");
}

// A story with one account, and the ids of what it is about.
struct Scene {
  Story<billing::Billing> story =
      CustomerWithAccount("currency_code: 'EUR' credit_application: CREDIT_APPLICATION_MANUAL");
  std::string invoice_id = "none";
  std::string payment_id = "none";

  template <class Request>
  Asked Ask(Request request) {
    request.set_customer_id("c-1");
    request.set_request_id("asked");
    const auto outcome = story.Ask(request);
    return {outcome.status, outcome.events.size()};
  }
  template <class Request>
  Asked OfInvoice(Request request = {}) {
    request.set_invoice_id(invoice_id);
    return Ask(request);
  }
  template <class Request>
  Asked OfPayment(Request request = {}) {
    request.set_payment_id(payment_id);
    return Ask(request);
  }
  // A step of the way to the state; must be accepted.
  template <class Request>
  void Do(Request request) {
    const auto outcome = story.When(std::move(request));
    ASSERT_TRUE(outcome.status.ok()) << outcome.status;
  }
  void Invoice(int64_t units = 10) {
    invoice_id = story.When(InvoiceOf(units)).response.invoice_id();
  }
  void Pay(int64_t units, const std::string& rest = "") {
    payment_id = story.When(PaymentOf(units, rest)).response.payment_id();
  }
  void WriteOff() {
    Do(Proto<billing::v1::WriteOffInvoiceRequest>(
        absl::StrCat(Named("invoice_id", invoice_id), "reason: WRITE_OFF_REASON_BAD_DEBT")));
  }
  // A credit note of all, as the payment that is meant from now on.
  void Credit() {
    payment_id = story
                     .When(Proto<billing::v1::IssueCreditNoteRequest>(absl::StrCat(
                         Named("invoice_id", invoice_id), "kind: CREDIT_NOTE_KIND_CREDIT")))
                     .response.credit_note_id();
  }
};

constexpr char kDraft[] = "draft { lines { amount { currency_code: 'EUR' units: 10 } } } ";

// --- accounts: x = allowed

Scene AccountIn(billing::v1::AccountState state) {
  Scene scene;
  if (state == billing::v1::ACCOUNT_STATE_SUSPENDED) {
    scene.Do(billing::v1::SuspendAccountRequest());
  } else if (state == billing::v1::ACCOUNT_STATE_CLOSED) {
    scene.Do(billing::v1::CloseAccountRequest());
  }
  return scene;
}

// The things are made while the account is active, so that only its state decides.
Scene AccountWith(Command command, billing::v1::AccountState state) {
  Scene scene;
  switch (command) {
    case Command::kUpdateDraftInvoice:
    case Command::kDeleteDraftInvoice:
      scene.invoice_id = scene.story.When(Proto<billing::v1::CreateDraftInvoiceRequest>(kDraft))
                             .response.invoice_id();
      break;
    case Command::kVoidInvoice:
    case Command::kMarkInvoiceUncollectible:
    case Command::kWriteOffInvoice:
    case Command::kIssueCreditNote:
      scene.Invoice();
      break;
    case Command::kUnmarkInvoiceUncollectible:
      scene.Invoice();
      scene.Do(Proto<billing::v1::MarkInvoiceUncollectibleRequest>(
          Named("invoice_id", scene.invoice_id)));
      break;
    case Command::kReverseWriteOff:
      scene.Invoice();
      scene.WriteOff();
      break;
    case Command::kRefundCreditNote:
      scene.Invoice();
      scene.Pay(10);
      scene.Credit();
      break;
    case Command::kWriteOffCredit:
    case Command::kReverseCreditWriteOff:
      scene.Pay(1);
      if (command == Command::kWriteOffCredit) break;
      scene.Do(Proto<billing::v1::WriteOffCreditRequest>(Named("payment_id", scene.payment_id)));
      break;
    case Command::kConfirmPayment:
    case Command::kFailPayment:
      scene.Pay(5, "initial_state: PAYMENT_STATE_PENDING");
      break;
    case Command::kReleaseCredit:
      scene.Invoice();
      scene.Pay(10);
      break;
    case Command::kReinstatePayment:
      scene.Pay(5);
      scene.Do(Proto<billing::v1::ReversePaymentRequest>(Named("payment_id", scene.payment_id)));
      break;
    case Command::kReversePayment:
    case Command::kChargeBackPayment:
    case Command::kRefundPayment:
    case Command::kApplyCredit:
      scene.Pay(5);
      break;
    default:
      break;
  }
  // An account with something open cannot be closed by a command, so the event is put there.
  if (state == billing::v1::ACCOUNT_STATE_SUSPENDED) {
    scene.story.Given(kNewYear, "account_suspended { account_id: 'acc' }");
  } else if (state == billing::v1::ACCOUNT_STATE_CLOSED) {
    scene.story.Given(kNewYear, "account_closed { account_id: 'acc' }");
  }
  return scene;
}

Asked AskOfAccount(Scene& scene, Command command) {
  namespace v1 = billing::v1;
  switch (command) {
    case Command::kChangeAccountTerms:
      return scene.Ask(Proto<v1::ChangeAccountTermsRequest>("terms { net_days: 5 }"));
    case Command::kSuspendAccount:
      return scene.Ask(v1::SuspendAccountRequest());
    case Command::kCloseAccount:
      return scene.Ask(v1::CloseAccountRequest());
    case Command::kReopenAccount:
      return scene.Ask(v1::ReopenAccountRequest());
    case Command::kCreateDraftInvoice:
      return scene.Ask(Proto<v1::CreateDraftInvoiceRequest>(kDraft));
    case Command::kUpdateDraftInvoice:
      return scene.OfInvoice(Proto<v1::UpdateDraftInvoiceRequest>(
          "draft { lines { amount { currency_code: 'EUR' units: 11 } } }"));
    case Command::kDeleteDraftInvoice:
      return scene.OfInvoice<v1::DeleteDraftInvoiceRequest>();
    case Command::kIssueInvoice:
      return scene.Ask(InvoiceOf(10));
    case Command::kVoidInvoice:
      return scene.OfInvoice<v1::VoidInvoiceRequest>();
    case Command::kMarkInvoiceUncollectible:
      return scene.OfInvoice<v1::MarkInvoiceUncollectibleRequest>();
    case Command::kWriteOffInvoice:
      return scene.OfInvoice(
          Proto<v1::WriteOffInvoiceRequest>("reason: WRITE_OFF_REASON_BAD_DEBT"));
    case Command::kUnmarkInvoiceUncollectible:
      return scene.OfInvoice<v1::UnmarkInvoiceUncollectibleRequest>();
    case Command::kReverseWriteOff:
      return scene.OfInvoice<v1::ReverseWriteOffRequest>();
    case Command::kIssueCreditNote:
      return scene.OfInvoice(Proto<v1::IssueCreditNoteRequest>("kind: CREDIT_NOTE_KIND_CREDIT"));
    case Command::kRecordPayment:
      return scene.Ask(PaymentOf(1));
    case Command::kConfirmPayment:
      return scene.OfPayment<v1::ConfirmPaymentRequest>();
    case Command::kFailPayment:
      return scene.OfPayment<v1::FailPaymentRequest>();
    case Command::kReversePayment:
      return scene.OfPayment<v1::ReversePaymentRequest>();
    case Command::kChargeBackPayment:
      return scene.OfPayment<v1::ChargeBackPaymentRequest>();
    case Command::kRefundPayment:
      return scene.OfPayment<v1::RefundPaymentRequest>();
    case Command::kReinstatePayment:
      return scene.OfPayment<v1::ReinstatePaymentRequest>();
    case Command::kRefundCreditNote: {
      v1::RefundCreditNoteRequest request;
      request.set_credit_note_id(scene.payment_id);
      return scene.Ask(request);
    }
    case Command::kWriteOffCredit:
      return scene.OfPayment<v1::WriteOffCreditRequest>();
    case Command::kReverseCreditWriteOff:
      return scene.OfPayment<v1::ReverseCreditWriteOffRequest>();
    case Command::kApplyCredit:
      return scene.Ask(v1::ApplyCreditRequest());
    case Command::kReleaseCredit: {
      v1::ReleaseCreditRequest request;
      request.set_invoice_id(scene.invoice_id);
      return scene.OfPayment(request);
    }
  }
  return {};
}

void ExpectRefusal(const Asked& asked, std::string_view thing, std::string_view state,
                   Command command, const std::string& reason) {
  ASSERT_FALSE(asked.status.ok());
  EXPECT_EQ(asked.status.code(), absl::StatusCode::kFailedPrecondition) << asked.status;
  EXPECT_EQ(ReasonOf(asked.status), reason) << asked.status;
  EXPECT_EQ(MetadataOf(asked.status, "state"), state);
  if (reason != "ILLEGAL_TRANSITION") return;
  EXPECT_EQ(MetadataOf(asked.status, "thing"), thing);
  EXPECT_EQ(MetadataOf(asked.status, "command"), std::string(NameOf(command)));
  const std::string allowed = "," + MetadataOf(asked.status, "allowed_commands") + ",";
  EXPECT_EQ(allowed.find(absl::StrCat(",", std::string(NameOf(command)), ",")), std::string::npos);
}

// Rows by command, columns ACTIVE, SUSPENDED, CLOSED.
constexpr std::pair<Command, std::string_view> kAccountGrid[] = {
    {Command::kChangeAccountTerms, "xx."}, {Command::kSuspendAccount, "x.."},
    {Command::kCloseAccount, "xx."},       {Command::kReopenAccount, ".xx"},
    {Command::kCreateDraftInvoice, "xx."}, {Command::kUpdateDraftInvoice, "xx."},
    {Command::kDeleteDraftInvoice, "xxx"}, {Command::kIssueInvoice, "x.."},
    {Command::kVoidInvoice, "xxx"},        {Command::kMarkInvoiceUncollectible, "xxx"},
    {Command::kWriteOffInvoice, "xxx"},    {Command::kIssueCreditNote, "xx."},
    {Command::kRecordPayment, "xxx"},      {Command::kConfirmPayment, "xxx"},
    {Command::kFailPayment, "xxx"},        {Command::kReversePayment, "xxx"},
    {Command::kChargeBackPayment, "xxx"},  {Command::kReinstatePayment, "xxx"},
    {Command::kRefundPayment, "xxx"},      {Command::kRefundCreditNote, "xxx"},
    {Command::kApplyCredit, "xx."},        {Command::kReleaseCredit, "xx."},
    {Command::kReverseWriteOff, "xx."},    {Command::kUnmarkInvoiceUncollectible, "xxx"},
    {Command::kWriteOffCredit, "xxx"},     {Command::kReverseCreditWriteOff, "xx."},
};

TEST(Transitions, OfAnAccount) {
  ASSERT_EQ(std::size(kAccountGrid), size_t{billing::kCommands});
  for (const auto& [command, row] : kAccountGrid) {
    for (int column = 0; column < 3; ++column) {
      const auto state =
          static_cast<billing::v1::AccountState>(billing::v1::ACCOUNT_STATE_ACTIVE + column);
      SCOPED_TRACE(absl::StrCat(std::string(NameOf(command)), " in ", std::string(NameOf(state))));
      EXPECT_EQ(Allows(state, command), row[column] == 'x');
      Scene scene = AccountWith(command, state);
      const Asked asked = AskOfAccount(scene, command);
      if (row[column] == 'x') {
        EXPECT_TRUE(asked.status.ok()) << asked.status;
      } else {
        ExpectRefusal(asked, "account", NameOf(state), command, "ILLEGAL_TRANSITION");
      }
    }
  }
}

TEST(Transitions, OfAnAccountByItsOwnCommands) {
  EXPECT_TRUE(AccountIn(billing::v1::ACCOUNT_STATE_CLOSED)
                  .Ask(billing::v1::ReopenAccountRequest())
                  .status.ok());
  EXPECT_EQ(ReasonOf(AccountIn(billing::v1::ACCOUNT_STATE_SUSPENDED)
                         .Ask(billing::v1::SuspendAccountRequest())
                         .status),
            "ILLEGAL_TRANSITION");
}

// --- invoices

// The account has credit that is not used by itself.
Scene InvoiceIn(billing::v1::InvoiceState state) {
  Scene scene;
  scene.Pay(50);
  namespace v1 = billing::v1;
  if (state == v1::INVOICE_STATE_DRAFT) {
    scene.invoice_id =
        scene.story.When(Proto<v1::CreateDraftInvoiceRequest>(kDraft)).response.invoice_id();
    return scene;
  }
  scene.Invoice();
  if (state == v1::INVOICE_STATE_PAID) scene.Pay(10);
  if (state == v1::INVOICE_STATE_VOID) {
    scene.Do(Proto<v1::VoidInvoiceRequest>(Named("invoice_id", scene.invoice_id)));
  }
  if (state == v1::INVOICE_STATE_UNCOLLECTIBLE) {
    scene.Do(Proto<v1::MarkInvoiceUncollectibleRequest>(Named("invoice_id", scene.invoice_id)));
  }
  return scene;
}

Asked AskOfInvoice(Scene& scene, Command command) {
  namespace v1 = billing::v1;
  const std::string said =
      absl::StrCat("allocations { ", Named("invoice_id", scene.invoice_id), "} ");
  switch (command) {
    case Command::kIssueInvoice:
      return scene.Ask(Invoice(Named("draft_id", scene.invoice_id)));
    case Command::kRecordPayment:
      return scene.Ask(PaymentOf(1, said));
    case Command::kApplyCredit:
      return scene.Ask(Proto<v1::ApplyCreditRequest>(said));
    default:
      return AskOfAccount(scene, command);
  }
}

struct InvoiceRow {
  Command command;
  std::string_view allowed;  // DRAFT, ISSUED, PAID, VOID, UNCOLLECTIBLE
  const char* reason = "ILLEGAL_TRANSITION";
};
constexpr InvoiceRow kInvoiceGrid[] = {
    {Command::kUpdateDraftInvoice, "x...."},
    {Command::kDeleteDraftInvoice, "x...."},
    {Command::kIssueInvoice, "x...."},
    {Command::kVoidInvoice, ".xx.x"},
    {Command::kMarkInvoiceUncollectible, ".x..."},
    {Command::kUnmarkInvoiceUncollectible, "....x"},
    {Command::kWriteOffInvoice, ".x..x"},
    {Command::kReverseWriteOff, ".xx.x"},
    {Command::kIssueCreditNote, ".xx.x"},
    {Command::kRecordPayment, ".x..x", "INVOICE_NOT_OPEN"},
    {Command::kApplyCredit, ".x..x", "INVOICE_NOT_OPEN"},
    {Command::kReleaseCredit, ".xx.x"},
};

TEST(Transitions, OfAnInvoice) {
  std::set<Command> seen;
  for (const InvoiceRow& row : kInvoiceGrid) {
    seen.insert(row.command);
    for (int column = 0; column < 5; ++column) {
      const auto state =
          static_cast<billing::v1::InvoiceState>(billing::v1::INVOICE_STATE_DRAFT + column);
      SCOPED_TRACE(
          absl::StrCat(std::string(NameOf(row.command)), " in ", std::string(NameOf(state))));
      EXPECT_EQ(Allows(state, row.command), row.allowed[column] == 'x');
      Scene scene = InvoiceIn(state);
      const Asked asked = AskOfInvoice(scene, row.command);
      if (row.allowed[column] == 'x') {
        // Allowed by its state, though there may be nothing to release or to undo, or money on it.
        const std::set<std::string> other = {"ALLOCATION_TOO_SMALL", "NOTHING_WRITTEN_OFF",
                                             "INVOICE_HAS_MONEY"};
        if (!other.contains(ReasonOf(asked.status))) {
          EXPECT_TRUE(asked.status.ok()) << asked.status;
        }
      } else {
        ExpectRefusal(asked, "invoice", NameOf(state), row.command, row.reason);
      }
    }
  }
  // No invoice allows a command that is not in the grid.
  for (const auto& row : billing::InvoiceTable().rows()) {
    for (int i = 0; i < billing::kCommands; ++i) {
      const auto command = static_cast<Command>(i);
      EXPECT_TRUE(seen.contains(command) || !Allows(row.state, command)) << NameOf(command);
    }
  }
}

// --- payments

Scene PaymentIn(billing::v1::PaymentState state) {
  Scene scene;
  namespace v1 = billing::v1;
  switch (state) {
    case v1::PAYMENT_STATE_SUCCEEDED:
      scene.Pay(5);
      break;
    case v1::PAYMENT_STATE_UNKNOWN:
      scene.Pay(5, "initial_state: PAYMENT_STATE_UNKNOWN");
      break;
    case v1::PAYMENT_STATE_REVERSED:
      scene.Pay(5);
      scene.Do(Proto<v1::ReversePaymentRequest>(Named("payment_id", scene.payment_id)));
      break;
    case v1::PAYMENT_STATE_CHARGED_BACK:
      scene.Pay(5);
      scene.Do(Proto<v1::ChargeBackPaymentRequest>(Named("payment_id", scene.payment_id)));
      break;
    default:
      scene.Pay(5, "initial_state: PAYMENT_STATE_PENDING");
      if (state == v1::PAYMENT_STATE_FAILED) {
        scene.Do(Proto<v1::FailPaymentRequest>(Named("payment_id", scene.payment_id)));
      }
  }
  scene.Invoice();
  return scene;
}

// SUCCEEDED, PENDING, UNKNOWN, FAILED, REVERSED, CHARGED_BACK.
constexpr std::pair<Command, std::string_view> kPaymentGrid[] = {
    {Command::kConfirmPayment, ".xxx.."},   {Command::kFailPayment, ".xx..."},
    {Command::kReversePayment, "x...xx"},   {Command::kChargeBackPayment, "x...xx"},
    {Command::kReinstatePayment, "x...xx"}, {Command::kRefundPayment, "x....."},
    {Command::kApplyCredit, "x....."},      {Command::kReleaseCredit, "x....."},
    {Command::kWriteOffCredit, "x....."},   {Command::kReverseCreditWriteOff, "x....."},
    {Command::kRefundCreditNote, "x....."},
};

TEST(Transitions, OfAPayment) {
  std::set<Command> seen;
  for (const auto& [command, allowed] : kPaymentGrid) {
    seen.insert(command);
    for (int column = 0; column < 6; ++column) {
      const auto state =
          static_cast<billing::v1::PaymentState>(billing::v1::PAYMENT_STATE_SUCCEEDED + column);
      SCOPED_TRACE(absl::StrCat(std::string(NameOf(command)), " in ", std::string(NameOf(state))));
      EXPECT_EQ(Allows(state, command), allowed[column] == 'x');
      Scene scene = PaymentIn(state);
      Asked asked;
      // A payment is no credit note, whatever its state.
      if (command == Command::kRefundCreditNote) continue;
      if (command == Command::kApplyCredit) {
        asked = scene.OfPayment<billing::v1::ApplyCreditRequest>();
      } else {
        asked = AskOfAccount(scene, command);
      }
      if (allowed[column] == 'x') {
        EXPECT_NE(ReasonOf(asked.status), "ILLEGAL_TRANSITION") << asked.status;
        EXPECT_NE(ReasonOf(asked.status), "PAYMENT_NOT_FOUND") << asked.status;
      } else {
        ExpectRefusal(asked, "payment", NameOf(state), command, "ILLEGAL_TRANSITION");
      }
    }
  }
  for (const auto& row : billing::PaymentTable().rows()) {
    for (int i = 0; i < billing::kCommands; ++i) {
      const auto command = static_cast<Command>(i);
      EXPECT_TRUE(seen.contains(command) || !Allows(row.state, command)) << NameOf(command);
    }
  }
}

TEST(Transitions, EveryStateOfTheProtosHasItsRow) {
  const auto states = [](const auto& table) {
    std::set<int> all;
    for (const auto& row : table.rows()) all.insert(row.state);
    return all.size();
  };
  EXPECT_EQ(states(billing::AccountTable()), size_t(billing::v1::AccountState_ARRAYSIZE - 1));
  EXPECT_EQ(states(billing::InvoiceTable()), size_t(billing::v1::InvoiceState_ARRAYSIZE - 1));
  EXPECT_EQ(states(billing::PaymentTable()), size_t(billing::v1::PaymentState_ARRAYSIZE - 1));
}

TEST(Transitions, ARefusalNamesTheStateAndWhatItAllows) {
  Scene scene = InvoiceIn(billing::v1::INVOICE_STATE_PAID);
  const Asked asked = scene.OfInvoice<billing::v1::MarkInvoiceUncollectibleRequest>();
  EXPECT_EQ(MetadataOf(asked.status, "id"), scene.invoice_id);
  EXPECT_EQ(MetadataOf(asked.status, "allowed_commands"),
            "VoidInvoice,ReverseWriteOff,IssueCreditNote,ReleaseCredit");
}

}  // namespace
}  // namespace daybook
