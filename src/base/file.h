// Small files read and written whole: those of /proc and of cgroups, profiles, reports.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace cloche {

/// The whole text of a file below the directory `dir`; throws Error naming the path. A file of more than
/// `most` bytes is an error: nothing that cloche reads is that large by right.
std::string read_file_at(int dir, const std::string& path, std::size_t most = 16u << 20);
std::string read_file(const std::string& path, std::size_t most = 16u << 20);
/// The same, none where the file is missing or may not be read.
std::optional<std::string> read_if_there(const std::string& path, std::size_t most = 16u << 20);
std::optional<std::string> read_if_there_at(int dir, const std::string& path, std::size_t most = 16u << 20);

/// This process's own program; empty where /proc does not tell. What has replaced or removed it since keeps
/// the name from being one of a file.
std::string own_program();

/// The rest of an open file; `path` is for the message.
std::string read_open_file(int fd, const std::string& path, std::size_t most = 16u << 20);

/// Writes `text` to an existing file in one write(2), as control files want it. Returns 0 or the errno.
[[nodiscard]] int write_control_at(int dir, const std::string& path, std::string_view text);

/// Replaces `path` as a whole: a temporary beside it, fsync, rename. Whoever reads it sees the old text or
/// the new, and when anything fails the old one is untouched. Throws Error naming the path.
/// A path that is no regular file (a terminal, /dev/stdout, a pipe) is written to as it is.
void replace_file(const std::string& path, std::string_view text);

}  // namespace cloche
