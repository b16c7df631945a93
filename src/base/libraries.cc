// In the dynamic program; libraries_static.cc is the static one's.
#include "base/libraries.h"

#include <dlfcn.h>

namespace cloche {

bool linked_statically() {
  return false;
}

bool libraries_at_hand() {
  return true;
}

void* open_library(const char* name) {
  return ::dlopen(name, RTLD_NOW | RTLD_LOCAL);
}

std::string library_remedy(const std::string& package) {
  return "have an administrator run: apt-get install " + package;
}

void* function_of(void* library, const char* name) {
  return ::dlsym(library, name);
}

const passwd* user_entry(uid_t uid) {
  return ::getpwuid(uid);
}

}  // namespace cloche
