// The ratios, what they must hold, and how they are printed.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace daybook::bench {

struct Figure {
  std::string id;
  double numerator = 0;
  double denominator = 0;
  std::string unit;  // of both
  std::string note;  // at which load, over how many runs, what else was seen
  // False: taken at another size than the floor is for; printed, not held against it.
  bool judged = true;
};

// What a figure is and what it must hold. Without a floor it is printed and nothing else.
struct Promise {
  std::string_view id;
  std::string_view what;
  double floor;
  double goal;
  bool at_most;  // the value may not be above the floor; else not below
  bool has_floor = true;
};
// Null: no such figure.
const Promise* PromiseOf(std::string_view id);

// Cores, processor, memory, kernel, file system of `directory`, load.
std::string Machine(const std::string& directory);

class Report {
 public:
  explicit Report(bool json) : json_(json) {}

  // To standard error: what is being done, what was seen on the way.
  void Say(std::string_view text) const;
  // To standard output.
  void Add(const Figure& figure);

  // Ids whose floor is not held.
  const std::vector<std::string>& broken() const { return broken_; }

 private:
  const bool json_;
  bool titled_ = false;
  std::vector<std::string> broken_;
};

// The middle value; of an even number the lower.
double Median(std::vector<double> values);

// Values of several runs by what was measured.
class Runs {
 public:
  void Add(const std::string& what, double value) { values_[what].push_back(value); }
  double MedianOf(const std::string& what) const;
  // "41.2k (39.8k-42.0k)"
  std::string Spread(const std::string& what) const;

 private:
  std::map<std::string, std::vector<double>> values_;
};

// 1234567 -> "1.23M"
std::string Short(double value);

}  // namespace daybook::bench
