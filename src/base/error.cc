#include "base/error.h"

#include <cstring>

#include "base/text.h"

namespace cloche {

std::string errno_name(int code) {
  const char* name = ::strerrorname_np(code);
  return name ? name : "errno " + std::to_string(code);
}

std::string errno_words(int code) {
  const char* words = ::strerrordesc_np(code);
  return words ? std::string(words) + " (" + errno_name(code) + ")" : errno_name(code);
}

void throw_errno(int code, std::string_view action, std::string_view object, std::string remedy) {
  std::string sentence(action);
  if (!object.empty()) sentence += " " + in_quotes(object);
  throw Error(sentence + ": " + errno_words(code), std::move(remedy), code);
}

}  // namespace cloche
