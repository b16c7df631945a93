#include "cgroup/libsystemd.h"

#include <string>

#include "base/error.h"
#include "base/libraries.h"

namespace cloche {
namespace {

template <typename Function>
void look_up(void* library, Function& function, const char* name) {
  function = reinterpret_cast<Function>(function_of(library, name));
  if (!function) throw Error(std::string("libsystemd has no ") + name, "install libsystemd0 252 or newer");
}

Libsystemd open_libsystemd() {
  void* library = open_library("libsystemd.so.0");
  if (!library)
    throw Error("cannot open libsystemd.so.0, which asks your systemd for a cgroup",
                library_remedy("libsystemd0"));
  Libsystemd functions{};
  look_up(library, functions.bus_new, "sd_bus_new");
  look_up(library, functions.bus_set_address, "sd_bus_set_address");
  look_up(library, functions.bus_set_bus_client, "sd_bus_set_bus_client");
  look_up(library, functions.bus_start, "sd_bus_start");
  look_up(library, functions.bus_get_fd, "sd_bus_get_fd");
  look_up(library, functions.bus_get_events, "sd_bus_get_events");
  look_up(library, functions.bus_process, "sd_bus_process");
  look_up(library, functions.bus_close_unref, "sd_bus_close_unref");
  look_up(library, functions.bus_match_signal_async, "sd_bus_match_signal_async");
  look_up(library, functions.bus_call_async, "sd_bus_call_async");
  look_up(library, functions.bus_message_new_method_call, "sd_bus_message_new_method_call");
  look_up(library, functions.bus_message_append, "sd_bus_message_append");
  look_up(library, functions.bus_message_open_container, "sd_bus_message_open_container");
  look_up(library, functions.bus_message_close_container, "sd_bus_message_close_container");
  look_up(library, functions.bus_message_read, "sd_bus_message_read");
  look_up(library, functions.bus_message_get_error, "sd_bus_message_get_error");
  look_up(library, functions.bus_message_unref, "sd_bus_message_unref");
  return functions;
}

}  // namespace

const Libsystemd& libsystemd() {
  static const Libsystemd functions = open_libsystemd();
  return functions;
}

}  // namespace cloche
