// Writing messages that whoever reads them will take.
#pragma once

#include <string>

#include "google/protobuf/message_lite.h"

namespace daybook {

// Appends the serialised message. False: it holds text that is not valid UTF-8 (or is too large to
// be a message at all), and no parser would take the bytes: what stands in `bytes` is of no use.
//
// protobuf writes such text all the same and says so only in its log, from the serialiser's own
// check; this listens there, so that nothing is checked twice and nothing is parsed to find out.
// Any thread.
bool AppendParsable(const google::protobuf::MessageLite& message, std::string* bytes);

}  // namespace daybook
