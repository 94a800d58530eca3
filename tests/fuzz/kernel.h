/* What stands between the code that is fuzzed and the kernel: files hold what the fuzzer wants,
 * messages are checked and swallowed, nothing is made or removed, and nobody gets a signal. Each
 * target is linked with kernel.c and -Wl,--wrap for the functions in it. */
#ifndef KERNEL_H
#define KERNEL_H

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#define ASSERT(condition) ((condition) ? (void)0 : abort())

/* The file of any name that ends like this holds these bytes; all others are not there, and nor are
 * directories but /proc/PID/task. index 0 to 3; kernel_forget takes all away. */
void kernel_file(int index, const char *end_of_name, const unsigned char *data, size_t size);
void kernel_forget(void);

/* Where boot_exit goes to, with its code in kernel_exit_code. */
extern jmp_buf kernel_exit;
extern int kernel_exit_code;
extern int kernel_messages; /* lines on stderr since the start */
extern bool kernel_is_machine;

/* Cuts data at the next line "%%". Returns the size of the first part, and moves data and size to
 * what is behind the line. */
size_t kernel_cut(const unsigned char **data, size_t *size);

/* A text of these bytes, cut at size - 1 and at the first null byte. */
char *kernel_text(char *buf, size_t buf_size, const unsigned char *data, size_t size);

#endif
