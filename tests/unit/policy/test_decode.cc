#include "policy/decode.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cstring>
#include <iterator>
#include <map>
#include <sstream>

#include "policy/call_shapes.h"
#include "policy/call_words.h"
#include "policy/syscalls.h"

namespace cloche {
namespace {

/// The memory of a caller that does not exist: texts at addresses, and nothing around them.
class Memory {
 public:
  std::uint64_t put(const std::string& bytes) {
    const std::uint64_t address = next_;
    next_ += 0x1000;
    places_[address] = bytes;
    return address;
  }
  std::uint64_t text(const std::string& text) { return put(text + '\0'); }

  std::string operator()(std::uint64_t address, std::size_t most) const {
    const auto place = places_.find(address);
    return place == places_.end() ? "" : place->second.substr(0, most);
  }

 private:
  std::map<std::uint64_t, std::string> places_;
  std::uint64_t next_ = 0x7f0000001000;
};

class ACall : public testing::Test {
 protected:
  std::string read(const std::string& call, const CallArguments& arguments) {
    return call_text(call, decode(call, arguments, [this](auto at, auto most) { return memory(at, most); }));
  }
  Memory memory;
};

TEST_F(ACall, IsReadWithItsTextsAndFlags) {
  EXPECT_EQ(read("mount", {memory.text("/dev/sda"), memory.text("/mnt"), memory.text("ext4"), 0x1003, 0}),
            R"(mount("/dev/sda", "/mnt", "ext4", MS_RDONLY|MS_NOSUID|MS_BIND, NULL))");
  EXPECT_EQ(read("mount", {0, memory.text(""), 0, 0, 0}), R"(mount(NULL, "", NULL, 0, NULL))");
  EXPECT_EQ(read("pivot_root", {memory.text("."), memory.text(".")}), R"(pivot_root(".", "."))");
  EXPECT_EQ(read("openat", {static_cast<std::uint64_t>(AT_FDCWD), memory.text("x"), O_RDWR | O_CREAT, 0640}),
            R"(openat(AT_FDCWD, "x", O_RDWR|O_CREAT, 0640))");
}

TEST_F(ACall, IsReadWithTheWordsOfItsKind) {
  EXPECT_EQ(read("unshare", {CLONE_NEWUSER | CLONE_NEWNS}), "unshare(CLONE_NEWNS|CLONE_NEWUSER)");
  EXPECT_EQ(read("clone", {CLONE_NEWUSER | SIGCHLD, 0, 0}), "clone(CLONE_NEWUSER|SIGCHLD, NULL, NULL)");
  EXPECT_EQ(read("setns", {3, 0}), "setns(3, 0)");
  EXPECT_EQ(read("socket", {AF_ALG, SOCK_SEQPACKET | SOCK_CLOEXEC, 0}),
            "socket(AF_ALG, SOCK_SEQPACKET|SOCK_CLOEXEC, 0)");
  EXPECT_EQ(read("socket", {999, 77, 3}), "socket(0x3e7, 0xd|0x40, 3)");
  EXPECT_EQ(read("ioctl", {0, TIOCSTI, 0x1234}), "ioctl(0, TIOCSTI, 0x1234)");
  EXPECT_EQ(read("mknod", {memory.text("null"), S_IFCHR | 0666, 0x103}),
            R"(mknod("null", S_IFCHR|0666, 1:3))");
  EXPECT_EQ(read("keyctl", {0, 1, 2, 3, 4}), "keyctl(KEYCTL_GET_KEYRING_ID, 0x1, 0x2, 0x3, 0x4)");
  EXPECT_EQ(read("bpf", {5, 0, 0}), "bpf(BPF_PROG_LOAD, NULL, 0)");
  EXPECT_EQ(read("ptrace", {16, 7, 0, 0}), "ptrace(PTRACE_ATTACH, 7, NULL, NULL)");
  EXPECT_EQ(read("personality", {0x0040000}), "personality(PER_LINUX|ADDR_NO_RANDOMIZE)");
  EXPECT_EQ(read("kill", {static_cast<std::uint64_t>(-1), 9}), "kill(-1, SIGKILL)");
  EXPECT_EQ(read("vhangup", {1, 2, 3, 4, 5, 6}), "vhangup()");
}

TEST_F(ACall, ShowsOfAnIntWhatTheKernelReads) {
  EXPECT_EQ(read("ioctl", {0xFFFFFFFF00000005, 0xABCDEF0000005412, 0}), "ioctl(5, TIOCSTI, NULL)");
  EXPECT_EQ(read("socket", {0xFF00000026, 1, 0xFFFFFFFF}), "socket(AF_ALG, SOCK_STREAM, -1)");
}

TEST_F(ACall, ShowsTheAddressOfWhatCannotBeRead) {
  EXPECT_EQ(read("chroot", {0xdead0000}), "chroot(0xdead0000)");
}

TEST_F(ACall, CutsALongText) {
  const std::string long_path(5000, 'a');
  EXPECT_EQ(read("chroot", {memory.text(long_path)}),
            "chroot(\"" + long_path.substr(0, kLongestText) + "\"…)");
  const std::string whole(kLongestText, 'b');
  EXPECT_EQ(read("chroot", {memory.text(whole)}), "chroot(\"" + whole + "\")");
  EXPECT_EQ(read("chroot", {memory.put("no end")}), "chroot(\"no end\"…)");  // the page ends before the text
}

TEST_F(ACall, EscapesWhatCouldSpeakToATerminalOrForgeALine) {
  const std::string hostile = "a\nb\x1b[2J\xff\"\\\xc2\x9b";
  const std::string shown = read("chroot", {memory.text(hostile)});
  EXPECT_EQ(shown, R"(chroot("a\nb\x1b[2J\xff\"\\\xc2\x9b"))");
  // A text cannot end itself early: every quote inside has an odd number of backslashes before it.
  EXPECT_EQ(read("pivot_root", {memory.text(R"(\", "/fake")"), 0}), R"(pivot_root("\\\", \"/fake\"", NULL))");
}

TEST_F(ACall, ReadsBytesAsLongAsTheCallSays) {
  EXPECT_EQ(read("sethostname", {memory.put("hostile-and-more"), 7}), R"(sethostname("hostile", 7))");
  EXPECT_EQ(read("sethostname", {memory.put("x"), ~std::uint64_t{0}}),
            R"(sethostname("x"…, 18446744073709551615))");
}

TEST_F(ACall, ReadsSocketAddresses) {
  sockaddr_in internet{};
  internet.sin_family = AF_INET;
  internet.sin_port = htons(443);
  ::inet_pton(AF_INET, "192.0.2.7", &internet.sin_addr);
  const auto bytes = [](const auto& address, std::size_t size) {
    return std::string(reinterpret_cast<const char*>(&address), size);
  };
  EXPECT_EQ(read("connect", {3, memory.put(bytes(internet, sizeof internet)), sizeof internet}),
            "connect(3, 192.0.2.7:443, 16)");
  sockaddr_un local{};
  local.sun_family = AF_UNIX;
  std::strcpy(local.sun_path, "/run/bus");
  EXPECT_EQ(read("connect", {3, memory.put(bytes(local, sizeof local)), sizeof local}),
            R"(connect(3, "/run/bus", 110))");
  std::memcpy(local.sun_path, "\0name", 5);
  const std::size_t length = offsetof(sockaddr_un, sun_path) + 5;
  EXPECT_EQ(read("connect", {3, memory.put(bytes(local, length)), length}), R"(connect(3, "@name", 7))");
  EXPECT_EQ(read("connect", {3, memory.put("\1"), 1}).substr(0, 14), "connect(3, 0x7");
  EXPECT_EQ(read("connect", {3, 0, 16}), "connect(3, NULL, 16)");
}

TEST_F(ACall, ThatNobodyDescribedIsNamedAlone) {
  EXPECT_EQ(read("syscall 9999", {1, 2, 3}), "syscall 9999(…)");
}

TEST(TheShapesOfCalls, CoverAllThatTheDefaultRefuses) {
  for (const SyscallGroup& group : syscall_groups()) {
    if (group.verdict != Verdict::refuse && group.verdict != Verdict::condition) continue;
    std::istringstream calls{std::string(group.calls)};
    for (std::string call; calls >> call;) EXPECT_FALSE(call_shape(call).empty()) << call;
  }
}

TEST(TheShapesOfCalls, NameNoCallThatThereIsNot) {
  // The table is searched by halves: a row out of its place would not be found by its name.
  for (std::uint32_t number = 0; number < 600; ++number) {
    const std::string name = call_name(number, Machine::x86_64);
    if (call_shape(name).empty()) continue;
    const auto decoded = decode(name, {}, [](auto, auto) { return ""; });
    ASSERT_TRUE(decoded) << name;
    EXPECT_LE(decoded->size(), 6u) << name;
    for (const Argument& one : *decoded) EXPECT_FALSE(one.words.empty()) << name << " " << one.name;
  }
}

}  // namespace
}  // namespace cloche
