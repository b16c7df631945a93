// The words for numbers that are passed to the kernel: AF_PACKET, CLONE_NEWUSER|SIGCHLD, S_IFCHR|0600.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace cloche {

/// `value` in the words of `vocabulary` ("mount-flags", "family"…); what has no word is a number.
/// Empty where there is no such vocabulary.
std::string call_words(std::string_view vocabulary, std::uint64_t value);

}  // namespace cloche
