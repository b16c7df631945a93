// A machine made of files, for what reads /proc and /etc below a root of the caller's choice.
//
//   class AMachine : public MachineOfFiles {};
//   TEST_F(AMachine, …) { has("/proc/sys/kernel/…", "0\n"); … root_ … }
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace cloche {

class MachineOfFiles : public testing::Test {
 protected:
  MachineOfFiles() { root_ = ::mkdtemp(name_); }
  ~MachineOfFiles() override { std::filesystem::remove_all(root_); }
  void has(const std::string& path, const std::string& text) {
    const std::filesystem::path file = root_ + path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  char name_[32] = "/tmp/cloche-unit-XXXXXX";
  std::string root_;
};

}  // namespace cloche
