// A bus that takes calls and says nothing: what a user's systemd that hangs looks like.
#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <vector>

#include "base/fd.h"
#include "support/folder.h"

namespace cloche::testing {

class SilentBus {
 public:
  SilentBus() : listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path_.c_str(), sizeof address.sun_path - 1);
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(listener_.get(), 8), 0);
  }

  /// What makes a program take it for the user's.
  std::vector<std::string> variables() const {
    return {"DBUS_SESSION_BUS_ADDRESS=unix:path=" + path_, "XDG_RUNTIME_DIR=/nowhere"};
  }
  /// The next caller's end, once somebody calls.
  Fd accept() const { return Fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)); }

 private:
  TemporaryFolder folder_;
  std::string path_ = folder_.at("bus");
  Fd listener_;
};

}  // namespace cloche::testing
