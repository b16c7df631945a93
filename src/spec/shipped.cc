#include "spec/shipped.h"

namespace cloche {
namespace {

#include "shipped_profiles.inc"

}  // namespace

std::span<const ShippedProfile> shipped_profiles() {
  return kShipped;
}

}  // namespace cloche
