// Places of a home that hold keys, tokens, passwords or a person's life: never shown while learning, never
// granted by what was learned.
#pragma once

#include <span>
#include <string>

namespace cloche {

/// Relative to the home; a trailing "*" stands for any end of the name.
std::span<const char* const> secret_places();

/// Whether `path` is one of them, or lies in one.
bool is_secret(const std::string& path, const std::string& home);
/// Whether one of them lies below `folder`: what holds a secret is not granted as a whole.
bool holds_secrets(const std::string& folder, const std::string& home);

}  // namespace cloche
