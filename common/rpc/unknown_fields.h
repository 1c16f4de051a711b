// Finds fields that this server does not know, anywhere in a message: a command with such a field
// would be executed without what the caller meant by it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace daybook::rpc {

// Made once a method. The wire bytes are walked with a table of each type's fields, which costs a
// third of parsing them; reflection, dearer than parsing, only names what was found. Thread-safe.
class UnknownFields {
 public:
  explicit UnknownFields(const google::protobuf::Descriptor* type);
  ~UnknownFields();

  // `bytes` were parsed into `message`. Path and number of the first unknown field,
  // `lines[2].#1999`; empty if there is none. What is inside of google.protobuf.Any is not looked
  // at.
  std::string FirstIn(std::string_view bytes, const google::protobuf::Message& message) const;

 private:
  struct Type;
  const Type* Plan(const google::protobuf::Descriptor* type);

  std::map<const google::protobuf::Descriptor*, std::unique_ptr<Type>> types_;
  const Type* root_;
};

}  // namespace daybook::rpc
