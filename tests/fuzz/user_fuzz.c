/* Files of any content for passwd and group, and any wish: no crash, and never an answer that the
 * rules of user.h do not allow. The first line of the input is the wish, the rest both files. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../user.h"

#define ASSERT(condition) ((condition) ? (void)0 : abort())

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	static struct user u;
	static char file[32], wish[512];
	static int fd = -1;
	char why[USER_WHY_SIZE] = "";
	size_t n = 0;

	if (fd < 0) {
		fd = memfd_create("passwd", MFD_CLOEXEC);
		ASSERT(fd >= 0);
		snprintf(file, sizeof file, "/proc/self/fd/%d", fd);
	}
	while (n < size && n < sizeof wish - 1 && data[n] != '\n' && data[n])
		n++;
	memcpy(wish, data, n);
	wish[n] = 0;
	ASSERT(ftruncate(fd, 0) == 0 && pwrite(fd, data + n, size - n, 0) == (ssize_t)(size - n));
	if (user_find(&u, wish, &(struct user_files){file, file}, why) < 0) {
		ASSERT(*why && strlen(why) < sizeof why);
		for (const char *p = why; *p; p++)
			ASSERT((unsigned char)*p >= ' ' && *p != 127);
		return 0;
	}
	ASSERT(u.uid != (unsigned)-1 && u.gid != (unsigned)-1 && u.count <= USER_GROUPS_MAX);
	ASSERT(strncmp(u.home, "HOME=", 5) == 0 && u.home[5] && strlen(u.home) < sizeof u.home);
	return 0;
}
