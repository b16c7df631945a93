// A folder of the user's home with nothing secret in it, and cloche started there: what most tests begin
// with.
//
//   Project project;
//   EXPECT_EQ(project.cloche.sh("echo text > file").status, 0);
//   EXPECT_EQ(text_of(project.at("file")), "text\n");
#pragma once

#include <string>
#include <vector>

#include "support/cloche.h"
#include "support/folder.h"
#include "support/host.h"

namespace cloche::testing {

struct Project {
  explicit Project(std::vector<std::string> options = {})
      : folder(home_folder()), cloche{.options = std::move(options), .directory = folder.path()} {}

  std::string at(const std::string& name) const { return folder.at(name); }
  const std::string& path() const { return folder.path(); }

  TemporaryFolder folder;
  Cloche cloche;
};

}  // namespace cloche::testing
