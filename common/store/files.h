// The file system below a store's database. Private to common/store.
//
// RocksDB opens a new file with O_TRUNC, and makes an ingested file a table by a second name that
// it removes when the table lives. A crash in between leaves both names, and whoever makes a file
// under the first one empties the table. Here no name that may be alive is written over:
//
//   - a new file is a fresh inode: what stood under its name is unlinked first, whosever it is;
//   - a file that is ingested is renamed, so that a table has one name in its whole life;
//   - what is there is never opened to be changed.
#pragma once

#include <rocksdb/file_system.h>

#include <memory>
#include <string>
#include <string_view>

#include "common/store/store.h"

namespace daybook::store {

// Where the rows of a partition become a file, before that is a table of the database.
std::string IngestPath(const std::string& directory, int partition);
bool IsIngestPath(std::string_view path);
// What Store::TryDisk makes.
std::string TrialPath(const std::string& directory);

// `fault`: see Options; may be null.
std::shared_ptr<rocksdb::FileSystem> NewStoreFileSystem(const FileFault& fault);

// Removes what may have been left in the directory of an open database: files that were to be
// ingested, which may be second names of tables; a trial; empty write-ahead logs, of which RocksDB
// makes one at each opening and which nothing is ever written to; logs of RocksDB's own, which it
// no longer has.
void RemoveLeftOver(const std::string& directory);

}  // namespace daybook::store
