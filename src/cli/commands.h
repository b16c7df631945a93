// One function a command: the words after its name in, the exit status out. Error and UsageError may leave
// it: main() says them once and exits 125.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace cloche::cli {

using Words = std::vector<std::string>;

int run(const Words& words);
int ps(const Words& words);
int stats(const Words& words);
int inspect(const Words& words);
int exec(const Words& words);
int kill(const Words& words);
int pause(const Words& words);
int resume(const Words& words);
int update(const Words& words);
int doctor(const Words& words);
int lab(const Words& words);
int profile(const Words& words);
int learn(const Words& words);
int completions(const Words& words);

}  // namespace cloche::cli
