// Bugs planted on purpose, to prove that the tests find them. Only a test that is compiled with
// DAYBOOK_PLANT has them at all; everywhere else DAYBOOK_PLANTED(x) is the constant false.
#pragma once

namespace daybook {

enum class PlantedBug {
  kNone,
  kFoldIgnoresEpoch,
  kFoldIgnoresSequence,
  kAnyOwnerStartedCounts,
  kNoOffsetProof,
  kNoBarrier,
  kRefusalReleasedByEarlierRecord,
  kGoesOnAfterError,
  kStateKeptAfterDoubt,
  kTwinsNotJoined,
  kAcknowledgesBeforeConfirm,
  kReceiptsForgotten,
  kFlushSeesLaterEdits,
  kKeysIgnored,
  kGapBelieved,
  kClaimInGapOverlooked,
  kEmptyCommitRaisesRevision,
  kPartTakenForEmpty,
  kPartNotWritten,
};

#ifdef DAYBOOK_PLANT
inline thread_local PlantedBug planted_bug = PlantedBug::kNone;
#define DAYBOOK_PLANTED(bug) (::daybook::planted_bug == ::daybook::PlantedBug::bug)
#else
#define DAYBOOK_PLANTED(bug) false
#endif

}  // namespace daybook
