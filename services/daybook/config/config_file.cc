#include "services/daybook/config/config_file.h"

#include <sys/stat.h>
#include <toml++/toml.h>

#include <algorithm>
#include <sstream>

#include "common/base/status.h"
#include "common/base/text.h"
#include "services/daybook/process/read_file.h"

namespace daybook {
namespace {

std::string At(const std::string& path, uint32_t line) { return Cat(path, ":", line); }

absl::Status Flatten(const std::string& path, const std::string& prefix, const toml::table& table,
                     std::vector<Given>* out) {
  for (const auto& [key, node] : table) {
    const std::string name = Cat(prefix, std::string_view(key.str()));
    const uint32_t line = key.source().begin.line;
    if (const auto* inner = node.as_table()) {
      RETURN_IF_ERROR(Flatten(path, name + ".", *inner, out));
    } else if (const auto* text = node.as_string()) {
      out->push_back({name, text->get(), At(path, line)});
    } else if (node.is_boolean() || node.is_number()) {
      std::ostringstream value;
      value << toml::node_view(node);
      out->push_back({name, value.str(), At(path, line)});
    } else {
      return absl::InvalidArgumentError(
          Cat(At(path, line), ": ", name, ": must be a string, a number or true/false"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<Given>> ParseConfigFile(const std::string& path,
                                                   std::string_view content) {
  std::vector<Given> given;
  try {
    RETURN_IF_ERROR(Flatten(path, "", toml::parse(content, path), &given));
  } catch (const toml::parse_error& error) {
    return absl::InvalidArgumentError(Cat(At(path, error.source().begin.line),
                                          ": not valid TOML: ", std::string(error.description())));
  }
  // A table iterates by name; people read from the top.
  std::stable_sort(given.begin(), given.end(), [](const Given& a, const Given& b) {
    const auto line = [](const Given& g) {
      return std::stol(g.from.substr(g.from.rfind(':') + 1));
    };
    return line(a) < line(b);
  });
  return given;
}

absl::StatusOr<std::vector<Given>> ReadConfigFile(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string content, ReadFile(path));
  ASSIGN_OR_RETURN(std::vector<Given> given, ParseConfigFile(path, content));
  struct stat status;
  const bool readable_by_others =
      stat(path.c_str(), &status) == 0 && (status.st_mode & S_IROTH) != 0;
  for (const Given& g : given) {
    if (readable_by_others && IsSecret(g.key)) {
      return absl::FailedPreconditionError(Cat(
          g.from, ": ", g.key, " is a secret and everybody may read the file: chmod o-r ", path));
    }
  }
  return given;
}

}  // namespace daybook
