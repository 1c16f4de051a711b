// What books ask of each other without knowing each other.
//
// Gate: whom a command may be about. The engine asks it before Decide, of the one domain that knows
// whether a stream is there (`Admit`, decider.h), so that no other book reads that domain's state.
//
// OpenItems: why a stream cannot be put aside yet. Each book adds what is open in it (`Blocks`),
// and whoever puts streams aside asks for all of it (View::open_items).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace daybook::command {

enum class Gate : uint8_t {
  kAny,         // nobody is asked; also a stream that was never heard of
  kRegistered,  // one that is there, put aside or not
  kActive,      // one that is there and not put aside
};

class OpenItems {
 public:
  // `count` things of a kind, which may be none: `open_invoice_count`, "open invoices".
  void Add(int64_t count, std::string_view key, std::string_view what);

  // Nothing is open.
  bool empty() const { return total_ == 0; }
  // "2 open invoices and 1 drafts"
  std::string ToText() const;
  // Every kind with its count.
  const std::vector<std::pair<std::string, std::string>>& metadata() const { return metadata_; }

 private:
  int64_t total_ = 0;
  std::vector<std::string> words_;
  std::vector<std::pair<std::string, std::string>> metadata_;
};

struct View;
using FindOpenItems = void (*)(const View&, OpenItems*);

}  // namespace daybook::command
