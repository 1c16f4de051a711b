// How the fields of a message type come over the wire: a table per type, made once from the
// descriptors, so that serialised bytes can be walked without reflection, which is dearer than
// parsing them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string_view>
#include <vector>

#include "common/base/wire.h"
#include "google/protobuf/descriptor.h"

namespace daybook {

// Of a type and all types inside of it. Thread-safe once it is made.
class WireSchema {
 public:
  struct Message;
  struct Field {
    uint64_t number = 0;
    uint8_t wire_types = 0;            // bit set of wire::Type; none: not a field
    bool text = false;                 // a string: valid UTF-8
    const Message* message = nullptr;  // what is inside, if anything

    bool Has(wire::Type type) const { return (wire_types & (1 << type)) != 0; }
  };
  struct Message {
    // Null, or without wire types: there is none of the number.
    const Field* Find(uint64_t number) const;

    std::vector<Field> low;   // by number, up to kLow
    std::vector<Field> high;  // sorted
  };

  explicit WireSchema(const google::protobuf::Descriptor* type) : root_(Plan(type)) {}
  const Message& root() const { return *root_; }

 private:
  static constexpr uint64_t kLow = 64;
  const Message* Plan(const google::protobuf::Descriptor* type);

  std::map<const google::protobuf::Descriptor*, std::unique_ptr<Message>> messages_;
  const Message* root_;
};

// Whether every string in a serialised message of the type is valid UTF-8. One that is not is
// written by protobuf all the same, which only logs it; no parser takes the bytes. False also if
// the bytes are no message.
bool AllTextIsUtf8(const WireSchema::Message& type, std::string_view bytes);

}  // namespace daybook
