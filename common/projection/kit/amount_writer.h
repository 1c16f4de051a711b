// Amounts in the answers of queries: as google.type.Money, whatever they come to.
//
//   ASSIGN_OR_RETURN(const Currency* yen, CurrencyOf("JPY"));
//   const AmountWriter money(*yen, row);
//   money.Write(sums.debit, row->mutable_debit());
//
// A sum over accounts may be more than Money can hold, whose units have 64 bits. Then the field
// stays unset, and the exact amount stands in the answer's `larger_amounts` under the field's name.
// It is neither refused, which one absurd amount would do to every answer that counts it, nor cut
// off.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/base/money.h"
#include "google/protobuf/map.h"
#include "google/protobuf/message.h"
#include "google/type/decimal.pb.h"
#include "google/type/money.pb.h"

namespace daybook::projection {

// DATA_LOSS for a currency that this version does not know.
absl::StatusOr<const Currency*> CurrencyOf(std::string_view currency_code);

// Of one currency, into the fields of one answer, which outlives it. Costs two pointers.
class AmountWriter {
 public:
  template <class Answer>
  AmountWriter(const Currency& currency, Answer* answer)
      : currency_(&currency), answer_(answer), larger_(answer->mutable_larger_amounts()) {}

  // `field` is a field of the answer.
  void Write(Int128 minor, google::type::Money* field) const;

 private:
  const Currency* currency_;
  google::protobuf::Message* answer_;
  google::protobuf::Map<std::string, google::type::Decimal>* larger_;
};

}  // namespace daybook::projection
