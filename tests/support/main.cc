// main() of every test program that runs cloche: as an ordinary user, or not at all, because that is whom
// cloche is for. Run as root, half of the refusals would be asked of somebody who is never refused.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>

#include "support/host.h"

int main(int count, char** words) {
  ::testing::InitGoogleTest(&count, words);
  if (::geteuid() == 0 || ::getuid() == 0) {
    std::fprintf(
        stderr,
        "%s: these tests say nothing when root runs them: run tools/check.sh, which makes an ordinary "
        "user for them, or run them as one yourself.\n",
        words[0]);
    return 1;
  }
  cloche::testing::adopt_orphans();
  return RUN_ALL_TESTS();
}
