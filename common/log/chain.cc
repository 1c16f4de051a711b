#include "common/log/chain.h"

#include <algorithm>

#include <openssl/evp.h>

#include <memory>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/planted_bug.h"
#include "common/base/status.h"

namespace daybook::log {

Hash LinkHash(const Hash& previous, std::string_view value) {
  // The digest is fetched once: looking it up for every record halves the speed of a replay.
  static EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  thread_local const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(),
                                                                                EVP_MD_CTX_free);
  unsigned char digest[EVP_MAX_MD_SIZE];
  DAYBOOK_CHECK(EVP_DigestInit_ex2(context.get(), sha256, nullptr) == 1 &&
                EVP_DigestUpdate(context.get(), previous.data(), previous.size()) == 1 &&
                EVP_DigestUpdate(context.get(), value.data(), value.size()) == 1 &&
                EVP_DigestFinal_ex(context.get(), digest, nullptr) == 1);
  Hash hash;
  std::copy_n(reinterpret_cast<const char*>(digest), hash.size(), hash.begin());
  return hash;
}

v1::Position ToProto(const Position& position) {
  v1::Position proto;
  proto.set_next_offset(position.next_offset);
  proto.set_last_offset(position.last_offset);
  proto.set_epoch(position.epoch);
  proto.set_sequence(position.sequence);
  proto.set_hash(position.hash.data(), position.hash.size());
  proto.set_recorded_time_us(position.recorded_time_us);
  proto.set_previous_hash(position.previous_hash.data(), position.previous_hash.size());
  return proto;
}

absl::StatusOr<Position> FromProto(const v1::Position& proto) {
  Position position;
  if (proto.hash().size() != position.hash.size() ||
      proto.previous_hash().size() != position.previous_hash.size()) {
    return absl::InvalidArgumentError("a position's hashes must have 16 bytes");
  }
  position.next_offset = proto.next_offset();
  position.last_offset = proto.last_offset();
  position.epoch = proto.epoch();
  position.sequence = proto.sequence();
  std::copy(proto.hash().begin(), proto.hash().end(), position.hash.begin());
  position.recorded_time_us = proto.recorded_time_us();
  std::copy(proto.previous_hash().begin(), proto.previous_hash().end(),
            position.previous_hash.begin());
  return position;
}

std::string ToString(const Position& p) {
  return absl::StrCat("next offset ", p.next_offset, ", last effective ", p.last_offset, ", epoch ",
                      p.epoch, ", sequence ", p.sequence, ", hash ",
                      absl::BytesToHexString(absl::string_view(p.hash.data(), p.hash.size())));
}

std::string_view ToString(Verdict verdict) {
  switch (verdict) {
    case Verdict::kEffective: return "effective";
    case Verdict::kVoidUnparsable: return "unparsable";
    case Verdict::kVoidBeforeOwner: return "before_owner";
    case Verdict::kVoidOldEpoch: return "old_epoch";
    case Verdict::kVoidStaleClaim: return "stale_claim";
    case Verdict::kVoidSequence: return "sequence";
    case Verdict::kVoidFuture: return "future_epoch";
  }
  return "?";
}

bool ParseFrame(std::string_view bytes, v1::Frame* frame) {
  return frame->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

int64_t RecordedTimeUs(const v1::Frame& frame) {
  return frame.recorded_time().seconds() * 1'000'000 + frame.recorded_time().nanos() / 1'000;
}

namespace {

// Which records count, and if not, why. The whole rule.
Verdict Judge(const Position& at, const v1::Frame* frame) {
  if (frame == nullptr) return Verdict::kVoidUnparsable;
  const uint64_t epoch = frame->epoch();
  if (frame->has_owner_started()) {
    if (epoch == at.epoch + 1 || DAYBOOK_PLANTED(kAnyOwnerStartedCounts)) {
      return Verdict::kEffective;
    }
    return epoch <= at.epoch ? Verdict::kVoidStaleClaim : Verdict::kVoidFuture;
  }
  if (at.epoch == 0) return Verdict::kVoidBeforeOwner;
  if (DAYBOOK_PLANTED(kFoldIgnoresEpoch) && frame->sequence() == at.sequence + 1) {
    return Verdict::kEffective;
  }
  if (epoch > at.epoch) return Verdict::kVoidFuture;
  if (epoch < at.epoch) return Verdict::kVoidOldEpoch;
  if (DAYBOOK_PLANTED(kFoldIgnoresSequence)) return Verdict::kEffective;
  return frame->sequence() == at.sequence + 1 ? Verdict::kEffective : Verdict::kVoidSequence;
}

// Records that a gap may stand before: those that a broker may legitimately have dropped around.
bool MayFollowGap(Verdict verdict) {
  return verdict == Verdict::kVoidOldEpoch || verdict == Verdict::kVoidStaleClaim;
}

}  // namespace

absl::StatusOr<Verdict> Chain::Apply(int64_t offset, const v1::Frame* frame,
                                     std::string_view bytes) {
  DAYBOOK_CHECK(offset >= at_.next_offset);
  if (offset > at_.next_offset) gap_ = true;
  const Verdict verdict = Judge(at_, frame);
  if (gap_ && !IsEffective(verdict) && !MayFollowGap(verdict)) {
    return absl::DataLossError(absl::StrFormat(
        "offset %d: records are missing before it (the last one read was %d) and it does not "
        "continue the chain (%s): the log was cut or has lost records",
        offset, at_.next_offset - 1, ToString(verdict)));
  }
  if (IsEffective(verdict)) {
    if (frame->body_case() == v1::Frame::BODY_NOT_SET) {
      return absl::UnimplementedError(absl::StrFormat(
          "offset %d: a record of a kind that this version does not know: written by a newer "
          "version; upgrade this one",
          offset));
    }
    // A bug that changes which records count would stop at the hash before it is seen to lose or
    // repeat a command; the simulation is to find the loss itself.
    const bool hash_unchecked =
        DAYBOOK_PLANTED(kFoldIgnoresEpoch) || DAYBOOK_PLANTED(kFoldIgnoresSequence) ||
        DAYBOOK_PLANTED(kAnyOwnerStartedCounts);
    const std::string_view previous = frame->previous_hash();
    if (!frame->has_owner_started() && !hash_unchecked &&
        previous != std::string_view(at_.hash.data(), at_.hash.size())) {
      return absl::DataLossError(absl::StrFormat(
          "offset %d: the record continues another history (its previous_hash is %s, the chain is "
          "at %s): the log was altered",
          offset, absl::BytesToHexString(frame->previous_hash()),
          absl::BytesToHexString(absl::string_view(at_.hash.data(), at_.hash.size()))));
    }
    gap_ = false;
    at_.previous_hash = at_.hash;
    at_.hash = LinkHash(at_.hash, bytes);
    at_.last_offset = offset;
    at_.epoch = frame->epoch();
    if (!frame->has_owner_started()) at_.sequence = frame->sequence();
    // A claim is dated before it is known what its predecessor still appends in front of it.
    at_.recorded_time_us = std::max(at_.recorded_time_us, RecordedTimeUs(*frame));
  }
  at_.next_offset = offset + 1;
  return verdict;
}

}  // namespace daybook::log
