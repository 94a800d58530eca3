/* A text file of any size, read field by field through a small buffer: /etc/passwd, /proc/mounts.
 *
 * Nothing here waits: a FIFO or device that has nothing to give ends like a file or fails. */
#ifndef STREAM_H
#define STREAM_H

#include <stdbool.h>
#include <stddef.h>

#define STREAM_MAX (64 << 20) /* bytes that are read: a device may be endless */

struct stream {
	int fd;
	int err;   /* -errno of a read that failed, -EFBIG beyond STREAM_MAX; 0: none */
	int total; /* bytes read */
	bool begun;
	size_t at, end;
	unsigned char buf[1024];
};

/* 0 or -errno. */
int stream_open(struct stream *s, const char *path);

/* Goes to the next line. False at the end of the file and after an error. */
bool stream_line(struct stream *s);

/* The next field of the line, which ends before a stop character or with the line. False at the end
 * of the line; buf is then "", and so it is where the field holds a null byte or has size bytes or
 * more. A carriage return at the end of the line is left out. size 0: buf is not needed. */
bool stream_field(struct stream *s, char stop, char *buf, size_t size);

/* Returns err. */
int stream_close(struct stream *s);

#endif
