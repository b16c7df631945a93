// Any words as the options of `cloche run`, one a line: they are read, or refused with a sentence of one
// line.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "base/error.h"
#include "base/text.h"
#include "cli/run_options.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cloche;
  std::string text(reinterpret_cast<const char*>(data), size);
  // A word of a command line ends at its zero byte.
  std::erase(text, '\0');
  try {
    const cli::Parsed parsed = cli::parse(cli::run_options(), split(text, '\n'));
    cli::read_run_request(parsed);
  } catch (const UsageError& error) {
    if (std::string(error.what()).find('\n') != std::string::npos) std::abort();
  }
  return 0;
}
