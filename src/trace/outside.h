// What the host has where the payload looked: asked after the run, by the person's own rights.
#pragma once

#include <functional>
#include <string>

#include "trace/act.h"

namespace cloche {

struct OutsidePath {
  enum class Kind { missing, folder, file, socket, device, other };
  Kind kind = Kind::missing;
  std::string real;  ///< links followed; empty where it is missing
  bool readable = false, writable = false, executable = false;
  bool by_group = false;  ///< only because of one of the person's other groups
};

/// The judge asks through these, so that its rules are tested without a host.
struct Outside {
  std::function<OutsidePath(const std::string& path)> at;
  std::function<bool(Transport transport, std::int64_t port)> listens;  ///< on a loopback address
  std::function<bool(const std::string& name)> listens_abstract;
  std::string home;
  std::string tilde;  ///< what the person's shell reads ~ as; empty where that is not the home
};

/// The real one.
Outside outside_of(const std::string& home);

}  // namespace cloche
