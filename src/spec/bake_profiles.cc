// Run when cloche is built: prints the profiles named on its command line as C++.
#include <exception>
#include <filesystem>

#include <fmt/format.h>

#include "base/file.h"

int main(int argc, char** argv) {
  try {
    fmt::print("constexpr ShippedProfile kShipped[] = {{\n");
    for (int i = 1; i < argc; ++i) {
      fmt::print("    {{\"{}\", \"", std::filesystem::path(argv[i]).stem().string());
      for (const char c : cloche::read_file(argv[i])) {
        if (c == '\n')
          fmt::print("\\n\"\n     \"");
        else if (c == '"' || c == '\\')
          fmt::print("\\{}", c);
        else
          fmt::print("{}", c);
      }
      fmt::print("\"}},\n");
    }
    fmt::print("}};\n");
  } catch (const std::exception& error) {
    fmt::print(stderr, "bake_profiles: {}\n", error.what());
    return 1;
  }
}
