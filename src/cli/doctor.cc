#include <unistd.h>

#include <array>
#include <cstdlib>

#include <fmt/format.h>

#include "base/error.h"
#include "base/fd.h"
#include "cli/commands.h"
#include "cli/doctor_options.h"
#include "cli/doctor_words.h"
#include "doctor/doctor.h"
#include "host/read_facts.h"

namespace cloche::cli {
namespace {

constexpr auto kOptions = std::to_array<Option>({{"json", "", "print JSON instead of a table", "Output"}});
// A run takes milliseconds. Where systemd does not answer it takes ten seconds until it goes without.
constexpr std::chrono::seconds kRunPatience{20};

}  // namespace

std::span<const Option> doctor_options() {
  return kOptions;
}

int doctor(const Words& words) {
  const Parsed parsed = parse(kOptions, words);
  if (!parsed.words.empty()) throw UsageError("doctor takes no words", "see cloche doctor --help");
  hold_standard_descriptors();
  const HostFacts facts = read_host_facts();
  Examination examination;
  auto& sections = examination.sections;
  sections.push_back({"Namespaces", probe_namespaces()});
  sections.push_back({"Identity", doctor::examine_identity(facts)});
  sections.push_back({"Files", probe_mounts()});
  sections.push_back({"Processes and system calls", probe_processes()});
  sections.push_back({"Control groups", doctor::examine_cgroups(facts)});
  examination.verdict = try_run(kRunPatience);
  reconcile(examination);
  const bool colour = ::isatty(STDOUT_FILENO) == 1 && !::getenv("NO_COLOR");
  fmt::print("{}",
             parsed.has("json") ? examination_json(examination) : examination_text(examination, colour));
  return examination.verdict.works ? 0 : 1;
}

}  // namespace cloche::cli
