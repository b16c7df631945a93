#include "sandbox/failure.h"

#include <cerrno>

#include <fmt/format.h>

#include "base/text.h"
#include "host/obstacles.h"

namespace cloche {
namespace {

using child::Step;

constexpr const char* kOldKernel =
    "cloche needs Linux 5.12 or newer, not hidden by an outer container's seccomp filter";

std::string place(const MountStep& step) {
  return in_quotes(step.destination);
}

Error explain_mount(const child::Failure& failure, const MountStep& step) {
  const int error = failure.error;
  const std::string words = errno_words(error);
  switch (failure.step) {
    case Step::open_source:
      return Error(fmt::format("cannot share {}: {}", in_quotes(step.source), words),
                   error == ENOSYS ? kOldKernel : "check that it is there and that you may reach it", error);
    case Step::restrict_source:
      return Error(fmt::format("cannot make {} read-only inside: {}",
                               in_quotes(step.source.empty() ? step.destination : step.source), words),
                   error == ENOSYS ? kOldKernel : "", error);
    case Step::make_destination:
      if (error == EROFS)
        return Error(
            fmt::format(
                "cannot mount at {}: it does not exist there, and making it would leave it on the host",
                place(step)),
            "make it first, or choose a place in a private folder such as /tmp or /run", error);
      if (error == ENOTDIR || error == ELOOP || error == EEXIST)
        return Error(fmt::format("cannot mount at {}: part of it is a file, or a link that leads nowhere",
                                 place(step)),
                     "choose another place", error);
      return Error(fmt::format("cannot make the place to mount at, {}: {}", place(step), words),
                   error == ENOSYS ? kOldKernel : "", error);
    case Step::mount_proc: {
      const Obstacle cause = why_no_fresh_proc(error);
      return Error(cause.sentence, cause.remedy, error);
    }
    default:
      return Error(fmt::format("cannot mount at {}: {}", place(step), words),
                   error == ENOTDIR  ? "a file can only lie over a file, a folder over a folder"
                   : error == ENOSYS ? kOldKernel
                                     : "",
                   error);
  }
}

Error explain_label(int error, const Plan& plan) {
  const bool apparmor = !plan.policy.apparmor.empty();
  const std::string label = apparmor ? "--apparmor " + in_quotes(plan.policy.apparmor)
                                     : "--selinux-label " + in_quotes(plan.policy.selinux_label);
  if (apparmor && error == ENOENT)
    return Error(label + ": no profile of that name is loaded",
                 "an administrator loads one with apparmor_parser, and lists them with aa-status", error);
  if (error == EPERM || error == EACCES)
    return Error(label + ": the label that cloche runs under itself does not allow the change",
                 "with no_new_privs a confined process cannot change to a profile that allows more: "
                 "start cloche unconfined",
                 error);
  if (!apparmor && error == EINVAL)
    return Error(label + ": the loaded policy knows no such context",
                 "write it as id -Z does; seinfo lists what the policy knows", error);
  return Error("cannot switch to " + label + ": " + errno_words(error), "", error);
}

}  // namespace

Error explain(const child::Failure& failure, const Plan& plan) {
  const int error = failure.error;
  const std::string words = errno_words(error);
  switch (failure.step) {
    case Step::open_source:
    case Step::restrict_source:
    case Step::make_destination:
    case Step::attach:
    case Step::mount_tmpfs:
    case Step::mount_proc:
    case Step::mount_devpts:
    case Step::symlink:
      if (failure.index < plan.view.steps.size())
        return explain_mount(failure, plan.view.steps[failure.index]);
      break;
    case Step::private_mounts:
      return Error("cannot make the mounts private: " + words, "", error);
    case Step::make_root:
      return Error("cannot make the sandbox's root on a tmpfs: " + words, error == ENOSYS ? kOldKernel : "",
                   error);
    case Step::pivot:
      return Error("cannot enter the sandbox's root: " + words, "cloche cannot run in a chroot", error);
    case Step::seal_root:
      return Error("cannot make the sandbox's root read-only: " + words, "", error);
    case Step::enter:
      return Error("cannot enter the sandbox's namespaces: " + words, "", error);
    case Step::hostname:
      return Error("cannot set the host name inside: " + words, "", error);
    case Step::namespaces:
      return explain_clone(error);
    case Step::loopback:
      return Error("cannot raise the loopback interface inside: " + words, "", error);
    case Step::terminal:
      return Error("cannot make a terminal inside: " + words, "use --no-tty", error);
    case Step::spawn:
      return Error("cannot start the command: " + words,
                   error == EAGAIN
                       ? "the sandbox's --tasks or your own limit of processes (ulimit -u) is reached"
                       : "",
                   error);
    case Step::cgroup_namespace:
      return Error("cannot make a cgroup namespace: " + words, "", error);
    case Step::cgroup_mount:
      return Error("cannot show the cgroup at /sys/fs/cgroup: " + words, "", error);
    case Step::groups:
    case Step::ids:
      return Error("cannot become the user of the sandbox: " + words, "", error);
    case Step::rlimit:
      if (failure.index < plan.rlimits.size())
        return Error(fmt::format("--rlimit {}: {}", plan.rlimits[failure.index].name, words),
                     error == EPERM ? "a hard limit can only be lowered: see ulimit -H" : "", error);
      break;
    case Step::capabilities:
      return Error("cannot drop the capabilities: " + words, "", error);
    case Step::workdir:
      return Error(fmt::format("cannot start in {}: {}", in_quotes(plan.view.workdir), words),
                   "choose a folder that is shown inside (--workdir, --ro, --rw)", error);
    case Step::landlock:
      if (error == ELOOP)
        return Error(
            "cannot apply the Landlock rules: a writable place of the sandbox is reached through a link",
            "a command can be entered only where what runs inside has not changed those places", error);
      return Error("cannot apply the Landlock rules: " + words, "use --landlock off to go without", error);
    case Step::label:
      return explain_label(error, plan);
    case Step::no_new_privileges:
      return Error("cannot set no_new_privs: " + words, "", error);
    case Step::seccomp:
    case Step::listener:
      return Error("cannot load the system call filter: " + words, "", error);
    default:
      break;
  }
  return Error(fmt::format("the sandbox could not be set up (step {}): {}",
                           static_cast<unsigned>(failure.step), words),
               "", error);
}

Error explain_clone(int error) {
  const Obstacle cause = why_no_namespaces(error);
  return Error(cause.sentence, cause.remedy, error);
}

}  // namespace cloche
