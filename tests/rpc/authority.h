// Certificates for tests.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include "gtest/gtest.h"

namespace daybook::rpc {

// A certificate authority in a directory of its own, made with the openssl program.
class Authority {
 public:
  Authority() {
    std::string pattern = std::filesystem::temp_directory_path() / "daybook-tls-XXXXXX";
    dir_ = ::mkdtemp(pattern.data());
    Run("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=authority "
        "-keyout ca.key -out ca.pem");
  }
  ~Authority() { std::filesystem::remove_all(dir_); }

  // NAME.key and NAME.pem, for localhost; good for so many days from now.
  void Issue(const std::string& name, int days = 2) {
    Run("req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=" + name +
        " -addext subjectAltName=DNS:" + name + ",DNS:localhost -keyout " + name + ".key -out " +
        name + ".csr");
    Run("x509 -req -in " + name + ".csr -CA ca.pem -CAkey ca.key -days " + std::to_string(days) +
        " -copy_extensions copy -out " + name + ".pem");
  }

  // NAME.key and NAME.pem of somebody, as `subject` and `extension` say it.
  void IssueAs(const std::string& name, const std::string& subject, const std::string& extension) {
    Run("req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -utf8 -subj '" + subject + "' " +
        (extension.empty() ? "" : "-addext '" + extension + "'") + " -keyout " + name +
        ".key -out " + name + ".csr");
    Run("x509 -req -in " + name +
        ".csr -CA ca.pem -CAkey ca.key -days 2 -copy_extensions copy -out " + name + ".pem");
  }

  std::string File(const std::string& name) const { return dir_ + "/" + name; }

 private:
  void Run(const std::string& arguments) const {
    const std::string command = "cd " + dir_ + " && openssl " + arguments + " 2> log";
    EXPECT_EQ(std::system(command.c_str()), 0) << command;
  }

  std::string dir_;
};

}  // namespace daybook::rpc
