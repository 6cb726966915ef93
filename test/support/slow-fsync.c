/*
 * Preloaded into a process: every fsync and fdatasync takes SLOW_FSYNC_MS longer, as on a worn flash card; or as long as the
 * 32-bit number at the beginning of the file SLOW_FSYNC_FILE says, which may change at any time, under way too.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define SLICE_US 2000

static uint32_t fixed_ms;
static volatile uint32_t *delay_ms = &fixed_ms;

__attribute__((constructor)) static void read_environment(void) {
  const char *ms = getenv("SLOW_FSYNC_MS");
  const char *path = getenv("SLOW_FSYNC_FILE");
  if (ms) fixed_ms = (uint32_t)atoi(ms);
  if (!path) return;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return;
  void *shared = mmap(NULL, sizeof(uint32_t), PROT_READ, MAP_SHARED, fd, 0);
  if (shared != MAP_FAILED) delay_ms = shared;
  close(fd);
}

static int64_t now_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void wait_for_the_disk(void) {
  int64_t from = now_us();
  for (;;) {
    int64_t left = from + (int64_t)*delay_ms * 1000 - now_us();
    if (left <= 0) return;
    usleep((useconds_t)(left < SLICE_US ? left : SLICE_US));
  }
}

int fsync(int fd) {
  static int (*real)(int);
  if (!real) real = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
  wait_for_the_disk();
  return real(fd);
}

int fdatasync(int fd) {
  static int (*real)(int);
  if (!real) real = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
  wait_for_the_disk();
  return real(fd);
}
