// HTTP/2 as bytes, for callers who speak it by hand.
#pragma once

#include <cstdint>
#include <string>

namespace daybook::http2 {

enum Type {
  kData,
  kHeaders,
  kPriority,
  kRst,
  kSettings,
  kPush,
  kPing,
  kGoAway,
  kWindow,
  kContinuation
};
enum Flags { kEndStream = 1, kAck = 1, kEndHeaders = 4 };

// What a caller begins with, before SETTINGS.
inline const std::string kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

inline std::string BigEndian(uint32_t value, int bytes) {
  std::string text;
  for (int i = bytes - 1; i >= 0; --i) text += static_cast<char>(value >> (8 * i));
  return text;
}

inline std::string Frame(int type, int flags, uint32_t stream, const std::string& payload) {
  return BigEndian(static_cast<uint32_t>(payload.size()), 3) + static_cast<char>(type) +
         static_cast<char>(flags) + BigEndian(stream, 4) + payload;
}

// A header as HPACK has it without compression; name and value of up to 126 bytes.
inline std::string Header(const std::string& name, const std::string& value) {
  return std::string(1, '\0') + static_cast<char>(name.size()) + name +
         static_cast<char>(value.size()) + value;
}

// The headers of a gRPC call.
inline std::string CallHeaders(const std::string& path) {
  return Header(":method", "POST") + Header(":scheme", "http") + Header(":path", path) +
         Header(":authority", "daybook") + Header("te", "trailers") +
         Header("content-type", "application/grpc");
}

// A gRPC message with its prefix.
inline std::string Message(const std::string& bytes) {
  return std::string(1, '\0') + BigEndian(static_cast<uint32_t>(bytes.size()), 4) + bytes;
}

}  // namespace daybook::http2
