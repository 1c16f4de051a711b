#include "common/base/metrics.h"

#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace daybook {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

TEST(FiguresOfMetrics, ExistWithZeroFromTheStart) {
  Metrics metrics;
  metrics.AddCounter("a_total", "All a.", {{"kind", "x"}});
  metrics.AddGauge("b", "B now.");
  metrics.AddHistogram("c_seconds", "C.", {0.1, 1});
  EXPECT_EQ(metrics.Expose(),
            "# HELP a_total All a.\n# TYPE a_total counter\na_total{kind=\"x\"} 0\n"
            "# HELP b B now.\n# TYPE b gauge\nb 0\n"
            "# HELP c_seconds C.\n# TYPE c_seconds histogram\nc_seconds_count 0\nc_seconds_sum 0\n"
            "c_seconds_bucket{le=\"0.1\"} 0\nc_seconds_bucket{le=\"1\"} 0\n"
            "c_seconds_bucket{le=\"+Inf\"} 0\n");
}

TEST(FiguresOfMetrics, AreTheSameUnderTheSameNameAndLabels) {
  Metrics metrics;
  Counter& one = metrics.AddCounter("a_total", "A.", {{"kind", "x"}});
  EXPECT_EQ(&one, &metrics.AddCounter("a_total", "A.", {{"kind", "x"}}));
  EXPECT_NE(&one, &metrics.AddCounter("a_total", "A.", {{"kind", "y"}}));
}

TEST(FiguresOfMetrics, PutObservationsIntoTheirBucket) {
  Metrics metrics;
  Histogram& seconds = metrics.AddHistogram("c_seconds", "C.", {0.1, 1});
  for (const double value : {0.05, 0.1, 0.5, 2.0}) seconds.Observe(value);  // bounds are inclusive
  EXPECT_THAT(metrics.Expose(),
              AllOf(HasSubstr("{le=\"0.1\"} 2\n"), HasSubstr("{le=\"1\"} 3\n"),
                    HasSubstr("{le=\"+Inf\"} 4\n"), HasSubstr("c_seconds_sum 2.65\n")));
}

TEST(FiguresOfMetrics, LoseNothingBetweenThreads) {
  Metrics metrics;
  Counter& counter = metrics.AddCounter("a_total", "A.");
  Gauge& gauge = metrics.AddGauge("b", "B.");
  Histogram& histogram = metrics.AddHistogram("c", "C.", {1});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 10'000; ++i) {
        counter.Increment();
        gauge.Add(i % 2 == 0 ? 1 : -1);
        histogram.Observe(0.5);
      }
    });
  }
  for (int i = 0; i < 20; ++i) metrics.Expose();
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(counter.value(), 40'000u);
  EXPECT_EQ(gauge.value(), 0);
  EXPECT_EQ(histogram.count(), 40'000u);
  EXPECT_EQ(histogram.sum(), 20'000);
}

TEST(FiguresOfMetrics, AreReadWhenExposed) {
  Metrics metrics;
  double now = 1;
  metrics.AddGauge("depth", "Depth.", {{"q", "1"}}, [&] { return now; });
  metrics.AddCounter("seen_total", "Seen.", {}, [&] { return 10 * now; });
  now = 7;
  EXPECT_THAT(metrics.Expose(),
              AllOf(HasSubstr("depth{q=\"1\"} 7\n"), HasSubstr("seen_total 70\n")));
}

TEST(FiguresOfMetrics, AreReadTogetherFromOneCopyAScrape) {
  Metrics metrics;
  int copies = 0;
  metrics.OnExpose([&] { ++copies; });
  for (const char* q : {"1", "2", "3"}) {
    metrics.AddGauge("copies", "Copies.", {{"q", q}}, [&] { return copies; });
  }
  metrics.Expose();
  EXPECT_THAT(metrics.Expose(),
              AllOf(HasSubstr("copies{q=\"1\"} 2\n"), HasSubstr("copies{q=\"3\"} 2\n")));
  EXPECT_EQ(copies, 2);
}

TEST(FiguresOfMetrics, EscapeLabels) {
  Metrics metrics;
  metrics.AddGauge("a", "A.", {{"path", "say \"x\"\\\n"}});
  EXPECT_THAT(metrics.Expose(), HasSubstr("a{path=\"say \\\"x\\\"\\\\\\n\"} 0\n"));
}

TEST(FiguresOfMetrics, KnowTheProcess) {
  Metrics metrics;
  metrics.AddProcess("1.2.3");
  const std::string text = metrics.Expose();
  EXPECT_THAT(text, HasSubstr("daybook_build_info{version=\"1.2.3\"} 1\n"));
  for (const char* name :
       {"process_resident_memory_bytes", "process_virtual_memory_bytes", "process_open_fds",
        "process_max_fds", "process_threads", "process_start_time_seconds"}) {
    EXPECT_THAT(text, ContainsRegex(std::string("\n") + name + " [1-9]"));
  }
  EXPECT_THAT(text, HasSubstr("\nprocess_cpu_seconds_total "));
  EXPECT_THAT(text, Not(HasSubstr("nan")));
}

}  // namespace
}  // namespace daybook
