// Folders that a test makes for itself, and what a folder held at one moment.
//
//   TemporaryFolder folder;
//   write_file(folder.path() + "/kept", "text");
//   const std::string before = folder_state(folder.path());
//   …
//   EXPECT_EQ(before, folder_state(folder.path()));
#pragma once

#include <string>

namespace cloche::testing {

/// Removed with all that is in it by the destructor, folders without permissions included.
class TemporaryFolder {
 public:
  /// Below `parent`; /tmp when empty. The path holds no symbolic link.
  explicit TemporaryFolder(const std::string& parent = {});
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::string& path() const { return path_; }
  /// path() + "/" + name
  std::string at(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

/// Writes a whole file, made if it is not there. Throws Error.
void write_file(const std::string& path, const std::string& text, unsigned mode = 0644);
/// The file's text, "" where it cannot be read.
std::string text_of(const std::string& path);
bool exists(const std::string& path);
void make_folder(const std::string& path);  ///< with its parents

/// One line a file below `path`, sorted: name, kind, mode, owner, size and a checksum of what it holds (or
/// where a link points). Two equal states mean that nothing was added, removed, written or given away.
std::string folder_state(const std::string& path);

}  // namespace cloche::testing
