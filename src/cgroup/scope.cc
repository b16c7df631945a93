#include "cgroup/scope.h"

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "cgroup/manager.h"

namespace cloche {
namespace {

constexpr const char* kService = manager::kService;
constexpr const char* kPath = manager::kPath;
constexpr const char* kManager = manager::kInterface;

void check(int result, const char* action) {
  if (result < 0) throw_errno(-result, action, "");
}

}  // namespace

ScopeRequest::ScopeRequest(const std::vector<BusAddress>& addresses, const std::string& unit,
                           const std::string& description, pid_t pid)
    : unit_(unit), description_(description), pid_(pid) {
  bool is_bus = true;
  bus_ = manager::connect(addresses, &is_bus);
  // The signal is asked for before the call, so that a quick job cannot end unheard.
  const int result =
      libsystemd().bus_match_signal_async(bus_, nullptr, is_bus ? kService : nullptr, kPath, kManager,
                                          "JobRemoved", on_job_removed, on_match, this);
  // Not waited for: what comes down one connection is done in its order.
  if (result < 0) {
    bus_ = libsystemd().bus_close_unref(bus_);
    check(result, "cannot ask for systemd's signals");
  }
  send();
}

ScopeRequest::~ScopeRequest() {
  if (bus_) libsystemd().bus_close_unref(bus_);
}

int ScopeRequest::fd() const {
  return libsystemd().bus_get_fd(bus_);
}
int ScopeRequest::events() const {
  return libsystemd().bus_get_events(bus_);
}

void ScopeRequest::process() {
  int more;
  while ((more = libsystemd().bus_process(bus_, nullptr)) > 0) {
  }
  if (!error_.empty()) throw Error(error_, remedy_);
  if (more < 0)
    throw Error("the connection to your systemd broke: " + errno_words(-more),
                "check: systemctl --user status", -more);
}

int ScopeRequest::on_match(sd_bus_message* message, void* self, sd_bus_error*) {
  auto& request = *static_cast<ScopeRequest*>(self);
  std::string words;
  if (!manager::error_of(message, &words).empty())
    request.error_ = "the user's bus refuses systemd's signals: " + words;
  return 0;
}

void ScopeRequest::send() {
  const Libsystemd& sd = libsystemd();
  sd_bus_message* message = nullptr;
  check(sd.bus_message_new_method_call(bus_, &message, kService, kPath, kManager, "StartTransientUnit"),
        "cannot make a request to systemd");
  const auto pid = static_cast<std::uint32_t>(pid_);
  // inactive-or-failed: a scope whose processes were killed for memory would else keep its name in use.
  int result = sd.bus_message_append(message, "ss", unit_.c_str(), "fail");
  if (result >= 0) result = sd.bus_message_open_container(message, 'a', "(sv)");
  if (result >= 0) result = sd.bus_message_append(message, "(sv)", "Description", "s", description_.c_str());
  if (result >= 0) result = sd.bus_message_append(message, "(sv)", "Slice", "s", "cloche.slice");
  if (result >= 0) result = sd.bus_message_append(message, "(sv)", "Delegate", "b", 1);
  if (result >= 0) result = sd.bus_message_append(message, "(sv)", "CollectMode", "s", "inactive-or-failed");
  if (result >= 0) result = sd.bus_message_append(message, "(sv)", "PIDs", "au", 1, pid);
  if (result >= 0) result = sd.bus_message_close_container(message);
  if (result >= 0) result = sd.bus_message_append(message, "a(sa(sv))", 0);
  if (result >= 0) result = sd.bus_call_async(bus_, nullptr, message, on_reply, this, 300'000'000);
  sd.bus_message_unref(message);
  check(result, "cannot ask systemd for a scope");
}

int ScopeRequest::on_reply(sd_bus_message* message, void* self, sd_bus_error*) {
  auto& request = *static_cast<ScopeRequest*>(self);
  std::string words;
  const std::string name = manager::error_of(message, &words);
  if (name.empty()) return 0;
  if (name.ends_with(".UnitExists")) {
    request.error_ = fmt::format("a sandbox of this name is running already ({})", request.unit_);
    request.remedy_ = "choose another --name, or end it with cloche kill";
  } else {
    request.error_ = fmt::format("your systemd refuses a scope: {} ({})", words, name);
    request.remedy_ = "check: systemctl --user status";
  }
  return 0;
}

int ScopeRequest::on_job_removed(sd_bus_message* message, void* self, sd_bus_error*) {
  auto& request = *static_cast<ScopeRequest*>(self);
  std::uint32_t id = 0;
  const char *job = nullptr, *unit = nullptr, *result = nullptr;
  if (libsystemd().bus_message_read(message, "uoss", &id, &job, &unit, &result) < 0 || request.unit_ != unit)
    return 0;
  request.job_ = job;
  if (std::string(result) == "done")
    request.done_ = true;
  else
    request.error_ = fmt::format("systemd could not start the scope {}: {}", request.unit_, result);
  return 0;
}

OutlivesParent::OutlivesParent() : parent_(::getppid()) {
  ::prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0);
}

OutlivesParent::~OutlivesParent() {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (::getppid() != parent_) ::raise(SIGKILL);
}

}  // namespace cloche
