#include "common/command/request_marks.h"

#include <cstdint>
#include <cstring>

#include "common/base/find_word.h"

namespace daybook::command {
namespace {

// Kept on disk, so it is the same in every process on this machine, which std::hash need not be.
uint32_t MarkOf(std::string_view request_id) {
  constexpr uint64_t kOdd = 0x9e3779b97f4a7c15;  // 2^64 / golden ratio
  uint64_t hash = request_id.size() * kOdd;
  while (!request_id.empty()) {
    uint64_t word = 0;
    const size_t bytes = request_id.size() < sizeof(word) ? request_id.size() : sizeof(word);
    std::memcpy(&word, request_id.data(), bytes);
    request_id.remove_prefix(bytes);
    hash = (hash ^ word) * kOdd;
    hash ^= hash >> 32;
  }
  return static_cast<uint32_t>(hash * kOdd >> 32);
}

}  // namespace

void MarkRequest(std::string_view request_id, internal::book::v1::State& state) {
  auto& marks = *state.mutable_request_marks();
  const bool complete = marks.size() == state.commit_count();
  state.set_commit_count(state.commit_count() + 1);
  if (!complete) return;
  if (marks.size() < kMaxRequestMarks) {
    marks.Add(MarkOf(request_id));
  } else {
    google::protobuf::RepeatedField<uint32_t>().Swap(&marks);  // gives the memory back, too
  }
}

bool KnowsRequests(const internal::book::v1::State& state) {
  return state.request_marks().size() == state.commit_count();
}

bool MayKnowRequest(const internal::book::v1::State& state, std::string_view request_id) {
  const auto& marks = state.request_marks();
  return !KnowsRequests(state) ||
         FindWord(marks.data(), marks.size(), 0, MarkOf(request_id)) < marks.size();
}

}  // namespace daybook::command
