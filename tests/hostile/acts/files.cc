// Files that are none of the payload's business, and devices.
#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/random.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <utime.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "act.h"

namespace acts {
namespace {

Result read_file(const Words& words) {
  const int fd = ::open(words.at(0).c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return refused();
  char byte;
  const ssize_t count = ::read(fd, &byte, 1);
  if (count < 0) return refused();
  return count == 0 ? refused_because("EMPTY") : succeeded();
}

/// Finds `words[1]` in the folder `words[0]`.
Result find_in_folder(const Words& words) {
  DIR* folder = ::opendir(words.at(0).c_str());
  if (folder == nullptr) return refused();
  while (const dirent* entry = ::readdir(folder)) {
    if (words.at(1) == entry->d_name) return succeeded();
  }
  return refused_because("ABSENT");
}

Result open_for_writing(const Words& words) {
  return did(::open(words.at(0).c_str(), O_WRONLY | O_CLOEXEC | O_NONBLOCK));
}

Result open_for_reading(const Words& words) {
  return did(::open(words.at(0).c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
}

/// Writes words[1] into the existing file words[0].
Result write_existing(const Words& words) {
  const int fd = ::open(words.at(0).c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return refused();
  return did(::write(fd, words.at(1).data(), words.at(1).size()));
}

Result create_file(const Words& words) {
  return did(::open(words.at(0).c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
}

Result make_folder(const Words& words) {
  return did(::mkdir(words.at(0).c_str(), 0755));
}
Result remove_file(const Words& words) {
  return did(::unlink(words.at(0).c_str()));
}
Result remove_folder(const Words& words) {
  return did(::rmdir(words.at(0).c_str()));
}
Result make_fifo(const Words& words) {
  return did(::mkfifo(words.at(0).c_str(), 0644));
}
/// A question that every process may ask the device of random numbers.
Result control_random_device(const Words& words) {
  const int fd = ::open(words.at(0).c_str(), O_RDONLY | O_CLOEXEC);
  int entropy = 0;
  return fd < 0 ? untried("it cannot be opened") : did(::ioctl(fd, RNDGETENTCNT, &entropy));
}
Result make_unix_socket(const Words& words) {
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, words.at(0).c_str(), sizeof address.sun_path - 1);
  return did(::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address));
}
Result execute(const Words& words) {
  const pid_t child = ::fork();
  if (child <= 0) {  // a filter may let no process be born: then in this one
    ::execl(words.at(0).c_str(), words.at(0).c_str(), nullptr);
    if (child < 0) return refused();
    ::_exit(errno);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  const int error = WIFEXITED(status) ? WEXITSTATUS(status) : EIO;
  return error == 0 ? succeeded() : refused(error);
}
/// The folder behind the open descriptor words[0] is listed.
Result list_leaked_fd(const Words& words) {
  const int fd = std::atoi(words.at(0).c_str());
  if (::fcntl(fd, F_GETFD) < 0) return untried("no such descriptor");
  return did(::openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}
Result rename_file(const Words& words) {
  return did(::rename(words.at(0).c_str(), words.at(1).c_str()));
}
Result truncate_file(const Words& words) {
  return did(::truncate(words.at(0).c_str(), 0));
}
Result change_mode(const Words& words) {
  return did(::chmod(words.at(0).c_str(), 0777));
}
Result change_times(const Words& words) {
  return did(::utime(words.at(0).c_str(), nullptr));
}
Result set_attribute(const Words& words) {
  return did(::setxattr(words.at(0).c_str(), "user.hostile", "1", 1, 0));
}
Result hard_link(const Words& words) {
  return did(::link(words.at(0).c_str(), words.at(1).c_str()));
}

Result make_link(const Words& words) {
  return did(::symlink(words.at(0).c_str(), words.at(1).c_str()));
}
/// Two names change what they stand for.
Result exchange(const Words& words) {
  return did(::renameat2(AT_FDCWD, words.at(0).c_str(), AT_FDCWD, words.at(1).c_str(), RENAME_EXCHANGE));
}
/// Makes the file words[1] in the folder words[0], which is made too if it is not there.
Result create_in_new_folder(const Words& words) {
  ::mkdir(words.at(0).c_str(), 0755);
  return create_file({words.at(0) + "/" + words.at(1)});
}

/// Makes a link in the current folder (which is shared) that leads out, and reads through it.
Result read_through_own_link(const Words& words) {
  ::unlink("way-out");
  if (::symlink(words.at(0).c_str(), "way-out") != 0) return untried("no link can be made here");
  const Result result = read_file({"way-out"});
  ::unlink("way-out");
  return result;
}

Result write_through_own_link(const Words& words) {
  ::unlink("way-out");
  if (::symlink(words.at(0).c_str(), "way-out") != 0) return untried("no link can be made here");
  const Result result = write_existing({"way-out", "hostile"});
  ::unlink("way-out");
  return result;
}

/// Climbs with `..` as far as it goes, then down to words[0].
Result climb(const Words& words) {
  std::string path;
  for (int i = 0; i < 64; ++i) path += "../";
  return read_file({path + words.at(0)});
}

/// Reads words[1] relative to the open folder /proc/self/fd/words[0], and what is above it.
Result use_leaked_fd(const Words& words) {
  const int fd = std::atoi(words.at(0).c_str());
  if (::fcntl(fd, F_GETFD) < 0) return refused();
  return did(::openat(fd, words.at(1).c_str(), O_RDONLY | O_CLOEXEC));
}

/// Any descriptor above 2, apart from the one that lists them.
Result find_leaked_fd(const Words&) {
  DIR* folder = ::opendir("/proc/self/fd");
  if (folder == nullptr) return untried("no /proc/self/fd");
  while (const dirent* entry = ::readdir(folder)) {
    const int fd = std::atoi(entry->d_name);
    if (fd > 2 && fd != ::dirfd(folder)) return succeeded(entry->d_name);
  }
  return refused_because("ABSENT");
}

Result climb_from_working_folder(const Words& words) {
  return read_file({"/proc/self/cwd/" + words.at(0)});
}

Result make_device(const Words& words) {
  const unsigned major = static_cast<unsigned>(std::atoi(words.at(1).c_str()));
  const unsigned minor = static_cast<unsigned>(std::atoi(words.at(2).c_str()));
  const Result made =
      did(::mknod("device", (words.at(0) == "b" ? S_IFBLK : S_IFCHR) | 0600, makedev(major, minor)));
  ::unlink("device");
  return made;
}

/// Runs the setuid program words[0] and looks who it became.
Result become_through_setuid(const Words& words) {
  int input[2];
  if (::pipe(input) != 0) return untried("no pipe");
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(input[0], 0);
    const int null = ::open("/dev/null", O_WRONLY);
    ::dup2(null, 1);
    ::dup2(null, 2);
    ::close(input[1]);
    ::execl(words.at(0).c_str(), words.at(0).c_str(), nullptr);
    ::_exit(99);
  }
  // It waits for a password on the pipe meanwhile, or has ended.
  for (int i = 0; i < 500; ++i) {
    const std::string status = text_of("/proc/" + std::to_string(child) + "/status");
    if (status.find("\nState:\tZ") != std::string::npos) break;
    int real = -1, effective = -1;
    const auto line = status.find("\nUid:");
    if (line != std::string::npos) std::sscanf(status.c_str() + line, "\nUid: %d %d", &real, &effective);
    if (real != effective) {
      ::kill(child, SIGKILL);
      return succeeded("runs as " + std::to_string(effective));
    }
    if (i > 20 && status.find("\nState:\tS") != std::string::npos) break;
    ::usleep(10000);
  }
  ::kill(child, SIGKILL);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 99) return untried("no such program");
  return refused_because("SAME-USER");
}

/// Makes the file immutable for everybody: only the host's administrator may.
Result make_immutable(const Words& words) {
  const int fd = ::open(words.at(0).c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return refused();
  int flags = FS_IMMUTABLE_FL;
  return did(::ioctl(fd, FS_IOC_SETFLAGS, &flags));
}

constexpr Act kActs[] = {
    {"read_file", read_file},
    {"find_in_folder", find_in_folder},
    {"open_for_writing", open_for_writing},
    {"open_for_reading", open_for_reading},
    {"write_existing", write_existing},
    {"create_file", create_file},
    {"make_folder", make_folder},
    {"remove_file", remove_file},
    {"remove_folder", remove_folder},
    {"make_fifo", make_fifo},
    {"control_random_device", control_random_device},
    {"make_unix_socket", make_unix_socket},
    {"execute", execute},
    {"list_leaked_fd", list_leaked_fd},
    {"rename_file", rename_file},
    {"truncate_file", truncate_file},
    {"change_mode", change_mode},
    {"change_times", change_times},
    {"set_attribute", set_attribute},
    {"hard_link", hard_link},
    {"make_link", make_link},
    {"exchange", exchange},
    {"create_in_new_folder", create_in_new_folder},
    {"read_through_own_link", read_through_own_link},
    {"write_through_own_link", write_through_own_link},
    {"climb", climb},
    {"use_leaked_fd", use_leaked_fd},
    {"find_leaked_fd", find_leaked_fd},
    {"climb_from_working_folder", climb_from_working_folder},
    {"make_device", make_device},
    {"become_through_setuid", become_through_setuid},
    {"make_immutable", make_immutable},
};

}  // namespace

std::span<const Act> file_acts() {
  return kActs;
}

}  // namespace acts
