// Protected paths: files of the shared folder that would run code outside later.
#include "rows.h"

namespace cloche::testing {
namespace {
using enum Control;

/// A change of what is protected in the project, which has a repository (world.cc).
Row kept(const std::string& name, const std::vector<std::string>& act,
         const std::vector<std::string>& answers) {
  return {.name = name, .act = act, .control = plain, .answers = answers};
}

}  // namespace

std::vector<Row> protected_rows() {
  return {
      kept("write_the_settings_of_git", {"write_existing", ".git/config", "x"}, {"EROFS"}),
      kept("empty_the_settings_of_git", {"truncate_file", ".git/config"}, {"EROFS"}),
      kept("remove_the_settings_of_git", {"remove_file", ".git/config"}, {"EBUSY"}),
      kept("rename_the_settings_of_git_aside", {"rename_file", ".git/config", ".git/aside"}, {"EBUSY"}),
      kept("rename_over_the_settings_of_git", {"rename_file", "file", ".git/config"}, {"EBUSY", "EXDEV"}),
      kept("make_the_settings_of_git_writable", {"change_mode", ".git/config"}, {"EROFS"}),
      kept("link_the_settings_of_git_elsewhere", {"hard_link", ".git/config", "mine"}, {"EXDEV"}),
      kept("make_a_hook", {"create_file", ".git/hooks/post-commit"}, {"EROFS"}),
      kept("rename_the_hooks_aside", {"rename_file", ".git/hooks", ".git/aside"}, {"EBUSY"}),
      kept("rename_the_repository_aside", {"rename_file", ".git", "aside"}, {"EBUSY"}),
      kept("exchange_the_repository", {"exchange", ".git", "folder"}, {"EBUSY"}),
      kept("change_settings_of_an_editor", {"write_existing", ".idea/workspace.xml", "x"}, {"EROFS"}),
      kept("plant_a_file_beside_settings_of_an_editor", {"create_file", ".idea/tasks.xml"}, {"EROFS"}),
      // What is not there, and would be read outside as soon as it is.
      kept("make_a_file_for_the_environment", {"create_file", ".envrc"}, {"EISDIR", "EROFS", "EEXIST"}),
      kept("make_a_folder_of_an_editor", {"make_folder", ".vscode"}, {"EEXIST"}),
      kept("make_a_file_in_a_folder_of_an_editor", {"create_in_new_folder", ".vscode", "tasks.json"},
           {"EROFS"}),
      kept("link_to_settings_of_an_editor", {"make_link", "folder", ".vscode"}, {"EEXIST"}),
      kept("hard_link_settings_of_an_editor", {"hard_link", "file", ".nvim.lua"}, {"EEXIST"}),
      kept("rename_a_file_to_one_for_the_environment", {"rename_file", "file", ".envrc"},
           {"EISDIR", "EBUSY"}),
      kept("rename_a_folder_to_one_of_an_editor", {"rename_file", "folder", ".vscode"}, {"EBUSY", "EXDEV"}),
      kept("lead_git_elsewhere", {"create_file", ".git/commondir"}, {"EROFS", "EEXIST"}),
      kept("rename_over_where_git_is_led", {"rename_file", "file", ".git/commondir"}, {"EBUSY", "EXDEV"}),
      kept("make_settings_of_a_work_tree", {"create_file", ".git/config.worktree"},
           {"ENOENT", "EEXIST", "EROFS"}),
  };
}

}  // namespace cloche::testing
