// The options of `cloche run` and of `cloche learn`, and what they ask for.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "cli/options.h"
#include "spec/spec.h"

namespace cloche::cli {

/// What is not about the sandbox but about the telling.
struct Telling {
  std::optional<std::string> report;  ///< JSON
  std::optional<std::string> page;    ///< HTML
  bool summary = false, quiet = false, verbose = false, dry_run = false, explain = false;
};

struct RunRequest {
  Spec spec;  ///< profiles are named in it, not yet loaded
  Telling telling;
};

std::span<const Option> run_options();
/// Throws UsageError: "--memory: '2X' is not a size".
RunRequest read_run_request(const Parsed& parsed);

}  // namespace cloche::cli
