// Every query of the service against the second opinion.
#pragma once

#include <string>

#include "tests/balances/world.h"

namespace daybook::balances {

// Clocks and sizes of one round of questions; optional ones are left out of the requests.
struct Question {
  int as_of = 0;           // day of the story; above 400: not given, which is today
  int read = 0;            // milliseconds after the first time; above 100,000: not given
  int start = 0, end = 0;  // statement; above 400: not given
  int page_size = 0;
  int later = 0;  // days after the last record that it is asked
};

// Empty if all answers agree, else the first difference.
std::string Differences(World& world, const Question& question);

}  // namespace daybook::balances
