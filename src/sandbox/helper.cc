#include "sandbox/helper.h"

#include <fcntl.h>
#include <sys/wait.h>

#include <cerrno>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace cloche {

__attribute__((no_sanitize("address", "undefined"))) int Helper::execute(void* self) noexcept {
  auto& helper = *static_cast<Helper*>(self);
  char* no_environment[] = {nullptr};
  ::dup2(helper.null_.get(), 0);
  ::dup2(helper.null_.get(), 1);
  ::dup2(helper.says_.get(), 2);
  ::execve(helper.path_.c_str(), helper.arguments_.data(), no_environment);
  helper.error_ = errno;
  return 1;
}

void Helper::start(const std::string& path, std::vector<std::string> words) {
  path_ = path;
  words_ = std::move(words);
  for (std::string& word : words_) arguments_.push_back(word.data());
  arguments_.push_back(nullptr);
  Pipe pipe = make_pipe();
  says_ = std::move(pipe.write);
  said_ = std::move(pipe.read);
  null_.reset(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!null_) throw_errno(errno, "cannot open", "/dev/null");
  process_.start(execute, this);
}

void Helper::finish() {
  const int status = process_.wait();
  if (error_) throw_errno(error_, "cannot run", path_, "have an administrator run: apt-get install uidmap");
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
  says_.reset();
  char words[512];
  const ssize_t length = ::read(said_.get(), words, sizeof words);
  throw Error(
      fmt::format("{} failed: {}", path_,
                  length > 0 ? printable(trim({words, static_cast<std::size_t>(length)}))
                             : fmt::format("wait status {:#x}, without a word", status)),
      "check that it is setuid root (or has cap_setuid), and your lines in /etc/subuid and /etc/subgid, "
      "or use --map single");
}

}  // namespace cloche
