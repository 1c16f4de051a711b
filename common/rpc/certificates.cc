#include "common/rpc/certificates.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/stat.h>

#include <ctime>
#include <fstream>
#include <memory>
#include <sstream>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/clock.h"
#include "common/base/status.h"

namespace daybook::rpc {
namespace {

using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

// PEM files are small; a path to something else is not read whole.
constexpr size_t kMaxFileBytes = 1 << 20;

absl::Status Unusable(std::string_view what, const std::string& file, std::string_view why) {
  ERR_clear_error();
  return absl::FailedPreconditionError(
      absl::StrCat("TLS: the ", std::string(what), " '", file, "' ", std::string(why)));
}

absl::StatusOr<std::string> Read(std::string_view what, const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return Unusable(what, file, "cannot be read");
  std::string content(kMaxFileBytes + 1, '\0');
  in.read(content.data(), static_cast<std::streamsize>(content.size()));
  content.resize(static_cast<size_t>(in.gcount()));
  if (content.size() > kMaxFileBytes) return Unusable(what, file, "is larger than 1 MiB");
  return content;
}

Bio Open(const std::string& pem) {
  return Bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free);
}

// A key with a passphrase is unusable: nobody is there to ask.
int NoPassphrase(char*, int, int, void*) { return -1; }

absl::StatusOr<std::vector<Certificate>> ParseChain(std::string_view what, const std::string& file,
                                                    const std::string& pem) {
  const Bio bio = Open(pem);
  std::vector<Certificate> chain;
  while (X509* each = PEM_read_bio_X509(bio.get(), nullptr, &NoPassphrase, nullptr)) {
    chain.emplace_back(each, &X509_free);
  }
  // Behind the last one nothing may start that cannot be read.
  const auto error = ERR_peek_last_error();
  if (chain.empty() || ERR_GET_REASON(error) != PEM_R_NO_START_LINE) {
    return Unusable(what, file, "holds no certificate in PEM that can be read");
  }
  ERR_clear_error();
  return chain;
}

absl::Time ExpiryOf(const X509& certificate) {
  std::tm end = {};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(&certificate), &end) != 1) return absl::InfinitePast();
  return absl::FromTM(end, absl::UTCTimeZone());
}

// What a file looks like from outside: another one differs in at least one of these.
std::string LookOf(const std::string& file) {
  struct stat s;
  if (file.empty() || stat(file.c_str(), &s) != 0) return "none;";
  return absl::StrCat(s.st_dev, ",", s.st_ino, ",", s.st_size, ",", s.st_mtim.tv_sec, ".",
                      s.st_mtim.tv_nsec, ",", s.st_ctim.tv_sec, ".", s.st_ctim.tv_nsec, ";");
}

std::string Over(const std::string& file, absl::Time since) {
  return absl::StrCat("TLS: the certificate '", file, "' is over since ",
                      absl::FormatTime(since, absl::UTCTimeZone()));
}

struct Loaded {
  Certificates::Pem pem;
  absl::Time expires;
};

absl::StatusOr<Loaded> Load(const TlsFiles& files) {
  Loaded loaded;
  ASSIGN_OR_RETURN(loaded.pem.certificate_chain, Read("certificate", files.certificate_chain));
  ASSIGN_OR_RETURN(const auto chain, ParseChain("certificate", files.certificate_chain,
                                                loaded.pem.certificate_chain));
  ASSIGN_OR_RETURN(loaded.pem.private_key, Read("private key", files.private_key));
  const Bio bio = Open(loaded.pem.private_key);
  const Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, &NoPassphrase, nullptr),
                &EVP_PKEY_free);
  if (key == nullptr) {
    return Unusable("private key", files.private_key, "is no key in PEM without passphrase");
  }
  if (X509_check_private_key(chain[0].get(), key.get()) != 1) {
    return Unusable("private key", files.private_key,
                    absl::StrCat("is not that of the certificate '", files.certificate_chain, "'"));
  }
  if (!files.client_ca.empty()) {
    ASSIGN_OR_RETURN(loaded.pem.client_ca, Read("client CA", files.client_ca));
    RETURN_IF_ERROR(ParseChain("client CA", files.client_ca, loaded.pem.client_ca).status());
  }
  loaded.expires = ExpiryOf(*chain[0]);
  return loaded;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Certificates>> Certificates::Open(TlsFiles files, Say say) {
  std::unique_ptr<Certificates> opened(new Certificates(std::move(files), std::move(say)));
  const TlsFiles& f = opened->files_;
  opened->seen_ = LookOf(f.certificate_chain) + LookOf(f.private_key) + LookOf(f.client_ca);
  ASSIGN_OR_RETURN(Loaded loaded, Load(f));
  opened->in_use_ = std::move(loaded.pem);
  opened->expires_ = loaded.expires;
  if (loaded.expires <= WallNow()) {
    opened->say_(Notice::kWarning,
                 Over(f.certificate_chain, loaded.expires) + "; clients will refuse it");
  }
  return opened;
}

void Certificates::LookLocked() {
  std::string look =
      LookOf(files_.certificate_chain) + LookOf(files_.private_key) + LookOf(files_.client_ca);
  if (look == seen_) return;
  seen_ = std::move(look);
  auto loaded = Load(files_);
  if (!loaded.ok()) {
    return say_(Notice::kWarning,
                absl::StrCat(loaded.status().message(), "; the one before stays in use"));
  }
  const absl::Time now = WallNow();
  if (loaded->expires <= now && expires_ > now) {
    return say_(Notice::kWarning,
                Over(files_.certificate_chain, loaded->expires) + "; the one before stays in use");
  }
  in_use_ = std::move(loaded->pem);
  expires_ = loaded->expires;
  changed_ = true;
  say_(Notice::kInfo,
       absl::StrCat("TLS: new connections get the new certificate of '", files_.certificate_chain,
                    "', good until ", absl::FormatTime(expires_, absl::UTCTimeZone())));
}

std::optional<Certificates::Pem> Certificates::TakeChange() {
  std::lock_guard lock(mutex_);
  LookLocked();
  if (!std::exchange(changed_, false)) return std::nullopt;
  return in_use_;
}

absl::Time Certificates::expires() {
  std::lock_guard lock(mutex_);
  LookLocked();
  return expires_;
}

}  // namespace daybook::rpc
