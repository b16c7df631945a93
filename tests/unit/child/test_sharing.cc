#include "child/sharing.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace cloche::child {
namespace {

/// What a sharing process and this one tell each other.
struct Shared {
  int turn = 0, error = 0;
  void wait_for(int wanted) const {
    while (__atomic_load_n(&turn, __ATOMIC_ACQUIRE) != wanted) ::sched_yield();
  }
  void give(int next) { __atomic_store_n(&turn, next, __ATOMIC_RELEASE); }
};

constexpr int kItsTurn = 1, kMyTurn = 2;

__attribute__((no_sanitize("address", "undefined"))) int fail_with_ebadf(void* shared) {
  auto& both = *static_cast<Shared*>(shared);
  both.wait_for(kItsTurn);
  ::syscall(SYS_close, -1);
  both.give(kMyTurn);
  both.wait_for(kItsTurn);
  both.error = errno;
  return 7;
}

__attribute__((no_sanitize("address", "undefined"))) int execute(void* path) {
  const char* const words[] = {static_cast<const char*>(path), nullptr};
  ::syscall(SYS_execve, words[0], words, words + 1);
  return 9;
}

class ASharingProcess : public ::testing::Test {
 protected:
  void start(int (*run)(void*), void* argument) {
    pid_ = clone_sharing(run, argument);
    if (pid_ < 0 && errno == ENOSYS)
      GTEST_SKIP() << "this machine's thread pointer is not known, or a sanitizer has put errno far from it";
    ASSERT_GT(pid_, 0);
  }
  int wait() const {
    int status = -1;
    EXPECT_EQ(::waitpid(pid_, &status, 0), pid_);
    return status;
  }

  pid_t pid_ = -1;
};

TEST_F(ASharingProcess, HasItsMakersMemoryAndAnErrnoOfItsOwn) {
  Shared both;
  ASSERT_NO_FATAL_FAILURE(start(fail_with_ebadf, &both));
  if (IsSkipped()) return;
  errno = 0;
  both.give(kItsTurn);
  both.wait_for(kMyTurn);
  EXPECT_EQ(errno, 0);
  ::syscall(SYS_open, "/no/such/file", 0);
  both.give(kItsTurn);
  const int status = wait();
  EXPECT_EQ(errno, ENOENT);
  EXPECT_EQ(both.error, EBADF);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 7) << status;
}

TEST_F(ASharingProcess, ExecutesAProgramWhileItsMakerGoesOn) {
  char path[] = "/bin/false";
  ASSERT_NO_FATAL_FAILURE(start(execute, path));
  if (IsSkipped()) return;
  const int status = wait();
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 1) << status;
}

}  // namespace
}  // namespace cloche::child
