// Messages of a serving process on stderr: text on a terminal, else JSON lines. No personal data.
// The only user of spdlog. Thread-safe.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace daybook {

enum class Severity { kDebug, kInfo, kWarning, kError };

// `level`: debug, info, warning, error. `format`: auto, text, json. Before any thread.
void StartLogging(std::string_view level, std::string_view format);

using LogFields = std::initializer_list<std::pair<std::string_view, std::string>>;

// One line: a sentence, and what varies as fields.
void Log(Severity severity, std::string_view message, LogFields fields = {});

}  // namespace daybook
