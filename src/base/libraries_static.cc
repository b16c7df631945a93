// In the static program. The C library is its own part of it, but would open what /etc/nsswitch.conf names
// with the version of the day: whatever is not in the files is the other program's to look up.
#include <cstdio>
#include <memory>

#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/libraries.h"
#include "base/text.h"

namespace cloche {
namespace {

/// From the folder of this program: where it is built, and where it is installed.
constexpr const char* kOthers[] = {"shared/cloche", CLOCHE_SHARED};

std::string folder_of_this_program() {
  char path[4096];
  const ssize_t length = ::readlink("/proc/self/exe", path, sizeof path);
  if (length <= 0 || length == sizeof path) return {};
  const std::string_view text(path, static_cast<std::size_t>(length));
  return std::string(text.substr(0, text.rfind('/') + 1));
}

/// Nothing that somebody else has put beside a copy of this program, as anybody can in /tmp: no link, and as
/// its folder the owner's of this program, or root's.
bool is_trusted(const std::string& path) {
  struct stat self, there, folder;
  const auto has_right_owner = [&](const struct stat& one) {
    return one.st_uid == 0 || one.st_uid == self.st_uid;
  };
  return ::stat("/proc/self/exe", &self) == 0 && ::lstat(path.c_str(), &there) == 0 &&
         S_ISREG(there.st_mode) && has_right_owner(there) &&
         ::lstat(path.substr(0, path.rfind('/')).c_str(), &folder) == 0 && S_ISDIR(folder.st_mode) &&
         has_right_owner(folder);
}

/// Whether no other source of users is asked before /etc/passwd.
bool files_come_first() {
  constexpr std::string_view key = "passwd:";
  for (const std::string& line : split(read_if_there("/etc/nsswitch.conf").value_or(""), '\n'))
    if (line.starts_with(key)) return trim(std::string_view(line).substr(key.size())).starts_with("files");
  return true;
}

/// From memory: fgetpwent(3) asks a file for its place before each line.
const passwd* entry_in_file(uid_t uid) {
  std::string text = read_if_there("/etc/passwd").value_or("");
  if (text.empty()) return nullptr;
  const std::unique_ptr<FILE, int (*)(FILE*)> file(::fmemopen(text.data(), text.size(), "r"), std::fclose);
  while (const passwd* entry = file ? ::fgetpwent(file.get()) : nullptr)
    if (entry->pw_uid == uid) return entry;
  return nullptr;
}

}  // namespace

bool linked_statically() {
  return true;
}

bool libraries_at_hand() {
  const std::string folder = folder_of_this_program();
  if (folder.empty()) return false;
  for (const char* other : kOthers)
    if (const std::string program = folder + other; is_trusted(program)) throw NeedsLibraries{program};
  return false;
}

void* open_library(const char*) {
  libraries_at_hand();
  return nullptr;
}

std::string library_remedy(const std::string&) {
  return "install cloche as a whole: libexec/cloche/cloche, the part that opens libraries, is not there";
}

void* function_of(void*, const char*) {
  return nullptr;
}

const passwd* user_entry(uid_t uid) {
  static const passwd* known = nullptr;
  if (known && known->pw_uid == uid) return known;
  if (!files_come_first()) libraries_at_hand();
  known = entry_in_file(uid);
  if (!known) libraries_at_hand();
  return known;
}

}  // namespace cloche
