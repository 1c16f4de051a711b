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
  const auto mix = [&hash](uint64_t word) {
    hash = (hash ^ word) * kOdd;
    hash ^= hash >> 32;
  };
  uint64_t word = 0;
  for (; request_id.size() >= sizeof(word); request_id.remove_prefix(sizeof(word))) {
    std::memcpy(&word, request_id.data(), sizeof(word));
    mix(word);
  }
  if (!request_id.empty()) {
    word = 0;
    std::memcpy(&word, request_id.data(), request_id.size());
    mix(word);
  }
  return static_cast<uint32_t>(hash * kOdd >> 32);
}

}  // namespace

void MarkRequest(std::string_view request_id, internal::book::v1::Stream& stream) {
  auto& marks = *stream.mutable_request_marks();
  const bool complete = marks.size() == stream.commit_count();
  stream.set_commit_count(stream.commit_count() + 1);
  if (!complete) return;
  if (marks.size() < kMaxRequestMarks) {
    marks.Add(MarkOf(request_id));
  } else {
    google::protobuf::RepeatedField<uint32_t>().Swap(&marks);  // gives the memory back, too
  }
}

bool KnowsRequests(const internal::book::v1::Stream& stream) {
  return stream.request_marks().size() == stream.commit_count();
}

bool MayKnowRequest(const internal::book::v1::Stream& stream, std::string_view request_id) {
  const auto& marks = stream.request_marks();
  return !KnowsRequests(stream) ||
         FindWord(marks.data(), marks.size(), 0, MarkOf(request_id)) < marks.size();
}

}  // namespace daybook::command
