#include "base/units.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace cloche {
namespace {

constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();

/// Takes a number with decimals from the front of `text`; its value in units of 10^-9, which is exact for
/// nine decimals. None if there is no number, or one too large.
struct Decimal {
  __extension__ typedef unsigned __int128 Wide;
  Wide billionths = 0;
};
std::optional<Decimal> take_decimal(std::string_view& text) {
  Decimal::Wide value = 0;
  int decimals = -1;
  size_t digits = 0;
  while (!text.empty()) {
    const char c = text.front();
    if (c == '.' && decimals < 0) {
      decimals = 0;
    } else if (c >= '0' && c <= '9') {
      if (decimals == 9 || digits++ > 24) return std::nullopt;
      value = value * 10 + static_cast<unsigned>(c - '0');
      if (decimals >= 0) ++decimals;
    } else {
      break;
    }
    text.remove_prefix(1);
  }
  if (digits == 0 || decimals == 0) return std::nullopt;
  for (int i = std::max(decimals, 0); i < 9; ++i) value *= 10;
  return Decimal{value};
}

/// value * unit / 10^9, none if that leaves the range of a signed 64-bit number.
std::optional<std::uint64_t> scaled(const Decimal& value, std::uint64_t unit) {
  const auto result = value.billionths * unit / 1'000'000'000;
  if (value.billionths > (Decimal::Wide{1} << 94) || result > kMost) return std::nullopt;
  return static_cast<std::uint64_t>(result);
}

}  // namespace

std::uint64_t parse_size(std::string_view text) {
  const auto wrong = [&, given = text](const char* why) {
    return UsageError(fmt::format("{} is {}", in_quotes(given), why),
                      "give a size in bytes or with K, M, G or T, such as 512M or 1.5G");
  };
  std::string_view rest = text;
  const auto value = take_decimal(rest);
  if (!value) throw wrong("not a size");
  constexpr std::string_view units = "KMGT";
  std::uint64_t unit = 1;
  if (!rest.empty()) {
    const size_t power = units.find(rest.front());
    if (power == std::string_view::npos) throw wrong("not a size");
    unit = std::uint64_t{1} << (10 * (power + 1));
    rest.remove_prefix(1);
    if (rest == "B" || rest == "iB") rest = {};
  }
  if (!rest.empty()) throw wrong("not a size");
  const auto bytes = scaled(*value, unit);
  if (!bytes) throw wrong("too large a size");
  return *bytes;
}

Duration parse_duration(std::string_view text) {
  const auto wrong = [&, given = text](const char* why) {
    return UsageError(fmt::format("{} is {}", in_quotes(given), why),
                      "give a duration with ms, s, m or h, such as 500ms, 30s or 1h30m");
  };
  std::uint64_t total = 0;
  std::string_view rest = text;
  do {
    const auto value = take_decimal(rest);
    if (!value) throw wrong("not a duration");
    const bool bare = rest.empty();
    std::uint64_t unit = 1'000'000;
    if (rest.starts_with("ms")) {
      unit = 1'000;
      rest.remove_prefix(2);
    } else if (!bare) {
      switch (rest.front()) {
        case 's':
          break;
        case 'm':
          unit *= 60;
          break;
        case 'h':
          unit *= 3600;
          break;
        default:
          throw wrong("not a duration");
      }
      rest.remove_prefix(1);
    }
    const auto part = scaled(*value, unit);
    if (!part || *part > kMost - total) throw wrong("too long a duration");
    total += *part;
  } while (!rest.empty());
  return Duration(static_cast<std::int64_t>(total));
}

std::uint64_t parse_thousandths(std::string_view text) {
  std::string_view rest = text;
  const auto value = take_decimal(rest);
  const auto thousandths = value ? scaled(*value, 1000) : std::nullopt;
  if (!thousandths || !rest.empty() || *thousandths == 0)
    throw UsageError(fmt::format("{} is not a number above 0", in_quotes(text)), "give one such as 2 or 1.5");
  return *thousandths;
}

std::string size_words(std::uint64_t bytes) {
  constexpr std::array units = {"B", "KiB", "MiB", "GiB", "TiB"};
  size_t unit = 0;
  double value = static_cast<double>(bytes);
  for (; value >= 1024 && unit + 1 < units.size(); ++unit) value /= 1024;
  return unit == 0 || value >= 100 ? fmt::format("{:.0f} {}", value, units[unit])
                                   : fmt::format("{:.1f} {}", value, units[unit]);
}

std::string duration_words(Duration duration) {
  const auto us = duration.count();
  if (us < 1'000'000) return fmt::format("{:.3g} ms", static_cast<double>(us) / 1e3);
  if (us < 60'000'000) return fmt::format("{:.2f} s", static_cast<double>(us) / 1e6);
  const auto seconds = us / 1'000'000;
  if (seconds < 3600) return fmt::format("{} min {} s", seconds / 60, seconds % 60);
  return fmt::format("{} h {} min", seconds / 3600, seconds / 60 % 60);
}

}  // namespace cloche
