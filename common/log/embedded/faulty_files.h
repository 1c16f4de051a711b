// A file system whose appends and syncs fail when a test says so.
#pragma once

#include <rocksdb/file_system.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace daybook::log {

using Fault = std::function<absl::Status(std::string_view operation, const std::string& file)>;

std::shared_ptr<rocksdb::FileSystem> NewFaultyFileSystem(Fault fault);

}  // namespace daybook::log
