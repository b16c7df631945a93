#include "support/folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <sstream>
#include <vector>

#include "base/error.h"
#include "base/fd.h"

namespace cloche::testing {
namespace fs = std::filesystem;

TemporaryFolder::TemporaryFolder(const std::string& parent)
    : path_(fs::canonical(parent.empty() ? "/tmp" : parent).string() + "/cloche-test-XXXXXX") {
  if (::mkdtemp(path_.data()) == nullptr) throw_errno(errno, "cannot make a temporary folder", path_);
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::recursive_directory_iterator entry(path_, ignored), end;
  for (; entry != end; entry.increment(ignored)) {
    if (entry->is_directory(ignored) && !entry->is_symlink(ignored)) {
      fs::permissions(entry->path(), fs::perms::owner_all, fs::perm_options::add, ignored);
    }
  }
  fs::remove_all(path_, ignored);
}

void write_file(const std::string& path, const std::string& text, unsigned mode) {
  const Fd fd = open_at(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, mode);
  if (::write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    throw_errno(errno, "cannot write", path);
  }
  if (::fchmod(fd.get(), mode) != 0) throw_errno(errno, "cannot set the mode of", path);
}

std::string text_of(const std::string& path) {
  const std::ifstream stream(path, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();  // unlike an iterator it does not throw where reading fails: a folder, a process
                           // that has gone
  return text.str();
}

bool exists(const std::string& path) {
  struct stat status;
  return ::lstat(path.c_str(), &status) == 0;
}

void make_folder(const std::string& path) {
  fs::create_directories(path);
}

namespace {

std::string line_of(const fs::path& path, const std::string& name) {
  struct stat status;
  if (::lstat(path.c_str(), &status) != 0) return name + " vanished\n";
  char head[160];
  std::snprintf(head, sizeof head, " mode %06o owner %u:%u links %lu", status.st_mode, status.st_uid,
                status.st_gid, S_ISDIR(status.st_mode) ? 0ul : static_cast<unsigned long>(status.st_nlink));
  std::ostringstream line;
  line << name << head;
  std::error_code ignored;
  if (S_ISLNK(status.st_mode)) line << " -> " << fs::read_symlink(path, ignored).string();
  if (S_ISREG(status.st_mode)) {
    line << " size " << status.st_size << " holds " << std::hash<std::string>{}(text_of(path));
  }
  if (S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode)) line << " device " << status.st_rdev;
  line << '\n';
  return line.str();
}

}  // namespace

std::string folder_state(const std::string& path) {
  std::vector<std::string> lines{line_of(path, ".")};
  std::error_code ignored;
  fs::recursive_directory_iterator entry(path, fs::directory_options::skip_permission_denied, ignored), end;
  for (; entry != end; entry.increment(ignored)) {
    lines.push_back(line_of(entry->path(), fs::relative(entry->path().parent_path(), path).string() + "/" +
                                               entry->path().filename().string()));
  }
  std::sort(lines.begin(), lines.end());
  std::string all;
  for (const std::string& line : lines) all += line;
  return all;
}

}  // namespace cloche::testing
