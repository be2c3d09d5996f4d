/* The load generator's words: what load.c (options, schedule, result) and load-client.c (MQTT) share. */
#ifndef LOAD_H
#define LOAD_H
#include <stdint.h>
#include <stddef.h>

enum state { IDLE, CONNECTING, READY, CLOSED };

/* One payload, cut where the sequence number and the time are patched in. */
struct payload { char *text; int length, seq, ts; };
/* The payloads of one class of devices; its devices go through them in turn, each from another start. */
struct class { char name[32]; struct payload *payloads; int count; };
struct target { char *topic; int length; struct class *class; uint32_t seq; uint64_t last; /* time of its last message, epoch ms */ };

struct client {
  int fd, index, off, out, leftover, pinged, tries, bounced, queued;
  enum state state;
  unsigned char rest[4];
  char *login, *token;
  struct target *targets; /* one of a device, many of a bridge */
  int target_count;
  uint64_t sent, due, acked;
  uint64_t *ring; /* when the messages in flight were due, by packet id */
  unsigned char *buffer;
};

struct options {
  const char *host, *logins, *payloads;
  int port, qos, window, storm, hold, sources, outstanding;
  uint64_t count;
  double rate, seconds, warmup, storm_at, patience, connect_rate, limit;
};

/* Counts over all clients. */
struct totals {
  uint64_t sent, acked, closed, connected, refused, storm_connected;
  uint64_t start, last_ack, last_connect;
};

/* Log-linear histogram of nanoseconds: 128 steps a power of two, so 0.8 % wide. */
struct histogram { uint64_t counts[64 * 128], total, max; };

extern struct options options;
extern struct totals totals;
extern struct client *clients;
extern int client_count, sender_count, ring_size, buffer_size, epoll;
extern struct histogram latency, storm_latency, lateness;
extern int running; /* 1 while the load is on */

uint64_t now_ns(void);
void record(struct histogram *, uint64_t ns);
double percentile(const struct histogram *, double share); /* ms */
void read_payloads(const char *file);
void read_logins(const char *file);
int client_open(struct client *);          /* 0, or -1 when no socket is to be had */
void client_close(struct client *, int by_us);
void client_events(struct client *, uint32_t events);
void client_pump(struct client *);         /* sends what is due and what the window allows */
void ready_later(struct client *);         /* load.c pumps it again at its next turn */
uint64_t scheduled(const struct client *, uint64_t n); /* ns at which its n-th message is due */
void fail(const char *what);
#endif
