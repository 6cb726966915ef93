/*
 * Preloaded into a process: sees every call that changes files below DISK_FOLDER, in order.
 * DISK_TRACE: writes each of them there, with its data; what is written to descriptor DISK_MARK_FD becomes a mark.
 * DISK_CONTROL: a shared page that says which calls fail, and counts; read by test/torture/disk-recorder.ts.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { OPEN = 1, WRITE, TRUNCATE, SYNC, UNLINK, RENAME, CLOSE, MARK, FAILED_SYNC, ALLOCATE };
enum { CREATED = 1, TRUNCATED = 2, DIRECTORY = 4 };
enum { FDS = 4096, SLOTS = 2, SHORT_WRITE = 1000 };

struct entry {
  uint32_t kind;
  int32_t fd;
  uint64_t at;
  uint64_t mono_ns;
  uint32_t length;
  uint32_t flags;
};

/* Of one fault: the `after`-th call of `kind` fails, and with it the next `times - 1`. */
struct slot {
  uint32_t kind;
  uint32_t after;
  uint32_t times;
  uint32_t error;
};

struct control {
  struct slot slots[SLOTS];
  uint32_t hits;
  /* Descriptors whose sync has failed and that are open still. */
  uint32_t failed_open;
};

static pthread_mutex_t lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static char watched[FDS];
static char sync_failed[FDS];
static const char *folder;
static size_t folder_length;
static int trace = -1;
static int mark_fd = -1;
static struct control *control;

__attribute__((constructor)) static void begin(void) {
  folder = getenv("DISK_FOLDER");
  folder_length = folder ? strlen(folder) : 0;
  const char *path = getenv("DISK_TRACE");
  if (path) trace = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const char *fd = getenv("DISK_MARK_FD");
  if (fd) mark_fd = atoi(fd);
  const char *shared = getenv("DISK_CONTROL");
  if (!shared) return;
  int file = (int)syscall(SYS_openat, AT_FDCWD, shared, O_RDWR | O_CLOEXEC, 0);
  void *page = mmap(NULL, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  syscall(SYS_close, file);
  if (page != MAP_FAILED) control = page;
}

static int is_ours(const char *path) {
  return folder && strncmp(path, folder, folder_length) == 0 &&
         (path[folder_length] == '/' || path[folder_length] == 0);
}

static int is_watched(int fd) { return fd >= 0 && fd < FDS && watched[fd]; }

static void note(uint32_t kind, int fd, uint64_t at, uint32_t flags, const void *data, size_t length) {
  if (trace < 0) return;
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  struct entry entry = {kind, fd, at, (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec,
                        (uint32_t)length, flags};
  struct iovec parts[2] = {{&entry, sizeof entry}, {(void *)data, length}};
  if (syscall(SYS_writev, trace, parts, 2) != (long)(sizeof entry + length)) abort();
}

static void fail_handle(int fd, char failed) {
  if (control && sync_failed[fd] != failed) control->failed_open += failed ? 1u : -1u;
  sync_failed[fd] = failed;
}

/* The error of a call that shall fail, SHORT_WRITE, or 0. */
static int fault(uint32_t kind) {
  if (!control) return 0;
  for (int i = 0; i < SLOTS; i++) {
    struct slot *slot = &control->slots[i];
    if (slot->kind != kind || slot->times == 0) continue;
    if (slot->after > 1) {
      slot->after--;
      continue;
    }
    slot->times--;
    control->hits++;
    return (int)slot->error;
  }
  return 0;
}

static int fails(uint32_t kind) {
  int error = fault(kind);
  if (error == 0 || error == SHORT_WRITE) return 0;
  errno = error;
  return 1;
}

static int opened(int fd, const char *path, int flags, int existed) {
  if (fd < 0 || fd >= FDS) return fd;
  watched[fd] = 1;
  uint32_t facts = existed ? 0 : CREATED;
  if (existed && (flags & O_TRUNC)) facts |= TRUNCATED;
  struct stat facts_of_file;
  if (fstat(fd, &facts_of_file) == 0 && S_ISDIR(facts_of_file.st_mode)) facts |= DIRECTORY;
  note(OPEN, fd, 0, facts, path, strlen(path));
  return fd;
}

static int open_at(int at, const char *path, int flags, mode_t mode) {
  if (!is_ours(path)) return (int)syscall(SYS_openat, at, path, flags, mode);
  pthread_mutex_lock(&lock);
  int fd = -1;
  if (!fails(OPEN)) {
    int existed = !(flags & O_CREAT) || syscall(SYS_faccessat, AT_FDCWD, path, F_OK) == 0;
    fd = opened((int)syscall(SYS_openat, at, path, flags, mode), path, flags, existed);
  }
  int error = errno;
  pthread_mutex_unlock(&lock);
  errno = error;
  return fd;
}

#define MODE_OF(flags, mode) \
  mode_t mode = 0; \
  if ((flags) & (O_CREAT | O_TMPFILE)) { \
    va_list more; \
    va_start(more, flags); \
    mode = va_arg(more, mode_t); \
    va_end(more); \
  }

int open(const char *path, int flags, ...) {
  MODE_OF(flags, mode)
  return open_at(AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...) {
  MODE_OF(flags, mode)
  return open_at(AT_FDCWD, path, flags, mode);
}

int openat(int at, const char *path, int flags, ...) {
  MODE_OF(flags, mode)
  return open_at(at, path, flags, mode);
}

int close(int fd) {
  if (!is_watched(fd)) return (int)syscall(SYS_close, fd);
  pthread_mutex_lock(&lock);
  watched[fd] = 0;
  fail_handle(fd, 0);
  note(CLOSE, fd, 0, 0, NULL, 0);
  int result = (int)syscall(SYS_close, fd);
  pthread_mutex_unlock(&lock);
  return result;
}

static ssize_t put(int fd, const void *data, size_t length, off_t at, int is_positioned) {
  pthread_mutex_lock(&lock);
  ssize_t written = -1;
  int failing = fault(WRITE);
  if (failing != 0 && failing != SHORT_WRITE) errno = failing;
  else {
    size_t taken = failing == SHORT_WRITE ? length / 2 : length;
    off_t place = is_positioned ? at : lseek(fd, 0, SEEK_CUR);
    written = is_positioned ? syscall(SYS_pwrite64, fd, data, taken, at) : syscall(SYS_write, fd, data, taken);
    if (written > 0) note(WRITE, fd, (uint64_t)place, 0, data, (size_t)written);
  }
  int error = errno;
  pthread_mutex_unlock(&lock);
  errno = error;
  return written;
}

ssize_t write(int fd, const void *data, size_t length) {
  if (fd == mark_fd && fd >= 0) {
    pthread_mutex_lock(&lock);
    note(MARK, fd, 0, 0, data, length);
    pthread_mutex_unlock(&lock);
    return (ssize_t)length;
  }
  if (!is_watched(fd)) return syscall(SYS_write, fd, data, length);
  return put(fd, data, length, 0, 0);
}

ssize_t pwrite(int fd, const void *data, size_t length, off_t at) {
  if (!is_watched(fd)) return syscall(SYS_pwrite64, fd, data, length, at);
  return put(fd, data, length, at, 1);
}

ssize_t pwrite64(int fd, const void *data, size_t length, off_t at) { return pwrite(fd, data, length, at); }

/* Several parts as so many writes: what ends between two of them is one more state of the disk. */
ssize_t writev(int fd, const struct iovec *parts, int count) {
  if (!is_watched(fd)) return syscall(SYS_writev, fd, parts, count);
  ssize_t sum = 0;
  for (int i = 0; i < count; i++) {
    ssize_t written = put(fd, parts[i].iov_base, parts[i].iov_len, 0, 0);
    if (written < 0) return sum > 0 ? sum : written;
    sum += written;
    if ((size_t)written < parts[i].iov_len) break;
  }
  return sum;
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at) {
  if (!is_watched(fd)) return syscall(SYS_pwritev, fd, parts, count, at, 0);
  ssize_t sum = 0;
  for (int i = 0; i < count; i++) {
    ssize_t written = put(fd, parts[i].iov_base, parts[i].iov_len, at + sum, 1);
    if (written < 0) return sum > 0 ? sum : written;
    sum += written;
    if ((size_t)written < parts[i].iov_len) break;
  }
  return sum;
}

ssize_t pwritev64(int fd, const struct iovec *parts, int count, off_t at) { return pwritev(fd, parts, count, at); }

int ftruncate(int fd, off_t size) {
  if (!is_watched(fd)) return (int)syscall(SYS_ftruncate, fd, size);
  pthread_mutex_lock(&lock);
  int result = -1;
  if (!fails(TRUNCATE)) {
    result = (int)syscall(SYS_ftruncate, fd, size);
    if (result == 0) note(TRUNCATE, fd, (uint64_t)size, 0, NULL, 0);
  }
  int error = errno;
  pthread_mutex_unlock(&lock);
  errno = error;
  return result;
}

int ftruncate64(int fd, off_t size) { return ftruncate(fd, size); }

static int sync_file(int fd, int call) {
  if (!is_watched(fd)) return (int)syscall(call, fd);
  pthread_mutex_lock(&lock);
  int result = -1;
  if (fails(SYNC)) {
    int error = errno;
    fail_handle(fd, 1);
    note(FAILED_SYNC, fd, 0, 0, NULL, 0);
    errno = error;
  } else {
    note(SYNC, fd, 0, 0, NULL, 0);
    result = 0;
  }
  int error = errno;
  pthread_mutex_unlock(&lock);
  errno = error;
  return result;
}

int fsync(int fd) { return sync_file(fd, SYS_fsync); }
int fdatasync(int fd) { return sync_file(fd, SYS_fdatasync); }

/* None of the files is made that way; the trace must not miss it if one day one is. */
int fallocate(int fd, int mode, off_t at, off_t length) {
  if (is_watched(fd)) note(ALLOCATE, fd, (uint64_t)(at + length), (uint32_t)mode, NULL, 0);
  return (int)syscall(SYS_fallocate, fd, mode, at, length);
}

static int remove_file(const char *path) {
  pthread_mutex_lock(&lock);
  int result = -1;
  if (!fails(UNLINK)) {
    result = (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
    if (result == 0) note(UNLINK, -1, 0, 0, path, strlen(path));
  }
  int error = errno;
  pthread_mutex_unlock(&lock);
  errno = error;
  return result;
}

int unlink(const char *path) {
  if (is_ours(path)) return remove_file(path);
  return (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}

int rename(const char *from, const char *to) {
  if (!is_ours(from)) return (int)syscall(SYS_renameat, AT_FDCWD, from, AT_FDCWD, to);
  pthread_mutex_lock(&lock);
  int result = -1;
  if (!fails(RENAME)) {
    result = (int)syscall(SYS_renameat, AT_FDCWD, from, AT_FDCWD, to);
    size_t length = strlen(from) + 1 + strlen(to);
    char names[8192];
    if (result == 0 && length < sizeof names) {
      memcpy(names, from, strlen(from) + 1);
      strcpy(names + strlen(from) + 1, to);
      note(RENAME, -1, 0, 0, names, length);
    }
  }
  int error = errno;
  pthread_mutex_unlock(&lock);
  errno = error;
  return result;
}
