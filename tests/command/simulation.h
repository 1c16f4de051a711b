// Owners of one partition racing over a log that loses, delays, repeats and lies, by seed.
//
// Two or three processes, each a real Partition over a cache of its own, pause, crash and claim;
// clients send commands of two small toy books, resend after UNAVAILABLE, and record every call and
// outcome; somebody else writes into the same log, and leaves holes in it. At the end the network
// heals, and Run compares the record of the clients with the log as a second, independent fold
// reads it (simulation.cc). A seed gives the same run every time.
#pragma once

#include <cstdint>
#include <string>

namespace daybook::command {

struct SimulationResult {
  std::string violation;  // empty: every invariant held
  int commands = 0;
  int acknowledged = 0;
  int refused = 0;
  int unknown = 0;
  int ownerships = 0;
  int doubts = 0;
  int void_records = 0;
  int foreign_records = 0;
  int gaps = 0;  // that owners read through
};

SimulationResult RunSimulation(uint64_t seed);

}  // namespace daybook::command
