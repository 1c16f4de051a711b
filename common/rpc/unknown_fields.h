// Finds fields that this server does not know, anywhere in a message: a command with such a field
// would be executed without what the caller meant by it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace daybook::rpc {

// Made once a method: which fields hold messages is looked up then, so that a check of a request of
// ten messages costs some 0.2 µs. Thread-safe.
class UnknownFields {
 public:
  explicit UnknownFields(const google::protobuf::Descriptor* type);
  ~UnknownFields();
  UnknownFields(UnknownFields&&) noexcept;

  // Path and number of the first one, `lines[2].#1999`; empty if there is none. What is inside of
  // google.protobuf.Any is not looked at.
  std::string FirstIn(const google::protobuf::Message& message) const;

 private:
  struct Type;
  const Type* Plan(const google::protobuf::Descriptor* type);

  std::map<const google::protobuf::Descriptor*, std::unique_ptr<Type>> types_;
  const Type* root_;
};

}  // namespace daybook::rpc
