#include "cgroup/directory.h"

#include <signal.h>
#include <sys/stat.h>

#include <cerrno>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

namespace cloche {
namespace {

/// "some avg10=0.00 avg60=0.00 avg300=0.00 total=123": the total of the "some" line, in microseconds.
std::optional<std::uint64_t> pressure_total(const std::string& text) {
  const size_t at = text.find("total=");
  if (!text.starts_with("some") || at == std::string::npos) return std::nullopt;
  const std::string_view rest = std::string_view(text).substr(at + 6);
  return whole_number(rest.substr(0, rest.find('\n')));
}

/// The number behind `key` in a flat-keyed file's text.
std::optional<std::uint64_t> keyed(const std::string& text, std::string_view key) {
  for (const std::string& line : split(text, '\n'))
    if (line.starts_with(key) && line.size() > key.size() && line[key.size()] == ' ')
      return whole_number(std::string_view(line).substr(key.size() + 1));
  return std::nullopt;
}

/// Adds up `key` over the devices of io.stat; an empty file means that nothing was read or written.
std::optional<std::uint64_t> io_total(const std::optional<std::string>& text, std::string_view key) {
  if (!text) return std::nullopt;
  std::uint64_t total = 0;
  for (const std::string& line : split(*text, '\n'))
    for (const std::string& field : split(line, ' '))
      if (field.starts_with(key))
        total += whole_number(std::string_view(field).substr(key.size())).value_or(0);
  return total;
}

}  // namespace

CgroupDirectory::CgroupDirectory(const std::string& path)
    : fd_(open_at(AT_FDCWD, path, O_RDONLY | O_DIRECTORY)), path_(path) {}

CgroupDirectory CgroupDirectory::make_child(const std::string& name) const {
  if (::mkdirat(fd_.get(), name.c_str(), 0755) != 0)
    throw_errno(errno, "cannot make the cgroup", path_ + "/" + name);
  CgroupDirectory child;
  child.path_ = path_ + "/" + name;
  child.fd_ = open_at(fd_.get(), name, O_RDONLY | O_DIRECTORY);
  return child;
}

std::vector<std::string> CgroupDirectory::controllers() const {
  return split(read("cgroup.controllers"), ' ');
}

int CgroupDirectory::enable(const std::string& controller) const {
  return write("cgroup.subtree_control", "+" + controller);
}

int CgroupDirectory::write(const std::string& file, const std::string& text) const {
  return write_control_at(fd_.get(), file, text);
}

std::string CgroupDirectory::read(const std::string& file) const {
  return std::string(trim(read_if_there_at(fd_.get(), file).value_or("")));
}

int CgroupDirectory::adopt(pid_t pid) const {
  return write("cgroup.procs", std::to_string(pid));
}

std::optional<std::uint64_t> CgroupDirectory::number(const std::string& file, const std::string& key) const {
  const std::string text = read(file);
  if (key.empty()) return whole_number(text);
  return keyed(text, key);
}

Usage CgroupDirectory::usage() const {
  const std::string cpu = read("cpu.stat");
  const auto io = read_if_there_at(fd_.get(), "io.stat");
  return {.memory = number("memory.current"),
          .tasks = number("pids.current"),
          .cpu_usec = keyed(cpu, "usage_usec"),
          .throttled_usec = keyed(cpu, "throttled_usec"),
          .io_read_bytes = io_total(io, "rbytes="),
          .io_write_bytes = io_total(io, "wbytes="),
          .cpu_pressure_usec = pressure_total(read("cpu.pressure")),
          .memory_pressure_usec = pressure_total(read("memory.pressure")),
          .io_pressure_usec = pressure_total(read("io.pressure"))};
}

Figures CgroupDirectory::figures() const {
  Figures used;
  used.memory_peak = number("memory.peak");
  used.oom_kills = number("memory.events", "oom_kill");
  used.cpu_user_usec = number("cpu.stat", "user_usec");
  used.cpu_system_usec = number("cpu.stat", "system_usec");
  used.cpu_throttled_usec = number("cpu.stat", "throttled_usec");
  used.tasks_peak = number("pids.peak");
  used.tasks_refused = number("pids.events", "max");
  const auto io = read_if_there_at(fd_.get(), "io.stat");
  used.io_read_bytes = io_total(io, "rbytes=");
  used.io_write_bytes = io_total(io, "wbytes=");
  used.cpu_pressure_usec = pressure_total(read("cpu.pressure"));
  used.memory_pressure_usec = pressure_total(read("memory.pressure"));
  used.io_pressure_usec = pressure_total(read("io.pressure"));
  return used;
}

bool CgroupDirectory::populated() const {
  return number("cgroup.events", "populated").value_or(0) != 0;
}

void CgroupDirectory::kill() const {
  if (write("cgroup.kill", "1") == 0) return;
  // A process may fork between the reading and the killing: again until nobody is left, within reason.
  for (int round = 0; round < 1000 && populated(); ++round)
    for (const std::string& line : split(read("cgroup.procs"), '\n'))
      if (const auto pid = whole_number(line)) ::kill(static_cast<pid_t>(*pid), SIGKILL);
}

int CgroupDirectory::remove_child(const std::string& name) const {
  return ::unlinkat(fd_.get(), name.c_str(), AT_REMOVEDIR) == 0 ? 0 : errno;
}

}  // namespace cloche
