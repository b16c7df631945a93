// In the static program. The C library is its own part of it, but would open what /etc/nsswitch.conf names
// with the version of the day: whatever is not in the files is the other program's to look up.
#include <cstdio>
#include <memory>

#include <sys/stat.h>

#include "base/file.h"
#include "base/libraries.h"
#include "base/name_services.h"

namespace cloche {
namespace {

/// From the folder of this program: where it is built, and where it is installed.
constexpr const char* kOthers[] = {"shared/cloche", CLOCHE_SHARED};

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
  const std::string sources = name_sources("passwd");
  return sources.empty() || sources.starts_with("files");
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
  const std::string program = own_program();
  if (program.empty()) return false;
  const std::string folder = program.substr(0, program.rfind('/') + 1);
  for (const char* other : kOthers)
    if (is_trusted(folder + other)) throw NeedsLibraries{folder + other};
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
