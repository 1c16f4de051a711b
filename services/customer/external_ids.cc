#include "services/customer/external_ids.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/fields.h"
#include "common/base/text.h"

namespace daybook::customer {
namespace {

constexpr size_t kMaxSystemCharacters = 32;
constexpr size_t kMaxIdCharacters = 128;

bool IsSystem(std::string_view text) {
  if (text.empty() || text.size() > kMaxSystemCharacters) return false;
  if (text[0] < 'a' || text[0] > 'z') return false;
  return text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789._-") ==
         std::string_view::npos;
}

}  // namespace

void CheckExternalId(const v1::ExternalId& external_id, std::string_view field,
                     FieldViolations& bad) {
  if (!IsSystem(external_id.system())) {
    bad.Add(absl::StrCat(ToAbsl(field), ".system"),
            "must be 1 to 32 of a-z, 0-9, '.', '_' and '-', a letter first");
  }
  const absl::Status status = CheckName(external_id.id(), kMaxIdCharacters);
  if (!status.ok()) bad.Add(absl::StrCat(ToAbsl(field), ".id"), ToStd(status.message()));
}

void CheckExternalIds(const google::protobuf::RepeatedPtrField<v1::ExternalId>& external_ids,
                      FieldViolations& bad) {
  if (external_ids.size() > kMaxExternalIds) {
    return bad.Add("external_ids", absl::StrCat("has more than ", kMaxExternalIds, " entries"));
  }
  for (int i = 0; i < external_ids.size(); ++i) {
    CheckExternalId(external_ids[i], At("external_ids", i).ToString(), bad);
    for (int j = 0; j < i; ++j) {
      if (external_ids[j].system() != external_ids[i].system()) continue;
      bad.Add(At("external_ids", i, "system").ToString(), "is named twice: one id a system");
      break;
    }
  }
}

v1::ExternalId Normalised(const v1::ExternalId& external_id) {
  v1::ExternalId normal;
  normal.set_system(external_id.system());
  normal.set_id(Tidy(external_id.id()));
  return normal;
}

const v1::ExternalId* FindSystem(const state::State& state, const std::string& system) {
  for (const v1::ExternalId& external_id : state.external_ids()) {
    if (external_id.system() == system) return &external_id;
  }
  return nullptr;
}

}  // namespace daybook::customer
