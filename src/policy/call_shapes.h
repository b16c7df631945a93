// What the arguments of a system call are called and how each is read: "source:text flags:mount-flags".
//
// A kind is text (ends with a zero byte), bytes (as long as the next argument says), address, int, id (of a
// user, process, key …, where -1 is one too), size, mode, device, descriptor, folder (a descriptor or
// AT_FDCWD), socket-address (as bytes), or a vocabulary of policy/call_words.h.
#pragma once

#include <string>
#include <string_view>

namespace cloche {

/// Empty for a call that is not described. A call without arguments has the shape " ".
std::string_view call_shape(const std::string& call);

}  // namespace cloche
