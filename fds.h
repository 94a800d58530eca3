/* Init's own file descriptors: it holds 0 to 2 and those for status events, no other. */
#ifndef FDS_H
#define FDS_H

#include <sys/types.h>

#include "options.h"

struct fds {
	unsigned closed; /* of 0 to 2, those that came closed; a bit each */
	int kept[3];     /* --status-fd, --status-file, and the pipe of --namespace; -1: none */
};

/* Fills the numbers 0 to 2 that came closed, so that no file of ours gets one of them: others write
 * to these. The payload gets them closed. */
void fds_fill_standard(struct fds *f);

/* Sends status events where the options say. Ends cinit with 125 if a file cannot be opened. */
void fds_open_status(struct fds *f, const struct options *o);

/* The status event of a payload that runs: where its fds lead, before it can change them. */
void fds_tell_spawned(const struct fds *f, const struct options *o, pid_t payload);

/* Closes all that the payload has inherited and init has no use for: a pipe's reader waits for the
 * last writer. */
void fds_close_others(const struct fds *f);

#endif
