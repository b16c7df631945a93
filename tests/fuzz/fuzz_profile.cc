// Any text as a profile: it is read, or every problem has a place; what was read makes a Spec.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "spec/profile_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cloche;
  static const Variables variables = profile_variables({}, "/home/ann", "ann", "/home/ann/x:y", "");
  const ProfileText profile =
      read_profile({reinterpret_cast<const char*>(data), size}, "/p/x.toml", variables);
  Spec spec;
  for (const Said& said : profile.said) apply(spec, said);
  for (const Problem& problem : profile.problems)
    if (problem.place.line == 0 || problem_words(problem).find('\n') != std::string::npos) std::abort();
  for (const ViewChange& change : spec.view)
    if (!change.source.starts_with('/') && !change.destination.starts_with('/')) std::abort();
  return 0;
}
