// sd-bus, opened when it is needed: libsystemd has no static archive, and linking it costs each start 0.8 ms,
// whether or not the run asks systemd for anything.
#pragma once

#include <systemd/sd-bus.h>

namespace cloche {

/// The functions of libsystemd that cloche uses, under their own names without "sd_".
struct Libsystemd {
  decltype(&::sd_bus_new) bus_new;
  decltype(&::sd_bus_set_address) bus_set_address;
  decltype(&::sd_bus_set_bus_client) bus_set_bus_client;
  decltype(&::sd_bus_start) bus_start;
  decltype(&::sd_bus_get_fd) bus_get_fd;
  decltype(&::sd_bus_get_events) bus_get_events;
  decltype(&::sd_bus_process) bus_process;
  decltype(&::sd_bus_close_unref) bus_close_unref;
  decltype(&::sd_bus_match_signal_async) bus_match_signal_async;
  decltype(&::sd_bus_call_async) bus_call_async;
  decltype(&::sd_bus_message_new_method_call) bus_message_new_method_call;
  decltype(&::sd_bus_message_append) bus_message_append;
  decltype(&::sd_bus_message_open_container) bus_message_open_container;
  decltype(&::sd_bus_message_close_container) bus_message_close_container;
  decltype(&::sd_bus_message_read) bus_message_read;
  decltype(&::sd_bus_message_get_error) bus_message_get_error;
  decltype(&::sd_bus_message_unref) bus_message_unref;
};

/// Opened at the first call. Throws Error where the machine has no libsystemd.
const Libsystemd& libsystemd();

}  // namespace cloche
