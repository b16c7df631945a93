// Text for people: quoting that no file name can break out of, lists, columns.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cloche {

/// 'text' with control characters, quotes and invalid UTF-8 written as escapes, so that a file name can
/// neither break a line nor speak to the terminal.
std::string in_quotes(std::string_view text);
/// The same escapes without the quotes around.
std::string printable(std::string_view text);
/// As a word of a POSIX shell: itself where that is safe, else in single quotes.
std::string shell_word(std::string_view text);
/// A command line that a shell would read back as `words`.
std::string shell_line(const std::vector<std::string>& words);

std::string join(const std::vector<std::string>& parts, std::string_view between);
std::vector<std::string> split(std::string_view text, char at);
std::string_view trim(std::string_view text);

/// The candidate that `wrong` was most likely meant to be (a few edits away), none if nothing is near.
std::optional<std::string> nearest(std::string_view wrong, const std::vector<std::string>& candidates);

/// A whole number, digits only and nothing after; none if it is not one or too large.
std::optional<unsigned long long> whole_number(std::string_view text);

}  // namespace cloche
