#include "sandbox/id_maps.h"

#include <poll.h>

#include <cerrno>
#include <chrono>
#include <ctime>

#include <fmt/format.h>

#include "base/error.h"
#include "base/file.h"

namespace cloche {
namespace {

constexpr std::chrono::seconds kHelperTimeout(60);
// After its map is written a helper takes 0.3 ms to end, most of it the kernel's for its memory.
constexpr timespec kMoment = {0, 20'000}, kWhile = {0, 20'000'000};
constexpr int kMostMoments = 100;

std::string map_text(const std::vector<IdMapLine>& lines) {
  std::string text;
  for (const IdMapLine& line : lines)
    text += fmt::format("{} {} {}\n", line.inside, line.outside, line.count);
  return text;
}

std::vector<std::string> words_for(const char* option, pid_t child, const std::vector<IdMapLine>& lines) {
  std::vector<std::string> words = {option, std::to_string(child)};
  for (const IdMapLine& line : lines)
    for (const std::uint32_t number : {line.inside, line.outside, line.count})
      words.push_back(std::to_string(number));
  return words;
}

std::string map_of(pid_t child, const char* file) {
  return fmt::format("/proc/{}/{}", child, file);
}

void write_map(pid_t child, const char* file, const std::string& text) {
  const std::string path = map_of(child, file);
  if (const int error = write_control_at(AT_FDCWD, path, text))
    throw_errno(error, "cannot map ids: writing", path);
}

}  // namespace

IdMaps::IdMaps(pid_t child, const IdentityPlan& identity, const child::Processors& all) : child_(child) {
  if (identity.range) {
    uid_.start(identity.newuidmap, words_for("newuidmap", child, identity.uid_map));
    uid_.run_elsewhere(all);
    gid_.start(identity.newgidmap, words_for("newgidmap", child, identity.gid_map));
    return;
  }
  // Without privilege the kernel wants setgroups refused first: leaving a group could be a way in.
  write_map(child, "setgroups", "deny");
  write_map(child, "uid_map", map_text(identity.uid_map));
  write_map(child, "gid_map", map_text(identity.gid_map));
}

/// The kernel takes a map once and as a whole. The helper takes a while to end after that.
bool IdMaps::is_mapped(const Helper& helper, const char* file) const {
  return !helper.pidfd() || !read_if_there(map_of(child_, file)).value_or("").empty();
}

void IdMaps::finish() {
  const auto deadline = std::chrono::steady_clock::now() + kHelperTimeout;
  bool mapped = !uid_.pidfd() && !gid_.pidfd();
  for (int looks = 0; !mapped;) {
    // Once one has ended there is a processor to look with: the other's end is not waited for.
    const bool both = uid_.pidfd() && gid_.pidfd();
    const timespec patience = both                     ? timespec{kHelperTimeout.count(), 0}
                              : looks++ < kMostMoments ? kMoment
                                                       : kWhile;
    pollfd ends[] = {{uid_.pidfd().get(), POLLIN, 0}, {gid_.pidfd().get(), POLLIN, 0}};
    if (::ppoll(ends, 2, &patience, nullptr) == 0 && std::chrono::steady_clock::now() >= deadline)
      throw Error(fmt::format("{} did not end within {} s", (uid_.pidfd() ? uid_ : gid_).path(),
                              kHelperTimeout.count()),
                  "it may wait for a name service; --map single does without it");
    if (ends[0].revents) uid_.finish();
    if (ends[1].revents) gid_.finish();
    mapped = is_mapped(uid_, "uid_map") && is_mapped(gid_, "gid_map");
  }
}

}  // namespace cloche
