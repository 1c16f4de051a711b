// Makes the commands of a load: what one customer does next, by a seed.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "daybook/billing/v1/billing_service.pb.h"
#include "google/protobuf/message.h"
#include "tests/support/history.h"

namespace daybook {

// One customer of a load: registers, opens an account, then gets invoices, pays them, has some of
// them taken back and some payments charged back. About one command in eight must be refused, each
// for a reason that stays true whatever happens meanwhile.
class LoadCustomer {
 public:
  // `number` tells the customers of a load apart; `name` begins all ids.
  LoadCustomer(const std::string& name, int number);

  // Nothing can be sent before a command under way is answered.
  bool busy() const { return step_ == Step::kRegistering || step_ == Step::kOpening; }

  // The next command under `request_id`; its outcome and times are empty.
  IssuedCommand Next(const std::string& request_id, std::mt19937_64& random);

  // A command of this customer was accepted.
  void Accepted(const IssuedCommand& command);

 private:
  enum class Step { kNew, kRegistering, kRegistered, kOpening, kOpen };

  IssuedCommand Make(const std::string& request_id, const std::string& service,
                     const std::string& method, const google::protobuf::Message& request,
                     const std::string& must_be_refused = "") const;
  IssuedCommand Register(const std::string& request_id, const std::string& must_be_refused) const;
  IssuedCommand Open(const std::string& request_id, const std::string& must_be_refused) const;
  IssuedCommand Invoice(const std::string& request_id, std::mt19937_64& random,
                        const std::string& must_be_refused) const;
  // Takes back all of an invoice, as credit, on the invoice's day.
  IssuedCommand CreditNote(const std::string& request_id,
                           const billing::v1::IssueCreditNoteRequest&,
                           const std::string& must_be_refused) const;
  // Some amount of a payment, which may be more than is left of it.
  IssuedCommand ChargeBack(const std::string& request_id, std::mt19937_64& random) const;
  IssuedCommand Payment(const std::string& request_id, std::mt19937_64& random,
                        const std::string& must_be_refused) const;
  IssuedCommand PaymentAgain(const std::string& request_id, std::mt19937_64& random) const;
  IssuedCommand Reuse(std::mt19937_64& random) const;
  IssuedCommand Refused(const std::string& request_id, std::mt19937_64& random) const;

  const std::string id_;
  const std::string account_id_;
  const std::string currency_;
  Step step_ = Step::kNew;
  std::vector<std::string> invoice_request_ids_;  // accepted ones, the last few
  std::vector<std::string> payments_;             // ids of accepted ones, the last few
  std::vector<std::string> external_payments_;    // requests of accepted ones, the last few
  // What would take back an invoice that nothing was taken back of yet; of the last few.
  std::vector<billing::v1::IssueCreditNoteRequest> creditable_;
  std::vector<billing::v1::IssueCreditNoteRequest> credited_;  // accepted ones, the last few
};

}  // namespace daybook
