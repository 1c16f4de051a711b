// Protobuf's wire format where bytes are put together, or looked through, without a message: an
// answer that is passed on as it is, the result around it, a request's unknown fields.
//
//   wire::AppendInt(kRevisionField, revision, &response);
//   wire::AppendBytes(kConsistencyTokenField, token, &response);
//
//   wire::Field field;
//   while (!bytes.empty() && wire::TakeField(bytes, field)) Look(field.number, field.bytes);
//
// Fields of a message may stand in any order, so what is appended to a serialised message sets its
// fields. A stream onto a string would do the same, but first fills all that the string has
// reserved. Groups are not known: no message of ours has one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace daybook::wire {

enum Type : uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

constexpr uint32_t Tag(int number, Type type) { return static_cast<uint32_t>(number) << 3 | type; }

// --- appending ---------------------------------------------------------------------------------

inline void AppendVarint(uint64_t value, std::string* out) {
  for (; value >= 0x80; value >>= 7) out->push_back(static_cast<char>(value | 0x80));
  out->push_back(static_cast<char>(value));
}
constexpr size_t VarintSize(uint64_t value) {
  size_t size = 1;
  for (; value >= 0x80; value >>= 7) ++size;
  return size;
}

// An int64, an enum or a bool; negative numbers take ten bytes.
inline void AppendInt(int number, int64_t value, std::string* out) {
  AppendVarint(Tag(number, kVarint), out);
  AppendVarint(static_cast<uint64_t>(value), out);
}

// A string, bytes or a message; of it the header alone, if the caller appends the rest.
inline void AppendBytesHeader(int number, size_t size, std::string* out) {
  AppendVarint(Tag(number, kBytes), out);
  AppendVarint(size, out);
}
inline void AppendBytes(int number, std::string_view bytes, std::string* out) {
  AppendBytesHeader(number, bytes.size(), out);
  out->append(bytes);
}
constexpr size_t BytesSize(int number, size_t size) {
  return VarintSize(Tag(number, kBytes)) + VarintSize(size) + size;
}

// --- taking: from the front; false: it is not there whole, and `bytes` is of no use any more -----

inline bool TakeVarint(std::string_view& bytes, uint64_t& value) {
  constexpr size_t kLongest = 10;
  if (!bytes.empty() && static_cast<uint8_t>(bytes[0]) < 0x80) {  // as nearly all are
    value = static_cast<uint8_t>(bytes[0]);
    bytes.remove_prefix(1);
    return true;
  }
  value = 0;
  for (size_t i = 0; i < bytes.size() && i < kLongest; ++i) {
    const auto byte = static_cast<uint8_t>(bytes[i]);
    value |= static_cast<uint64_t>(byte & 0x7F) << (7 * i);
    if (byte < 0x80) {
      bytes.remove_prefix(i + 1);
      return true;
    }
  }
  return false;
}

inline bool Skip(std::string_view& bytes, uint64_t count) {
  if (count > bytes.size()) return false;
  bytes.remove_prefix(count);
  return true;
}

struct Field {
  uint64_t number = 0;
  Type type = kVarint;
  std::string_view bytes;  // the value of a string, bytes or a message; else empty
};
inline bool TakeField(std::string_view& bytes, Field& field) {
  uint64_t tag, value;
  if (!TakeVarint(bytes, tag)) return false;
  field = {tag >> 3, static_cast<Type>(tag & 7), {}};
  switch (field.type) {
    case kVarint:
      return TakeVarint(bytes, value);
    case kFixed64:
      return Skip(bytes, 8);
    case kFixed32:
      return Skip(bytes, 4);
    case kBytes:
      if (!TakeVarint(bytes, value)) return false;
      field.bytes = bytes.substr(0, value);
      return Skip(bytes, value);
  }
  return false;
}

}  // namespace daybook::wire
