/*
 * A line between two network interfaces that takes its time: `slow-line near far delay jitter`, both in microseconds.
 * Frames leave in the order in which they came, each so much later and up to the jitter more; the queue of the interface
 * (tc) decides when, and whether, they go on. For kernels without netem.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23
#endif
/* The kernel's note on checksums that are still to be made, and a frame. */
#define LONGEST 2048
#define FRAMES 8192
#define SOCKET_BYTES (8 << 20)

struct frame {
  int64_t due;
  ssize_t length;
  unsigned char bytes[LONGEST];
};

struct way {
  int from, to;
  unsigned first, count;
  int64_t last;
  struct frame frames[FRAMES];
};

static struct way ways[2];

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static int64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static int open_at(const char *name) {
  int on = 1, bytes = SOCKET_BYTES;
  int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, htons(ETH_P_ALL));
  if (fd < 0) fail("socket");
  struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = if_nametoindex(name)};
  if (setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof on) < 0) fail("PACKET_VNET_HDR");
  if (setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on) < 0) fail("PACKET_IGNORE_OUTGOING");
  setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes);
  setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes);
  if (bind(fd, (struct sockaddr *)&at, sizeof at) < 0) fail(name);
  return fd;
}

static void take(struct way *way, int64_t delay, int64_t jitter) {
  while (way->count < FRAMES) {
    struct frame *frame = &way->frames[(way->first + way->count) % FRAMES];
    frame->length = recv(way->from, frame->bytes, LONGEST, 0);
    if (frame->length <= 0) return;
    int64_t due = now_ns() + delay + (int64_t)(drand48() * (double)jitter);
    way->last = frame->due = due > way->last ? due : way->last;
    way->count++;
  }
}

/* What the queue at the other end has no room for is lost, as at a modem. */
static void give(struct way *way) {
  while (way->count > 0 && way->frames[way->first].due <= now_ns()) {
    struct frame *frame = &way->frames[way->first];
    (void)!send(way->to, frame->bytes, (size_t)frame->length, 0);
    way->first = (way->first + 1) % FRAMES;
    way->count--;
  }
}

int main(int count, char **texts) {
  if (count != 5) return 2;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  int near = open_at(texts[1]), far = open_at(texts[2]);
  int64_t delay = atoll(texts[3]) * 1000, jitter = atoll(texts[4]) * 1000;
  ways[0].from = ways[1].to = near;
  ways[1].from = ways[0].to = far;
  puts("ready");
  fflush(stdout);
  for (;;) {
    int64_t next = INT64_MAX, now = now_ns();
    for (int each = 0; each < 2; each++) {
      struct way *way = &ways[each];
      if (way->count > 0 && way->frames[way->first].due < next) next = way->frames[way->first].due;
    }
    int64_t left = next > now ? next - now : 0;
    struct timespec wait = {.tv_sec = left / 1000000000, .tv_nsec = left % 1000000000};
    struct pollfd polled[2] = {{.fd = near, .events = POLLIN}, {.fd = far, .events = POLLIN}};
    ppoll(polled, 2, next == INT64_MAX ? NULL : &wait, NULL);
    for (int each = 0; each < 2; each++) {
      take(&ways[each], delay, jitter);
      give(&ways[each]);
    }
  }
}
