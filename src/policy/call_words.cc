#include "policy/call_words.h"

#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/keyctl.h>
#include <linux/mount.h>
#include <linux/prctl.h>
#include <linux/reboot.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"

namespace cloche {
namespace {

struct Word {
  std::uint64_t value;
  const char* name;
};

// <sys/mount.h> and <linux/mount.h> cannot be had together before glibc 2.37; these are the kernel's.
constexpr Word kMountFlags[] = {
    {0x1, "MS_RDONLY"},         {0x2, "MS_NOSUID"},           {0x4, "MS_NODEV"},     {0x8, "MS_NOEXEC"},
    {0x10, "MS_SYNCHRONOUS"},   {0x20, "MS_REMOUNT"},         {0x80, "MS_DIRSYNC"},  {0x400, "MS_NOATIME"},
    {0x1000, "MS_BIND"},        {0x2000, "MS_MOVE"},          {0x4000, "MS_REC"},    {0x8000, "MS_SILENT"},
    {0x20000, "MS_UNBINDABLE"}, {0x40000, "MS_PRIVATE"},      {0x80000, "MS_SLAVE"}, {0x100000, "MS_SHARED"},
    {0x200000, "MS_RELATIME"},  {0x1000000, "MS_STRICTATIME"}};
constexpr Word kUmountFlags[] = {
    {1, "MNT_FORCE"}, {2, "MNT_DETACH"}, {4, "MNT_EXPIRE"}, {8, "UMOUNT_NOFOLLOW"}};
constexpr Word kCloneFlags[] = {{0x80, "CLONE_NEWTIME"},
                                {CLONE_VM, "CLONE_VM"},
                                {CLONE_FS, "CLONE_FS"},
                                {CLONE_FILES, "CLONE_FILES"},
                                {CLONE_SIGHAND, "CLONE_SIGHAND"},
                                {CLONE_PIDFD, "CLONE_PIDFD"},
                                {CLONE_PTRACE, "CLONE_PTRACE"},
                                {CLONE_VFORK, "CLONE_VFORK"},
                                {CLONE_PARENT, "CLONE_PARENT"},
                                {CLONE_THREAD, "CLONE_THREAD"},
                                {CLONE_NEWNS, "CLONE_NEWNS"},
                                {CLONE_SYSVSEM, "CLONE_SYSVSEM"},
                                {CLONE_SETTLS, "CLONE_SETTLS"},
                                {CLONE_PARENT_SETTID, "CLONE_PARENT_SETTID"},
                                {CLONE_CHILD_CLEARTID, "CLONE_CHILD_CLEARTID"},
                                {CLONE_UNTRACED, "CLONE_UNTRACED"},
                                {CLONE_CHILD_SETTID, "CLONE_CHILD_SETTID"},
                                {CLONE_NEWCGROUP, "CLONE_NEWCGROUP"},
                                {CLONE_NEWUTS, "CLONE_NEWUTS"},
                                {CLONE_NEWIPC, "CLONE_NEWIPC"},
                                {CLONE_NEWUSER, "CLONE_NEWUSER"},
                                {CLONE_NEWPID, "CLONE_NEWPID"},
                                {CLONE_NEWNET, "CLONE_NEWNET"},
                                {CLONE_IO, "CLONE_IO"}};
constexpr Word kFamilies[] = {{AF_UNSPEC, "AF_UNSPEC"},
                              {AF_UNIX, "AF_UNIX"},
                              {AF_INET, "AF_INET"},
                              {AF_AX25, "AF_AX25"},
                              {AF_IPX, "AF_IPX"},
                              {AF_INET6, "AF_INET6"},
                              {AF_NETLINK, "AF_NETLINK"},
                              {AF_PACKET, "AF_PACKET"},
                              {AF_RDS, "AF_RDS"},
                              {AF_LLC, "AF_LLC"},
                              {AF_CAN, "AF_CAN"},
                              {AF_TIPC, "AF_TIPC"},
                              {AF_BLUETOOTH, "AF_BLUETOOTH"},
                              {AF_RXRPC, "AF_RXRPC"},
                              {AF_ALG, "AF_ALG"},
                              {AF_NFC, "AF_NFC"},
                              {AF_VSOCK, "AF_VSOCK"},
                              {AF_KCM, "AF_KCM"},
                              {AF_QIPCRTR, "AF_QIPCRTR"},
                              {AF_SMC, "AF_SMC"},
                              {AF_XDP, "AF_XDP"},
                              {45, "AF_MCTP"}};
constexpr Word kSocketTypes[] = {
    {SOCK_STREAM, "SOCK_STREAM"}, {SOCK_DGRAM, "SOCK_DGRAM"},         {SOCK_RAW, "SOCK_RAW"},
    {SOCK_RDM, "SOCK_RDM"},       {SOCK_SEQPACKET, "SOCK_SEQPACKET"}, {SOCK_DCCP, "SOCK_DCCP"},
    {SOCK_PACKET, "SOCK_PACKET"}};
constexpr Word kSocketFlags[] = {{SOCK_CLOEXEC, "SOCK_CLOEXEC"}, {SOCK_NONBLOCK, "SOCK_NONBLOCK"}};
constexpr Word kFileTypes[] = {{S_IFIFO, "S_IFIFO"},  {S_IFCHR, "S_IFCHR"}, {S_IFDIR, "S_IFDIR"},
                               {S_IFBLK, "S_IFBLK"},  {S_IFREG, "S_IFREG"}, {S_IFLNK, "S_IFLNK"},
                               {S_IFSOCK, "S_IFSOCK"}};
constexpr Word kRequests[] = {
    {TCGETS, "TCGETS"},       {TCSETS, "TCSETS"},         {TCSETSW, "TCSETSW"},
    {TCSETSF, "TCSETSF"},     {TIOCSTI, "TIOCSTI"},       {0x541C, "TIOCLINUX"},
    {TIOCSCTTY, "TIOCSCTTY"}, {TIOCNOTTY, "TIOCNOTTY"},   {TIOCGPGRP, "TIOCGPGRP"},
    {TIOCSPGRP, "TIOCSPGRP"}, {TIOCGWINSZ, "TIOCGWINSZ"}, {TIOCSWINSZ, "TIOCSWINSZ"},
    {TIOCSETD, "TIOCSETD"},   {TIOCCONS, "TIOCCONS"},     {TIOCGPTPEER, "TIOCGPTPEER"},
    {FIONREAD, "FIONREAD"},   {FIONBIO, "FIONBIO"},       {FIOCLEX, "FIOCLEX"},
    {0x8914, "SIOCSIFFLAGS"}, {0x8933, "SIOCGIFINDEX"},   {0x40049409, "FICLONE"}};
constexpr Word kKeyOperations[] = {{KEYCTL_GET_KEYRING_ID, "KEYCTL_GET_KEYRING_ID"},
                                   {KEYCTL_JOIN_SESSION_KEYRING, "KEYCTL_JOIN_SESSION_KEYRING"},
                                   {KEYCTL_UPDATE, "KEYCTL_UPDATE"},
                                   {KEYCTL_REVOKE, "KEYCTL_REVOKE"},
                                   {KEYCTL_CHOWN, "KEYCTL_CHOWN"},
                                   {KEYCTL_SETPERM, "KEYCTL_SETPERM"},
                                   {KEYCTL_DESCRIBE, "KEYCTL_DESCRIBE"},
                                   {KEYCTL_CLEAR, "KEYCTL_CLEAR"},
                                   {KEYCTL_LINK, "KEYCTL_LINK"},
                                   {KEYCTL_UNLINK, "KEYCTL_UNLINK"},
                                   {KEYCTL_SEARCH, "KEYCTL_SEARCH"},
                                   {KEYCTL_READ, "KEYCTL_READ"},
                                   {KEYCTL_INSTANTIATE, "KEYCTL_INSTANTIATE"},
                                   {KEYCTL_NEGATE, "KEYCTL_NEGATE"},
                                   {KEYCTL_SET_REQKEY_KEYRING, "KEYCTL_SET_REQKEY_KEYRING"},
                                   {KEYCTL_SET_TIMEOUT, "KEYCTL_SET_TIMEOUT"},
                                   {KEYCTL_ASSUME_AUTHORITY, "KEYCTL_ASSUME_AUTHORITY"},
                                   {KEYCTL_GET_SECURITY, "KEYCTL_GET_SECURITY"},
                                   {KEYCTL_SESSION_TO_PARENT, "KEYCTL_SESSION_TO_PARENT"},
                                   {KEYCTL_GET_PERSISTENT, "KEYCTL_GET_PERSISTENT"}};
constexpr Word kBpfCommands[] = {{BPF_MAP_CREATE, "BPF_MAP_CREATE"},
                                 {BPF_MAP_LOOKUP_ELEM, "BPF_MAP_LOOKUP_ELEM"},
                                 {BPF_MAP_UPDATE_ELEM, "BPF_MAP_UPDATE_ELEM"},
                                 {BPF_PROG_LOAD, "BPF_PROG_LOAD"},
                                 {BPF_OBJ_PIN, "BPF_OBJ_PIN"},
                                 {BPF_OBJ_GET, "BPF_OBJ_GET"},
                                 {BPF_PROG_ATTACH, "BPF_PROG_ATTACH"},
                                 {BPF_BTF_LOAD, "BPF_BTF_LOAD"},
                                 {BPF_LINK_CREATE, "BPF_LINK_CREATE"}};
constexpr Word kPrctlOptions[] = {{PR_SET_PDEATHSIG, "PR_SET_PDEATHSIG"},
                                  {PR_SET_DUMPABLE, "PR_SET_DUMPABLE"},
                                  {PR_SET_KEEPCAPS, "PR_SET_KEEPCAPS"},
                                  {PR_SET_NAME, "PR_SET_NAME"},
                                  {PR_SET_SECCOMP, "PR_SET_SECCOMP"},
                                  {PR_CAPBSET_READ, "PR_CAPBSET_READ"},
                                  {PR_CAPBSET_DROP, "PR_CAPBSET_DROP"},
                                  {PR_SET_SECUREBITS, "PR_SET_SECUREBITS"},
                                  {PR_SET_MM, "PR_SET_MM"},
                                  {PR_SET_CHILD_SUBREAPER, "PR_SET_CHILD_SUBREAPER"},
                                  {PR_SET_NO_NEW_PRIVS, "PR_SET_NO_NEW_PRIVS"},
                                  {PR_CAP_AMBIENT, "PR_CAP_AMBIENT"},
                                  {PR_SET_SPECULATION_CTRL, "PR_SET_SPECULATION_CTRL"},
                                  {PR_SET_PTRACER, "PR_SET_PTRACER"}};
constexpr Word kTraceRequests[] = {
    {0, "PTRACE_TRACEME"},         {1, "PTRACE_PEEKTEXT"},       {2, "PTRACE_PEEKDATA"},
    {3, "PTRACE_PEEKUSER"},        {4, "PTRACE_POKETEXT"},       {5, "PTRACE_POKEDATA"},
    {6, "PTRACE_POKEUSER"},        {7, "PTRACE_CONT"},           {8, "PTRACE_KILL"},
    {9, "PTRACE_SINGLESTEP"},      {12, "PTRACE_GETREGS"},       {13, "PTRACE_SETREGS"},
    {16, "PTRACE_ATTACH"},         {17, "PTRACE_DETACH"},        {24, "PTRACE_SYSCALL"},
    {0x4200, "PTRACE_SETOPTIONS"}, {0x4204, "PTRACE_GETREGSET"}, {0x4206, "PTRACE_SEIZE"},
    {0x4207, "PTRACE_INTERRUPT"}};
constexpr Word kPersonalities[] = {{0, "PER_LINUX"}, {8, "PER_LINUX32"}, {0xFFFFFFFF, "0xffffffff"}};
constexpr Word kPersonalityFlags[] = {{UNAME26, "UNAME26"},
                                      {ADDR_NO_RANDOMIZE, "ADDR_NO_RANDOMIZE"},
                                      {FDPIC_FUNCPTRS, "FDPIC_FUNCPTRS"},
                                      {MMAP_PAGE_ZERO, "MMAP_PAGE_ZERO"},
                                      {ADDR_COMPAT_LAYOUT, "ADDR_COMPAT_LAYOUT"},
                                      {READ_IMPLIES_EXEC, "READ_IMPLIES_EXEC"},
                                      {ADDR_LIMIT_32BIT, "ADDR_LIMIT_32BIT"},
                                      {SHORT_INODE, "SHORT_INODE"},
                                      {WHOLE_SECONDS, "WHOLE_SECONDS"},
                                      {STICKY_TIMEOUTS, "STICKY_TIMEOUTS"},
                                      {ADDR_LIMIT_3GB, "ADDR_LIMIT_3GB"}};
constexpr Word kAccess[] = {{O_RDONLY, "O_RDONLY"}, {O_WRONLY, "O_WRONLY"}, {O_RDWR, "O_RDWR"}};
constexpr Word kOpenFlags[] = {
    {O_CREAT, "O_CREAT"},     {O_EXCL, "O_EXCL"},           {O_NOCTTY, "O_NOCTTY"},
    {O_TRUNC, "O_TRUNC"},     {O_APPEND, "O_APPEND"},       {O_NONBLOCK, "O_NONBLOCK"},
    {O_SYNC, "O_SYNC"},       {O_DSYNC, "O_DSYNC"},         {O_DIRECT, "O_DIRECT"},
    {O_TMPFILE, "O_TMPFILE"}, {O_DIRECTORY, "O_DIRECTORY"}, {O_NOFOLLOW, "O_NOFOLLOW"},
    {O_NOATIME, "O_NOATIME"}, {O_CLOEXEC, "O_CLOEXEC"},     {O_PATH, "O_PATH"},
    {0x8000, "O_LARGEFILE"}};
constexpr Word kAtFlags[] = {{AT_SYMLINK_NOFOLLOW, "AT_SYMLINK_NOFOLLOW"},
                             {0x200, "AT_REMOVEDIR"},
                             {AT_SYMLINK_FOLLOW, "AT_SYMLINK_FOLLOW"},
                             {AT_NO_AUTOMOUNT, "AT_NO_AUTOMOUNT"},
                             {AT_EMPTY_PATH, "AT_EMPTY_PATH"},
                             {0x8000, "AT_RECURSIVE"}};
constexpr Word kOpenTreeFlags[] = {{OPEN_TREE_CLONE, "OPEN_TREE_CLONE"},
                                   {OPEN_TREE_CLOEXEC, "OPEN_TREE_CLOEXEC"},
                                   {AT_SYMLINK_NOFOLLOW, "AT_SYMLINK_NOFOLLOW"},
                                   {AT_EMPTY_PATH, "AT_EMPTY_PATH"},
                                   {0x8000, "AT_RECURSIVE"}};
constexpr Word kConfigCommands[] = {{FSCONFIG_SET_FLAG, "FSCONFIG_SET_FLAG"},
                                    {FSCONFIG_SET_STRING, "FSCONFIG_SET_STRING"},
                                    {FSCONFIG_SET_BINARY, "FSCONFIG_SET_BINARY"},
                                    {FSCONFIG_SET_PATH, "FSCONFIG_SET_PATH"},
                                    {FSCONFIG_SET_PATH_EMPTY, "FSCONFIG_SET_PATH_EMPTY"},
                                    {FSCONFIG_SET_FD, "FSCONFIG_SET_FD"},
                                    {FSCONFIG_CMD_CREATE, "FSCONFIG_CMD_CREATE"},
                                    {FSCONFIG_CMD_RECONFIGURE, "FSCONFIG_CMD_RECONFIGURE"}};
constexpr Word kClocks[] = {{CLOCK_REALTIME, "CLOCK_REALTIME"},
                            {CLOCK_MONOTONIC, "CLOCK_MONOTONIC"},
                            {CLOCK_BOOTTIME, "CLOCK_BOOTTIME"},
                            {CLOCK_TAI, "CLOCK_TAI"}};
constexpr Word kRebootCommands[] = {{LINUX_REBOOT_CMD_RESTART, "LINUX_REBOOT_CMD_RESTART"},
                                    {LINUX_REBOOT_CMD_HALT, "LINUX_REBOOT_CMD_HALT"},
                                    {LINUX_REBOOT_CMD_CAD_ON, "LINUX_REBOOT_CMD_CAD_ON"},
                                    {LINUX_REBOOT_CMD_CAD_OFF, "LINUX_REBOOT_CMD_CAD_OFF"},
                                    {LINUX_REBOOT_CMD_POWER_OFF, "LINUX_REBOOT_CMD_POWER_OFF"},
                                    {LINUX_REBOOT_CMD_KEXEC, "LINUX_REBOOT_CMD_KEXEC"},
                                    {LINUX_REBOOT_CMD_SW_SUSPEND, "LINUX_REBOOT_CMD_SW_SUSPEND"}};
constexpr Word kProtection[] = {
    {PROT_READ, "PROT_READ"}, {PROT_WRITE, "PROT_WRITE"}, {PROT_EXEC, "PROT_EXEC"}};

constexpr std::uint64_t kLow = 0xFFFFFFFF;  // the kernel reads an int: the other half is noise
constexpr std::uint64_t kWhole = ~std::uint64_t{0};

/// The bits of `field` are one choice of several, each other bit is a flag.
struct Vocabulary {
  std::string_view name;
  std::uint64_t width, field;
  std::span<const Word> choices, flags;
};

constexpr auto kVocabularies = std::to_array<Vocabulary>({
    {"at-flags", kLow, 0, {}, kAtFlags},
    {"bpf", kLow, kLow, kBpfCommands, {}},
    {"clock", kLow, kLow, kClocks, {}},
    {"family", kLow, kLow, kFamilies, {}},
    {"fsconfig", kLow, kLow, kConfigCommands, {}},
    {"ioctl", kLow, kLow, kRequests, {}},
    {"keyctl", kLow, kLow, kKeyOperations, {}},
    {"mount-flags", kWhole, 0, {}, kMountFlags},
    {"open-flags", kLow, O_ACCMODE, kAccess, kOpenFlags},
    {"open-tree-flags", kLow, 0, {}, kOpenTreeFlags},
    {"personality", kLow, 0xFF, kPersonalities, kPersonalityFlags},
    {"prctl", kLow, kLow, kPrctlOptions, {}},
    {"protection", kLow, 0, {}, kProtection},
    {"ptrace", kLow, kLow, kTraceRequests, {}},
    {"reboot", kLow, kLow, kRebootCommands, {}},
    {"socket-type", kLow, 0xF, kSocketTypes, kSocketFlags},
    {"umount-flags", kLow, 0, {}, kUmountFlags},
});

std::string word_or_number(std::span<const Word> words, std::uint64_t value) {
  const auto found =
      std::find_if(words.begin(), words.end(), [&](const Word& word) { return word.value == value; });
  return found != words.end() ? found->name : fmt::format("{:#x}", value);
}

/// Longer flags first: O_TMPFILE holds O_DIRECTORY, O_SYNC holds O_DSYNC.
void add_flags(std::vector<std::string>& parts, std::span<const Word> flags, std::uint64_t value) {
  for (const Word& flag : flags) {
    if ((value & flag.value) != flag.value) continue;
    parts.emplace_back(flag.name);
    value &= ~flag.value;
  }
  if (value) parts.push_back(fmt::format("{:#x}", value));
}

std::string signal_words(std::uint64_t number) {
  const char* abbreviation = ::sigabbrev_np(static_cast<int>(number));
  return abbreviation ? std::string("SIG") + abbreviation : std::to_string(number);
}

std::string joined(const std::vector<std::string>& parts) {
  return parts.empty() ? "0" : join(parts, "|");
}

}  // namespace

std::string call_words(std::string_view vocabulary, std::uint64_t value) {
  std::vector<std::string> parts;
  if (vocabulary == "signal") return (value & kLow) == 0 ? "0" : signal_words(value & kLow);
  if (vocabulary == "clone-flags") {  // the low byte is the signal that the parent gets
    add_flags(parts, kCloneFlags, value & ~std::uint64_t{0x7F});
    if (value & 0x7F) parts.push_back(signal_words(value & 0x7F));
    return joined(parts);
  }
  if (vocabulary == "mode") {
    if (value & S_IFMT) parts.push_back(word_or_number(kFileTypes, value & S_IFMT));
    parts.push_back(fmt::format("{:#04o}", value & kLow & ~std::uint64_t{S_IFMT}));
    return joined(parts);
  }
  for (const Vocabulary& known : kVocabularies) {
    if (known.name != vocabulary) continue;
    const std::uint64_t given = value & known.width, choice = given & known.field;
    if (known.field && (choice || !known.choices.empty()))
      parts.push_back(word_or_number(known.choices, choice));
    add_flags(parts, known.flags, given & ~known.field);
    return joined(parts);
  }
  return {};
}

}  // namespace cloche
