#include "services/daybook/import/order_lane.h"

#include <utility>

#include "common/base/status.h"
#include "common/base/text.h"
#include "common/log/token.h"
#include "services/daybook/import/known_invoices.h"

namespace daybook {
namespace {

constexpr size_t kBatchCommands = 800;

void ValidateOnly(book::v1::Command& command) {
  if (command.has_register_customer()) {
    command.mutable_register_customer()->set_validate_only(true);
  } else if (command.has_open_account()) {
    command.mutable_open_account()->set_validate_only(true);
  } else if (command.has_issue_invoice()) {
    command.mutable_issue_invoice()->set_validate_only(true);
  } else if (command.has_record_payment()) {
    command.mutable_record_payment()->set_validate_only(true);
  } else {
    command.mutable_issue_credit_note()->set_validate_only(true);
  }
}

// What of the row was refused, why, and if it is in the book otherwise how that is corrected.
std::string Explained(const Order& order, const book::v1::Command& sent,
                      const absl::Status& status) {
  const bool reused = ReasonOf(status) == "REQUEST_ID_REUSED";
  const std::string name =
      order.order_id.empty() ? "this order" : Cat("order '", order.order_id, "'");
  if (sent.has_issue_invoice()) {
    if (!reused) return std::string(status.message());
    return Cat(name,
               " is in the book with other content: its invoice stays as it is; to correct it, "
               "credit the difference (IssueCreditNote), or take back its payment if there is "
               "one (ReversePayment), void it (VoidInvoice) and ",
               order.order_id.empty() ? "issue it anew (IssueInvoice)"
                                      : "import the order under another order_id");
  }
  if (sent.has_record_payment()) {
    if (!reused) return Cat("the payment of ", name, ", whose invoice is in: ", status.message());
    return Cat(name,
               " is in the book, but its payment with other content (paid_date): the payment "
               "stays as it is; to correct it, take it back (ReversePayment) and record it anew "
               "(RecordPayment)");
  }
  const std::string back = order.order_id.empty() ? "this return" : Cat("the return of ", name);
  if (!reused) return Cat(back, ": ", status.message());
  return Cat(back,
             " is in the book with other content: it was taken off another order, or its money "
             "went another way (--returns, paid_date); it stays as it is; to correct it, invoice "
             "what was credited (IssueInvoice) and credit the right invoice (IssueCreditNote)");
}

}  // namespace

void ImportSummary::Add(const ImportSummary& other) {
  customers += other.customers;
  new_customers += other.new_customers;
  orders.Add(other.orders);
  payments.Add(other.payments);
  returns.Add(other.returns);
  total_minor += other.total_minor;
  returned_minor += other.returned_minor;
  left_out_lines.insert(left_out_lines.end(), other.left_out_lines.begin(),
                        other.left_out_lines.end());
  repeated += other.repeated;
  left_out_payments += other.left_out_payments;
}

void ImportSummary::Settle() {
  for (OutcomeCount* count : {&orders, &payments, &returns}) count->Settle();
}

OrderLane::OrderLane(OrderLaneJob* job, std::vector<size_t> orders)
    : job_(job),
      orders_(std::move(orders)),
      sender_(job->client, {.give_up = job->give_up, .stop = &job->stop, .notice = job->notice}) {}

absl::Status OrderLane::Run() {
  if (job_->across_files) RETURN_IF_ERROR(FindForeigners());
  std::vector<size_t> returns;
  for (size_t next = 0; next < orders_.size();) {
    batch_.clear();
    const size_t begin = next;
    for (; next < orders_.size() && batch_.size() < kBatchCommands; ++next) {
      if (OrderAt(orders_[next]).is_return()) {
        returns.push_back(orders_[next]);
        continue;
      }
      AddCustomer(orders_[next]);
      if (foreigners_.count(orders_[next]) == 0) AddInvoice(orders_[next]);
    }
    paid_.clear();
    RETURN_IF_ERROR(SendBatch());
    batch_.clear();
    for (const size_t index : paid_) AddPayment(index);
    RETURN_IF_ERROR(SendBatch());
    job_->progress->Add(static_cast<int64_t>(next - begin));
  }
  for (size_t next = 0; next < returns.size();) {
    batch_.clear();
    while (next < returns.size() && batch_.size() < kBatchCommands) AddReturn(returns[next++]);
    RETURN_IF_ERROR(SendBatch());
  }
  return absl::OkStatus();
}

absl::Status OrderLane::FindForeigners() {
  std::map<std::string_view, InvoiceCounts> counts;  // by customer
  const auto count_of = [&](size_t index) -> int64_t& {
    const Order& order = OrderAt(index);
    return counts[order.customer_id][{order.date, order.amount_minor}];
  };
  std::vector<size_t> alike;
  for (const size_t index : orders_) {
    const Order& order = OrderAt(index);
    if (order.is_return() || !order.order_id.empty()) continue;
    if (counts.count(order.customer_id) == 0) {
      ASSIGN_OR_RETURN(
          counts[order.customer_id],
          KnownInvoices(*job_->client, order.customer_id, AccountIdOf(job_->currency),
                        job_->first_days.at(order.customer_id),
                        {.give_up = job_->give_up, .stop = &job_->stop, .notice = job_->notice}));
    }
    if (count_of(index) > 0) alike.push_back(index);
  }
  // Those that such an import brought have their own invoices.
  std::vector<size_t> fresh;
  for (size_t next = 0; next < alike.size();) {
    const size_t begin = next;
    std::vector<book::v1::Command> commands;
    for (; next < alike.size() && commands.size() < kBatchCommands; ++next) {
      const Order& order = OrderAt(alike[next]);
      commands.push_back(InvoiceCommand(order, job_->names.Of(order), job_->currency));
      ValidateOnly(commands.back());
    }
    ASSIGN_OR_RETURN(const auto results, sender_.Send(commands));
    for (size_t i = 0; i < results.size(); ++i) {
      if (results[i].already_recorded()) {
        --count_of(alike[begin + i]);
      } else {
        fresh.push_back(alike[begin + i]);
      }
    }
  }
  for (const size_t index : fresh) {
    if (count_of(index)-- > 0) RETURN_IF_ERROR(LeaveOutForeigner(index));
  }
  return absl::OkStatus();
}

absl::Status OrderLane::LeaveOutForeigner(size_t index) {
  const Order& order = OrderAt(index);
  foreigners_.insert(index);
  summary_.left_out_lines.push_back(order.line);
  job_->left_out->Unreadable(
      order.line,
      "the book has an invoice of this customer, day and amount that came without "
      "--across-files; if this is another order, import it in a file of its own without the "
      "flag");
  return StopIfStrict(order);
}

void OrderLane::Remember(const std::string& text) {
  const auto token = log::DecodeToken(text);
  if (!token.ok()) return;
  auto& newest = tokens_[token->partition];
  if (token->next_offset > newest.first) newest = {token->next_offset, text};
}

void OrderLane::AddCustomer(size_t index) {
  const Order& order = OrderAt(index);
  if (!known_.insert(order.customer_id).second) return;
  const absl::CivilDay first = job_->first_days.at(order.customer_id);
  const auto profile = job_->file.customers.find(order.customer_id);
  Put(index,
      RegisterCommand(order.customer_id,
                      profile == job_->file.customers.end() ? CustomerProfile() : profile->second,
                      first));
  Put(index, OpenAccountCommand(order.customer_id, first, job_->currency));
}

void OrderLane::AddInvoice(size_t index) {
  const Order& order = OrderAt(index);
  Put(index, InvoiceCommand(order, job_->names.Of(order), job_->currency));
}

void OrderLane::AddPayment(size_t index) {
  const Order& order = OrderAt(index);
  Put(index, PaymentCommand(order, job_->names.Of(order), invoice_ids_[index], job_->currency));
}

void OrderLane::AddReturn(size_t index) {
  const Order& returned = OrderAt(index);
  const auto invoice_id = invoice_ids_.find(returned.returned);
  if (invoice_id == invoice_ids_.end()) {
    summary_.left_out_lines.push_back(returned.line);
    return job_->left_out->Unreadable(returned.line,
                                      "a return of an order that was left out as well");
  }
  if (invoice_id->second.empty()) return CountReturn(returned, false, false, "");
  Put(index, ReturnCommand(returned, OrderAt(returned.returned), job_->names.Of(returned),
                           invoice_id->second, job_->returns_as_credit, job_->currency));
}

void OrderLane::Put(size_t index, book::v1::Command command) {
  if (job_->dry_run) ValidateOnly(command);
  batch_.push_back({index, std::move(command)});
}

absl::Status OrderLane::SendBatch() {
  if (batch_.empty()) return absl::OkStatus();
  std::vector<book::v1::Command> commands;
  for (Sent& sent : batch_) commands.push_back(std::move(sent.command));
  ASSIGN_OR_RETURN(const auto results, sender_.Send(commands));
  for (size_t i = 0; i < results.size(); ++i) {
    RETURN_IF_ERROR(Take(batch_[i].order, commands[i], results[i], sender_.in_doubt(i)));
  }
  return absl::OkStatus();
}

absl::Status OrderLane::Take(size_t index, const book::v1::Command& sent,
                             const book::v1::CommandResult& result, bool in_doubt) {
  const Order& order = OrderAt(index);
  const bool already = result.already_recorded();
  switch (result.result_case()) {
    case book::v1::CommandResult::kRegisterCustomer:
      ++summary_.customers;
      if (!already || in_doubt) ++summary_.new_customers;
      return absl::OkStatus();
    case book::v1::CommandResult::kOpenAccount:
      return absl::OkStatus();
    case book::v1::CommandResult::kIssueInvoice:
      return TakeInvoice(index, result.issue_invoice().invoice_id(), already, in_doubt,
                         result.issue_invoice().consistency_token());
    case book::v1::CommandResult::kRecordPayment:
      Remember(result.record_payment().consistency_token());
      summary_.payments.Add(already, in_doubt, result.record_payment().consistency_token(),
                            order.line);
      return absl::OkStatus();
    case book::v1::CommandResult::kIssueCreditNote:
      Remember(result.issue_credit_note().consistency_token());
      CountReturn(order, already, in_doubt, result.issue_credit_note().consistency_token());
      return absl::OkStatus();
    default:  // of a command that an import does not send
      break;
  }
  const absl::Status status = StatusOf(result);
  const std::string reason = ReasonOf(status);
  // The customer or account was there before: as it should be.
  if (reason == "CUSTOMER_EXISTS") ++summary_.customers;
  if (reason == "CUSTOMER_EXISTS" || reason == "ACCOUNT_EXISTS") return absl::OkStatus();
  const bool nobody = reason == "CUSTOMER_NOT_FOUND" || reason == "ACCOUNT_NOT_FOUND";
  if (sent.has_register_customer() || sent.has_open_account()) {
    // That there is nobody follows from the registration, or is so because nothing was recorded.
    if (!nobody) strangers_.try_emplace(order.customer_id, sent.has_register_customer(), status);
    return absl::OkStatus();
  }
  const auto stranger = strangers_.find(order.customer_id);
  if (nobody && stranger != strangers_.end()) {
    const auto& [unregistered, why] = stranger->second;
    summary_.left_out_lines.push_back(order.line);
    const std::string what =
        unregistered
            ? Cat("customer '", order.customer_id, "' could not be registered: ")
            : Cat("the account of customer '", order.customer_id, "' could not be opened: ");
    return LeaveOut(order, Cat(what, why.message()), ReasonOf(why));
  }
  // Nobody is there yet who would be by then.
  if (job_->dry_run && nobody) return TakeInvoice(index, "", false, false, "");
  if (sent.has_record_payment()) {
    ++summary_.left_out_payments;
  } else {
    summary_.left_out_lines.push_back(order.line);
  }
  return LeaveOut(order, Explained(order, sent, status), reason);
}

absl::Status OrderLane::TakeInvoice(size_t index, const std::string& invoice_id, bool already,
                                    bool in_doubt, const std::string& token) {
  const Order& order = OrderAt(index);
  Remember(token);
  // Who could not be registered as the file has them was there before.
  const auto stranger = strangers_.find(order.customer_id);
  if (stranger != strangers_.end()) {
    if (stranger->second.first) ++summary_.customers;
    strangers_.erase(stranger);
  }
  summary_.orders.Add(already, in_doubt, token, order.line);
  summary_.total_minor += order.amount_minor;
  // What was only validated has no invoice yet.
  const bool there = !job_->dry_run || already;
  invoice_ids_[index] = there ? invoice_id : "";
  if (order.amount_minor == 0 || !order.paid_date.has_value()) return absl::OkStatus();
  if (there) {
    paid_.push_back(index);
  } else {
    summary_.payments.Add(false, false, "", order.line);
  }
  return absl::OkStatus();
}

void OrderLane::CountReturn(const Order& order, bool already, bool in_doubt,
                            const std::string& token) {
  summary_.returns.Add(already, in_doubt, token, order.line);
  summary_.returned_minor -= order.amount_minor;
}

absl::Status OrderLane::LeaveOut(const Order& order, std::string_view message,
                                 std::string_view reason) {
  job_->left_out->Refused(order.line, message, reason);
  return StopIfStrict(order);
}

absl::Status OrderLane::StopIfStrict(const Order& order) const {
  if (!job_->strict) return absl::OkStatus();
  return absl::AbortedError(Cat("stopped at line ", order.line, " (--strict)"));
}

}  // namespace daybook
