// The profiles that ship (profiles/*.toml of the source), baked into the program: a copied binary has them
// too.
#pragma once

#include <span>
#include <string_view>

namespace cloche {

struct ShippedProfile {
  const char* name;
  std::string_view text;
};
std::span<const ShippedProfile> shipped_profiles();

}  // namespace cloche
