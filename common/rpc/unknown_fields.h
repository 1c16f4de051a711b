// Finds fields that this server does not know, anywhere in a message: a command with such a field
// would be executed without what the caller meant by it.
#pragma once

#include <string>
#include <string_view>

#include "common/base/wire_schema.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace daybook::rpc {

// Made once a method. The wire bytes are walked with a table of each type's fields, which costs a
// third of parsing them; reflection, dearer than parsing, only names what was found. Thread-safe.
class UnknownFields {
 public:
  explicit UnknownFields(const google::protobuf::Descriptor* type) : schema_(type) {}

  // `bytes` were parsed into `message`. Path and number of the first unknown field,
  // `lines[2].#1999`; empty if there is none. What is inside of google.protobuf.Any is not looked
  // at.
  std::string FirstIn(std::string_view bytes, const google::protobuf::Message& message) const;

 private:
  const WireSchema schema_;
};

}  // namespace daybook::rpc
