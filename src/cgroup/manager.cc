#include "cgroup/manager.h"

#include <poll.h>

#include <cerrno>
#include <chrono>
#include <cstdint>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace cloche::manager {
namespace {

constexpr std::chrono::seconds kPatience{30};
constexpr const char* kRemedy = "check: systemctl --user status";

struct Answer {
  bool here = false;
  std::string name, words;  ///< of an error
};

int on_answer(sd_bus_message* message, void* into, sd_bus_error*) {
  auto& answer = *static_cast<Answer*>(into);
  answer.here = true;
  answer.name = error_of(message, &answer.words);
  return 0;
}

struct Connection {
  sd_bus* bus = nullptr;
  ~Connection() { libsystemd().bus_close_unref(bus); }
};

void wait_for(sd_bus* bus, const Answer& answer) {
  const Libsystemd& sd = libsystemd();
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (true) {
    int more;
    while (!answer.here && (more = sd.bus_process(bus, nullptr)) > 0) {
    }
    if (answer.here) return;
    if (more < 0) throw Error("the connection to your systemd broke: " + errno_words(-more), kRemedy, -more);
    if (std::chrono::steady_clock::now() > end)
      throw Error("your systemd did not answer within 30 s", kRemedy);
    pollfd ready = {sd.bus_get_fd(bus), static_cast<short>(sd.bus_get_events(bus)), 0};
    ::poll(&ready, 1, 1000);
  }
}

}  // namespace

sd_bus* connect(const std::vector<BusAddress>& addresses, bool* is_bus) {
  const Libsystemd& sd = libsystemd();
  int error = ENOENT;
  for (const BusAddress& address : addresses) {
    sd_bus* bus = nullptr;
    if (const int result = sd.bus_new(&bus); result < 0)
      throw_errno(-result, "cannot make a bus connection", "");
    sd.bus_set_address(bus, address.address.c_str());
    sd.bus_set_bus_client(bus, address.is_bus);
    const int started = sd.bus_start(bus);
    if (started >= 0) {
      *is_bus = address.is_bus;
      return bus;
    }
    error = -started;
    sd.bus_close_unref(bus);
  }
  throw Error("your systemd's bus does not answer: " + errno_words(error),
              "log in anew, or check: systemctl --user status", error);
}

std::string error_of(sd_bus_message* message, std::string* words) {
  const sd_bus_error* error = libsystemd().bus_message_get_error(message);
  if (!error || !error->name) return {};
  if (words) *words = error->message ? printable(error->message) : "";
  return error->name;
}

void attach(const std::vector<BusAddress>& addresses, const std::string& unit, const std::string& subcgroup,
            pid_t pid) {
  const Libsystemd& sd = libsystemd();
  bool is_bus = true;
  const Connection connection{connect(addresses, &is_bus)};
  sd_bus_message* message = nullptr;
  int result = sd.bus_message_new_method_call(connection.bus, &message, kService, kPath, kInterface,
                                              "AttachProcessesToUnit");
  if (result < 0) throw_errno(-result, "cannot make a request to systemd", "");
  Answer answer;
  result = sd.bus_message_append(message, "ssau", unit.c_str(), subcgroup.c_str(), 1,
                                 static_cast<std::uint32_t>(pid));
  if (result >= 0)
    result = sd.bus_call_async(connection.bus, nullptr, message, on_answer, &answer, 30'000'000);
  sd.bus_message_unref(message);
  if (result < 0) throw_errno(-result, "cannot ask systemd to move a process", "");
  wait_for(connection.bus, answer);
  if (!answer.name.empty())
    throw Error(fmt::format("your systemd refuses to move a process into {}{}: {} ({})", unit, subcgroup,
                            answer.words, answer.name),
                kRemedy);
}

}  // namespace cloche::manager
