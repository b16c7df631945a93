// Where the C library looks names up: /etc/nsswitch.conf, see nsswitch.conf(5).
#pragma once

#include <string>
#include <string_view>

namespace cloche {

/// The sources that the file's text names for `database`, as they stand there; empty: it names none.
std::string name_sources(std::string_view nsswitch, std::string_view database);
/// The same of this machine's file, which is read once: a start asks for two databases.
std::string name_sources(std::string_view database);

}  // namespace cloche
