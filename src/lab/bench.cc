#include "lab/bench.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>

#include <fmt/format.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "cgroup/place.h"
#include "cgroup/scope.h"

namespace cloche::lab {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::array<const char*, 8> kNamespaces = {"cgroup", "ipc",  "mnt",  "net",
                                                    "pid",    "time", "user", "uts"};
constexpr const char* kLeaf = "lab";
constexpr const char* kCell = "cell";

// What a child says to its parent: that its first act is done, or the words of an error.
constexpr char kReady = 1, kError = 2;

/// An Error must not unwind into the parent's frames that the child has copies of.
[[noreturn]] void end_with(const Act& act, int said) {
  try {
    act();
  } catch (const std::exception& error) {
    const std::string words = kError + std::string(error.what());
    static_cast<void>(::write(said, words.data(), words.size()));
    ::_exit(2);
  }
  ::_exit(0);
}

}  // namespace

Child::Child(const Act& first, const Act& then) {
  Pipe said = make_pipe(), go = make_pipe();
  pid_ = ::fork();
  if (pid_ < 0) throw_errno(errno, "cannot start a process: fork", "");
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    said.read.reset();
    go.write.reset();
    const auto both = [&] {
      first();
      char byte = kReady;
      if (::write(said.write.get(), &byte, 1) == 1 && ::read(go.read.get(), &byte, 1) == 1 && then) then();
    };
    end_with(both, said.write.get());
  }
  said_ = std::move(said.read);
  go_ = std::move(go.write);
}

Child::~Child() {
  kill();
}

void Child::ready() {
  char byte = 0;
  if (::read(said_.get(), &byte, 1) == 1 && byte == kReady) return;
  char words[1024];
  const ssize_t length = byte == kError ? ::read(said_.get(), words, sizeof words) : 0;
  kill();
  throw Error(length > 0 ? std::string(words, static_cast<std::size_t>(length))
                         : "a process of the experiment ended too early");
}

void Child::go() {
  const char byte = kReady;
  static_cast<void>(::write(go_.get(), &byte, 1));
}

int Child::wait() {
  if (pid_ < 0) return status_;
  go_.reset();
  reap();
  // It is gone: what it said is in the pipe, and descendants that still hold the other end are not waited
  // for.
  ::fcntl(said_.get(), F_SETFL, O_NONBLOCK);
  char words[1024];
  const ssize_t length = ::read(said_.get(), words, sizeof words);
  const std::string_view all(words, static_cast<std::size_t>(length > 0 ? length : 0));
  if (const std::size_t at = all.find(kError); at != std::string_view::npos)
    throw Error(std::string(all.substr(at + 1)));
  return status_;
}

void Child::reap() {
  while (::waitpid(pid_, &status_, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
}

void Child::kill() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  reap();
}

int in_child(const Act& act) {
  return Child(act).wait();
}

void enter_namespaces(int kinds) {
  const uid_t uid = ::getuid();
  const gid_t gid = ::getgid();
  if (::unshare(CLONE_NEWUSER) != 0) throw_errno(errno, "unshare(CLONE_NEWUSER)", "");
  const std::pair<const char*, std::string> files[] = {{"setgroups", "deny"},
                                                       {"uid_map", fmt::format("0 {} 1", uid)},
                                                       {"gid_map", fmt::format("0 {} 1", gid)}};
  for (const auto& [file, text] : files)
    if (const int error = write_proc(fmt::format("/proc/self/{}", file), text))
      throw_errno(error, "cannot write", file);
  if (kinds && ::unshare(kinds) != 0) throw_errno(errno, "unshare", "");
  if ((kinds & CLONE_NEWNS) && ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
    throw_errno(errno, "cannot keep mounts to this namespace", "/");
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
}

void in_namespaces(int kinds, const Act& act) {
  const int status = in_child([&] {
    enter_namespaces(kinds);
    if (kinds & CLONE_NEWPID) ::_exit(in_child(act) == 0 ? 0 : 2);
    act();
  });
  if (status != 0) throw Error("what was done in new namespaces did not come to its end");
}

std::vector<std::string> namespace_links() {
  std::vector<std::string> links;
  for (const char* kind : kNamespaces) {
    char target[PATH_MAX];
    const ssize_t length = ::readlink(fmt::format("/proc/self/ns/{}", kind).c_str(), target, sizeof target);
    links.emplace_back(target, static_cast<std::size_t>(length > 0 ? length : 0));
  }
  return links;
}

std::string changed_since(const std::vector<std::string>& before) {
  std::vector<std::string> changed;
  const auto now = namespace_links();
  for (std::size_t i = 0; i < now.size(); ++i)
    if (now[i] != before.at(i)) changed.emplace_back(kNamespaces.at(i));
  return changed.empty() ? "none" : join(changed, " ");
}

int write_proc(const std::string& path, const std::string& text) {
  return write_control_at(AT_FDCWD, path, text);
}

Fd nameless_file() {
  Fd file(::open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (!file) file.reset(::memfd_create("cloche-lab", MFD_CLOEXEC));
  if (!file) throw_errno(errno, "cannot make a file without a name", "/tmp");
  return file;
}

std::string cgroup_of(pid_t pid) {
  const auto text = read_if_there(fmt::format("/proc/{}/cgroup", pid));
  for (const std::string& line : split(text.value_or(""), '\n'))
    if (line.starts_with("0::")) return line.substr(3);
  return {};
}

Scope ask_for_scope(const Situation& s, pid_t pid) {
  Scope scope;
  scope.unit = fmt::format("cloche-lab-{}.scope", pid);
  const OutlivesParent meanwhile;
  ScopeRequest request(manager_addresses(s.place), scope.unit, "cloche lab", pid);
  const auto end = Clock::now() + std::chrono::seconds(60);
  while (!request.done()) {
    if (Clock::now() > end) throw Error("your systemd did not answer within a minute");
    pollfd ready = {request.fd(), static_cast<short>(request.events()), 0};
    ::poll(&ready, 1, 500);
    request.process();
  }
  scope.job = request.job();
  scope.cgroup = CgroupDirectory(s.tree + cgroup_of(pid));
  return scope;
}

Cell::Cell(const Situation& s, const std::vector<std::string>& controllers)
    : scope_(std::move(ask_for_scope(s, ::getpid()).cgroup)) {
  const CgroupDirectory leaf = scope_.make_child(kLeaf);
  if (const int error = leaf.adopt(::getpid())) throw_errno(error, "cannot move into", leaf.path());
  for (const std::string& controller : controllers)
    if (const int error = scope_.enable(controller))
      throw_errno(error, "cannot switch on the controller " + controller + " in", scope_.path());
  cell_ = scope_.make_child(kCell);
}

Cell::~Cell() {
  cell_.kill();
  // The scope itself goes when this process, the last one in it, has ended.
  for (int tries = 0; tries < 500 && scope_.remove_child(kCell) == EBUSY; ++tries) ::usleep(1000);
}

void Cell::limit(const std::string& file, const std::string& value) const {
  apply(cell_, {"the experiment's " + file, file.substr(0, file.find('.')), file, value});
}

void Cell::join() const {
  if (const int error = cell_.adopt(::getpid())) throw_errno(error, "cannot move into", cell_.path());
  if (!cell_.path().ends_with(cgroup_of(::getpid())))
    throw Error("the process is not in the cgroup that was to hold it");
}

void watch_for(std::chrono::milliseconds end, std::chrono::milliseconds period,
               const std::function<bool(double seconds)>& look) {
  const auto begun = Clock::now();
  for (auto next = begun; Clock::now() - begun < end; next += period) {
    if (!look(std::chrono::duration<double>(Clock::now() - begun).count())) return;
    const auto left = next + period - Clock::now();
    if (left.count() > 0)
      ::usleep(static_cast<useconds_t>(std::chrono::duration_cast<std::chrono::microseconds>(left).count()));
  }
}

}  // namespace cloche::lab
