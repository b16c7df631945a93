// Where the static program begins, before the C library's own beginning. A program that may lie anywhere
// corrects its addresses at each start, in 21 pages one after the other, and the processor would stop at each
// until the kernel has copied it: 0.2 ms of a start where a virtual machine has no hardware's help. Asked for
// at once they cost half of that.
#include <link.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <cstdint>

extern "C" {

/// The ELF header, at the beginning of the program in memory (the linker's name for it).
__attribute__((visibility("hidden"))) extern const char __ehdr_start[];

/// Called before any address is corrected and before there is a thread's block: no call of the C library,
/// which may be by an address and sets errno, no variable with an address in it, and no stack protector's
/// canary, nor another function that may have one.
__attribute__((used, visibility("hidden"), no_stack_protector)) void cloche_copy_pages() {
  const auto base = reinterpret_cast<std::uintptr_t>(__ehdr_start);
  const auto* const header = reinterpret_cast<const ElfW(Ehdr)*>(base);
  const auto* const segments = reinterpret_cast<const ElfW(Phdr)*>(base + header->e_phoff);
  for (unsigned i = 0; i < header->e_phnum; ++i) {
    const ElfW(Phdr)& segment = segments[i];
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) == 0) continue;
    const std::uintptr_t within = segment.p_vaddr % 4096;
    // A kernel before 5.14 says EINVAL, and the pages are copied one by one.
    long result = SYS_madvise;
    __asm__ volatile("syscall"
                     : "+a"(result)
                     : "D"(base + segment.p_vaddr - within), "S"(within + segment.p_filesz),
                       "d"(MADV_POPULATE_WRITE)
                     : "rcx", "r11", "memory");
  }
}

/// As the kernel starts it (System V ABI for AMD64, 3.4.1): the stack is aligned for a call, and rdx, which
/// _start takes for a function to call at the end, is nothing again.
__attribute__((naked, used, no_stack_protector)) void cloche_entry() {
  __asm__(
      "call cloche_copy_pages\n\t"
      "xor %edx, %edx\n\t"
      "jmp _start");
}

}  // extern "C"
