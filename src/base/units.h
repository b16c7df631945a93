// Sizes, durations and shares as people write them.
//
//   parse_size("1.5G")      == 1610612736    K M G T are powers of 1024, a bare number is bytes
//   parse_duration("1500ms") == 1500 ms      ms s m h, a bare number is seconds; "1h30m" adds up
//
// Every parser throws UsageError that quotes what it was given and says what it takes.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace cloche {

using Duration = std::chrono::microseconds;

std::uint64_t parse_size(std::string_view text);
Duration parse_duration(std::string_view text);
/// A number above 0 with at most three decimals ("1.5"), in thousandths.
std::uint64_t parse_thousandths(std::string_view text);

/// "1.5 GiB", "12 KiB", "17 B": for reading, not exact.
std::string size_words(std::uint64_t bytes);
/// "1.52 s", "3 min 4 s", "12 ms".
std::string duration_words(Duration duration);

}  // namespace cloche
