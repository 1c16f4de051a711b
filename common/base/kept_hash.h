// A hash set of things, each of which holds the key that it is found by. The set keeps the hash of
// every key beside the pointer, so that neither a rehash nor a collision dereferences a pointer:
// the things are many, lie far from the processor, and each look at one costs some 200 ns.
//
//   struct IdOf {
//     std::string_view operator()(const Customer* customer) const { return customer->id; }
//   };
//   KeptHash<Customer*, IdOf>::Set customers;
//   customers.find(KeptHash<Customer*, IdOf>::Wanted{id, HashOfKey(id)});
#pragma once

#include <cstddef>
#include <string_view>

#include "absl/container/flat_hash_set.h"
#include "absl/hash/hash.h"
#include "absl/strings/string_view.h"

namespace daybook {

inline size_t HashOfKey(std::string_view key) {
  return absl::Hash<absl::string_view>()(absl::string_view(key.data(), key.size()));
}

// `Handle` is a raw or an owning pointer; `KeyOf` gives the key of the thing that it points to. The
// caller of insert has looked for the key before: it is not compared again.
template <class Handle, class KeyOf>
struct KeptHash {
  struct Slot {
    mutable Handle handle;  // may be exchanged for another of the same key
    size_t hash;
  };
  struct Wanted {
    std::string_view key;
    size_t hash;
  };
  // Anything with that hash: enough for a hint, and it looks at no thing.
  struct Hinted {
    size_t hash;
  };
  struct Hash {
    using is_transparent = void;
    size_t operator()(const Slot& slot) const { return slot.hash; }
    size_t operator()(const Wanted& wanted) const { return wanted.hash; }
    size_t operator()(const Hinted& hinted) const { return hinted.hash; }
  };
  struct Eq {
    using is_transparent = void;
    bool operator()(const Slot& a, const Slot& b) const { return a.handle == b.handle; }
    bool operator()(const Slot& a, const Wanted& b) const {
      return a.hash == b.hash && KeyOf()(a.handle) == b.key;
    }
    bool operator()(const Slot& a, const Hinted& b) const { return a.hash == b.hash; }
  };
  using Set = absl::flat_hash_set<Slot, Hash, Eq>;
};

}  // namespace daybook
