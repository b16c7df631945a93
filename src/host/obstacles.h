// Why a set-up step failed on this host: found out by looking, said with the remedy to paste. `root` is the
// folder below which /proc and /etc are read: "" on the real machine, a made-up tree in tests.
#pragma once

#include <string>

namespace cloche {

struct Obstacle {
  std::string sentence;
  std::string remedy;
};

/// Why clone into new namespaces answered `error`.
Obstacle why_no_namespaces(int error, const std::string& root = {});
/// Why mounting a fresh /proc answered `error`.
Obstacle why_no_fresh_proc(int error, const std::string& root = {});
/// Why writing a one-id map answered `error`.
Obstacle why_no_map(int error, const std::string& root = {});

}  // namespace cloche
