#include "sandbox/outcome.h"

#include <signal.h>
#include <sys/wait.h>

#include <cerrno>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace cloche {
namespace {

/// The module that switches labels at exec refuses there, with the errno of a file that may not be executed.
std::string label_remedy(const PolicyPlan& policy) {
  if (!policy.selinux_label.empty())
    return fmt::format(
        "if its file may be executed, SELinux's policy refused the label {}: it must allow cloche's own the "
        "transition, and, of the class process2, nnp_transition and nosuid_transition",
        in_quotes(policy.selinux_label));
  if (!policy.apparmor.empty())
    return fmt::format("if its file may be executed, the AppArmor profile {} refused it",
                       in_quotes(policy.apparmor));
  return {};
}

}  // namespace

const char* reason_word(Reason reason) {
  switch (reason) {
    case Reason::exited:
      return "exited";
    case Reason::signaled:
      return "signaled";
    case Reason::timeout:
      return "timeout";
    case Reason::cpu_time:
      return "cpu-time";
    case Reason::out_of_memory:
      return "out-of-memory";
    case Reason::setup_error:
      return "setup-error";
    case Reason::not_executable:
      return "not-executable";
    case Reason::not_found:
      return "not-found";
  }
  return "setup-error";
}

void conclude_status(Outcome& outcome, int status) {
  if (WIFSIGNALED(status)) {
    outcome.reason = Reason::signaled;
    outcome.signal = WTERMSIG(status);
    outcome.exit_status = 128 + WTERMSIG(status);
  } else {
    outcome.reason = Reason::exited;
    outcome.exit_status = WEXITSTATUS(status);
  }
}

void conclude_exec(Outcome& outcome, const Plan& plan, int error) {
  const std::string& command = plan.command.front();
  const bool missing = error == ENOENT || error == ENOTDIR;
  outcome.reason = missing ? Reason::not_found : Reason::not_executable;
  outcome.exit_status = missing ? 127 : 126;
  outcome.error = missing ? fmt::format("{}: command not found inside the sandbox", in_quotes(command))
                          : fmt::format("{}: cannot be executed: {}", in_quotes(command), errno_words(error));
  if (missing)
    outcome.remedy = "show its folder with --ro if it lies outside of the system and the current folder";
  else if (error == EPERM || error == EACCES)
    outcome.remedy = label_remedy(plan.policy);
}

}  // namespace cloche
