#include "base/name_services.h"

#include "base/file.h"
#include "base/text.h"

namespace cloche {

std::string name_sources(std::string_view nsswitch, std::string_view database) {
  const std::string key = std::string(database) + ":";
  for (const std::string& line : split(nsswitch, '\n'))
    if (line.starts_with(key)) return std::string(trim(std::string_view(line).substr(key.size())));
  return {};
}

std::string name_sources(std::string_view database) {
  static const std::string nsswitch = read_if_there("/etc/nsswitch.conf").value_or("");
  return name_sources(nsswitch, database);
}

}  // namespace cloche
