#include "common/log/chain.h"

#include <openssl/evp.h>

#include <algorithm>
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
  proto.set_chain_key(position.chain_key);
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
  position.chain_key = proto.chain_key();
  return position;
}

std::string ToString(const Position& p) {
  return absl::StrCat("next offset ", p.next_offset, ", last effective ", p.last_offset, ", epoch ",
                      p.epoch, ", sequence ", p.sequence, ", hash ",
                      absl::BytesToHexString(absl::string_view(p.hash.data(), p.hash.size())));
}

std::string_view ToString(Verdict verdict) {
  switch (verdict) {
    case Verdict::kEffective:
      return "effective";
    case Verdict::kVoidUnparsable:
      return "unparsable";
    case Verdict::kVoidBeforeOwner:
      return "before_owner";
    case Verdict::kVoidOldEpoch:
      return "old_epoch";
    case Verdict::kVoidStaleClaim:
      return "stale_claim";
    case Verdict::kVoidSequence:
      return "sequence";
    case Verdict::kVoidFuture:
      return "future_epoch";
    case Verdict::kVoidForeign:
      return "foreign";
  }
  return "?";
}

bool ParseFrame(std::string_view bytes, v1::Frame* frame) {
  return frame->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

int64_t RecordedTimeUs(const v1::Frame& frame) {
  return frame.recorded_time().seconds() * 1'000'000 + frame.recorded_time().nanos() / 1'000;
}

uint64_t ChainKey(std::string_view owner) {
  const Hash hash = LinkHash({}, owner);
  uint64_t key = 0;
  for (size_t i = 0; i < sizeof key; ++i) key = key << 8 | static_cast<unsigned char>(hash[i]);
  return std::max<uint64_t>(key, 1);
}

uint64_t KeyAfter(const v1::Frame& frame) {
  // The first format whose records have a key.
  constexpr int kKeyedFormat = 2;
  if (frame.chain_key() != 0 || !frame.has_owner_started()) return frame.chain_key();
  const v1::OwnerStarted& claim = frame.owner_started();
  return claim.format() >= kKeyedFormat ? ChainKey(claim.owner()) : 0;
}

namespace {

// Which records count, and if not, why. The whole rule.
Verdict Judge(const Position& at, const v1::Frame* frame) {
  if (frame == nullptr) return Verdict::kVoidUnparsable;
  const uint64_t epoch = frame->epoch();
  const bool claim = frame->has_owner_started();
  const bool knows = frame->chain_key() == at.chain_key || DAYBOOK_PLANTED(kKeysIgnored);
  if (claim && DAYBOOK_PLANTED(kAnyOwnerStartedCounts)) return Verdict::kEffective;
  if (claim && epoch <= at.epoch) return Verdict::kVoidStaleClaim;
  if (!claim && at.epoch == 0) return Verdict::kVoidBeforeOwner;
  if (!claim && DAYBOOK_PLANTED(kFoldIgnoresEpoch) && frame->sequence() == at.sequence + 1) {
    return Verdict::kEffective;
  }
  if (epoch < at.epoch) return Verdict::kVoidOldEpoch;
  if (!knows) return Verdict::kVoidForeign;
  if (epoch > at.epoch + (claim ? 1 : 0)) return Verdict::kVoidFuture;
  if (claim || DAYBOOK_PLANTED(kFoldIgnoresSequence)) return Verdict::kEffective;
  return frame->sequence() == at.sequence + 1 ? Verdict::kEffective : Verdict::kVoidSequence;
}

// A bug that changes which records count would stop at the hash before it is seen to lose or repeat
// a command; the simulation is to find the loss itself.
bool HistoryUnchecked() {
  return DAYBOOK_PLANTED(kFoldIgnoresEpoch) || DAYBOOK_PLANTED(kFoldIgnoresSequence) ||
         DAYBOOK_PLANTED(kAnyOwnerStartedCounts) || DAYBOOK_PLANTED(kKeysIgnored);
}

std::string Hex(std::string_view bytes) {
  return absl::BytesToHexString(absl::string_view(bytes.data(), bytes.size()));
}

}  // namespace

// Whether the log is what the writer of this record saw of it, as far as the record tells.
absl::Status Chain::CheckWhole(int64_t offset, const v1::Frame& frame, Verdict verdict) const {
  if (HistoryUnchecked()) return absl::OkStatus();
  const bool counts = IsEffective(verdict);
  // Who knows the key is or was an owner.
  const bool keyed = at_.chain_key != 0 && frame.chain_key() == at_.chain_key;
  if (keyed && verdict == Verdict::kVoidFuture) {
    return absl::DataLossError(
        absl::StrFormat("offset %d: the log has lost records: an owner of epoch %d wrote this one, "
                        "and its claim is "
                        "not here (the newest is of epoch %d)",
                        offset, frame.epoch(), at_.epoch));
  }
  if ((counts || keyed) && frame.confirmed_sequence() > at_.sequence) {
    return absl::DataLossError(absl::StrFormat(
        "offset %d: the log has lost acknowledged records: %d counted when this one was written, "
        "and before it stand %d",
        offset, frame.confirmed_sequence(), at_.sequence));
  }
  // Format 1 has no better sign of a loss.
  if (gap_ && at_.chain_key == 0 && verdict == Verdict::kVoidSequence &&
      frame.sequence() > at_.sequence + 1) {
    return absl::DataLossError(absl::StrFormat(
        "offset %d: records are missing before it (the last one read was %d) and it does not "
        "continue the chain (%s): the log was cut or has lost records",
        offset, at_.next_offset - 1, std::string(ToString(verdict))));
  }
  if (counts && !frame.has_owner_started() &&
      frame.previous_hash() != std::string_view(at_.hash.data(), at_.hash.size())) {
    return absl::DataLossError(absl::StrFormat(
        "offset %d: the record continues another history (its previous_hash is %s, the chain is "
        "at %s): the log was altered",
        offset, Hex(frame.previous_hash()), Hex({at_.hash.data(), at_.hash.size()})));
  }
  return absl::OkStatus();
}

absl::StatusOr<Verdict> Chain::Apply(int64_t offset, const v1::Frame* frame,
                                     std::string_view bytes) {
  DAYBOOK_CHECK(offset >= at_.next_offset);
  if (offset > at_.next_offset) gap_ = true;
  const Verdict verdict = Judge(at_, frame);
  if (frame != nullptr) RETURN_IF_ERROR(CheckWhole(offset, *frame, verdict));
  if (IsEffective(verdict)) {
    if (frame->body_case() == v1::Frame::BODY_NOT_SET) {
      return absl::UnimplementedError(absl::StrFormat(
          "offset %d: a record of a kind that this version does not know: written by a newer "
          "version; upgrade this one",
          offset));
    }
    gap_ = false;
    at_.previous_hash = at_.hash;
    at_.hash = LinkHash(at_.hash, bytes);
    at_.last_offset = offset;
    at_.epoch = frame->epoch();
    if (!frame->has_owner_started()) at_.sequence = frame->sequence();
    if (at_.chain_key == 0) at_.chain_key = KeyAfter(*frame);
    // A claim is dated before it is known what its predecessor still appends in front of it.
    at_.recorded_time_us = std::max(at_.recorded_time_us, RecordedTimeUs(*frame));
  }
  at_.next_offset = offset + 1;
  return verdict;
}

void Chain::Pass(int64_t next) {
  if (next <= at_.next_offset) return;
  gap_ = true;
  at_.next_offset = next;
}

void Chain::Shift(int64_t by) {
  at_.last_offset += by;
  at_.next_offset += by;
}

}  // namespace daybook::log
