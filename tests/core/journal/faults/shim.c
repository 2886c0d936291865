/* Stands between a process and the disk (LD_PRELOAD): lets the n-th write or sync of files under
 * SHIM_DIR fail, or records all of them. Told what to do through the shim_* functions. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { NOTHING, FAIL_EIO, FAIL_ENOSPC, FAIL_SHORT, FAIL_SYNC };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int kind = NOTHING, sticky = 0, trace = -1;
static long at = 0, writes = 0, syncs = 0, hits = 0;

void shim_arm(int what, long n, int stays) { kind = what; at = n; sticky = stays; writes = syncs = hits = 0; }
long shim_writes(void) { return writes; }
long shim_syncs(void) { return syncs; }
long shim_hits(void) { return hits; }
void shim_trace(const char *path) { trace = syscall(SYS_openat, AT_FDCWD, path, O_CREAT | O_WRONLY | O_APPEND, 0600); }

static int watched(int fd, char *path, size_t size) {
    static char *folder = NULL;
    char link[64];
    if (!folder && !(folder = getenv("SHIM_DIR"))) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, size - 1);
    if (n < 0) return 0;
    path[n] = 0;
    return strncmp(path, folder, strlen(folder)) == 0 && !strstr(path, "-shm") && !strstr(path, ".lock");
}

/* One record: letter, path, second path, offset, length, then the bytes. */
static void record(char letter, const char *path, const char *other, long offset, const void *data, long size) {
    if (trace < 0) return;
    char head[9000];
    int n = snprintf(head, sizeof head, "%c\t%s\t%s\t%ld\t%ld\n", letter, path, other, offset, size);
    pthread_mutex_lock(&lock);
    syscall(SYS_write, trace, head, n);
    if (size) syscall(SYS_write, trace, data, size);
    pthread_mutex_unlock(&lock);
}

void shim_mark(const char *text) { record('M', text, "", 0, "", 0); }

/* Whether this write is to fail: 0 no, -1 yes with errno, or the bytes that are written of it. */
static long fault(size_t size) {
    long n = __sync_add_and_fetch(&writes, 1);
    if (kind == NOTHING || kind == FAIL_SYNC || (sticky ? n < at : n != at)) return 0;
    __sync_add_and_fetch(&hits, 1);
    if (kind == FAIL_SHORT && size > 1) return size / 2;
    errno = kind == FAIL_ENOSPC ? ENOSPC : EIO;
    return -1;
}

static int sync_fault(void) {
    long n = __sync_add_and_fetch(&syncs, 1);
    if (kind != FAIL_SYNC || (sticky ? n < at : n != at)) return 0;
    __sync_add_and_fetch(&hits, 1);
    errno = EIO;
    return -1;
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t offset) {
    char path[4096];
    int mine = watched(fd, path, sizeof path);
    long cut = mine ? fault(size) : 0;
    if (cut < 0) return -1;
    if (cut > 0) {
        /* As on a full disk: a part is written, and the rest fails when it is tried. */
        syscall(SYS_pwrite64, fd, data, cut, offset);
        record('W', path, "", offset, data, cut);
        errno = ENOSPC;
        return -1;
    }
    ssize_t done = syscall(SYS_pwrite64, fd, data, size, offset);
    if (mine && done > 0) record('W', path, "", offset, data, done);
    return done;
}
ssize_t pwrite(int fd, const void *data, size_t size, off_t offset) { return pwrite64(fd, data, size, offset); }

ssize_t write(int fd, const void *data, size_t size) {
    char path[4096];
    int mine = watched(fd, path, sizeof path);
    long cut = mine ? fault(size) : 0;
    if (cut < 0) return -1;
    long offset = mine ? lseek(fd, 0, SEEK_CUR) : 0;
    ssize_t done = syscall(SYS_write, fd, data, cut > 0 ? (size_t)cut : size);
    if (mine && done > 0) record('W', path, "", offset, data, done);
    return done;
}

static int synced(int fd, long call) {
    char path[4096];
    if (!watched(fd, path, sizeof path)) return syscall(call, fd);
    if (sync_fault()) return -1;
    int done = syscall(call, fd);
    if (done == 0) record('S', path, "", 0, "", 0);
    return done;
}
int fsync(int fd) { return synced(fd, SYS_fsync); }
int fdatasync(int fd) { return synced(fd, SYS_fdatasync); }

int ftruncate64(int fd, off64_t size) {
    char path[4096];
    int mine = watched(fd, path, sizeof path);
    int done = syscall(SYS_ftruncate, fd, size);
    if (mine && done == 0) record('T', path, "", size, "", 0);
    return done;
}
int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }

int rename(const char *old, const char *fresh) {
    int done = syscall(SYS_renameat, AT_FDCWD, old, AT_FDCWD, fresh);
    if (done == 0) record('R', old, fresh, 0, "", 0);
    return done;
}
int unlink(const char *path) {
    int done = syscall(SYS_unlinkat, AT_FDCWD, path, 0);
    if (done == 0) record('U', path, "", 0, "", 0);
    return done;
}
