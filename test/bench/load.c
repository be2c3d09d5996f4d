/*
 * The bench's load generator: one epoll thread, frames encoded by copy and patch. Loopback only.
 *   cc -O2 -o load load.c load-client.c load-read.c
 *   load --port P --logins FILE --payloads FILE [--clients N] [--qos 0|1] [--window W]
 *        --count M | --rate R --seconds S [--warmup S] [--storm N --storm-at S] [--hold]
 * --count: a closed loop, as fast as the window allows. --rate: an open loop, messages due at fixed
 * times in turn over the clients; latency counts from then, however late the message left.
 * --limit: seconds after which it gives up; 120, or 60 more than --seconds.
 * --storm: the last N clients send nothing; at --storm-at they all hang up and come back.
 * --hold: prints {"event":"connected"}, starts at a line on stdin, prints the result as one line of
 * JSON, and hangs up at the next line or the end of stdin. Times in the result are ms.
 */
#define _GNU_SOURCE
#include "load.h"
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

struct options options = {.host = "127.0.0.1", .port = 1883, .qos = 1, .window = 1, .sources = 1,
                          .outstanding = 64, .patience = 30};
struct totals totals;
struct client *clients;
struct histogram latency, storm_latency, lateness;
int client_count, sender_count, ring_size = 1, buffer_size, epoll, running;

static volatile sig_atomic_t interrupted;
static struct client **later;
static int later_count, opened, storm_from, storm_next;

void fail(const char *what) {
  fprintf(stderr, "load: %s%s%s\n", what, errno ? ": " : "", errno ? strerror(errno) : "");
  exit(64);
}

static void interrupt(int signal) { (void)signal, interrupted = 1; }

void ready_later(struct client *c) {
  if (!c->queued) later[later_count++] = c;
  c->queued = 1;
}

uint64_t scheduled(const struct client *c, uint64_t n) {
  return totals.start + (uint64_t)((n * sender_count + c->index) * 1e9 / options.rate);
}

static double cpu_seconds(void) {
  struct rusage use;
  getrusage(RUSAGE_SELF, &use);
  return use.ru_utime.tv_sec + use.ru_stime.tv_sec + (use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
}

static void turn(uint64_t wait_ns) {
  struct epoll_event events[512];
  struct timespec wait = {wait_ns / 1000000000u, wait_ns % 1000000000u};
  int n = epoll_pwait2(epoll, events, 512, &wait, NULL);
  for (int i = 0; i < n; i++) client_events(events[i].data.ptr, events[i].events);
  int waiting = later_count;
  for (int i = 0; i < waiting; i++) later[i]->queued = 0, client_pump(later[i]);
  memmove(later, later + waiting, (later_count - waiting) * sizeof *later);
  later_count -= waiting;
}

/* Connects everybody, at most `outstanding` at a time and `connect_rate` a second; who is refused tries again. */
static void connect_all(void) {
  uint64_t start = now_ns();
  while (totals.connected < (uint64_t)client_count && !interrupted) {
    int open = 0;
    for (int i = 0; i < opened; i++) {
      if (clients[i].state == CONNECTING) open++;
      if (clients[i].state == CLOSED && clients[i].tries > 50) fail("refused 50 times");
      if (clients[i].state == CLOSED && open < options.outstanding && client_open(&clients[i]) == 0) open++;
    }
    double allowed = options.connect_rate > 0 ? (now_ns() - start) / 1e9 * options.connect_rate : 1e9;
    for (; opened < client_count && open < options.outstanding && opened < allowed; open++, opened++)
      if (client_open(&clients[opened]) < 0) fail("no socket");
    turn(totals.refused ? 20000000 : 1000000);
    if (totals.connected == 0 && now_ns() - start > 10e9) fail("nobody gets in");
    if (now_ns() - start > 300e9) fail("not connected within 300 s");
  }
}

/* Those of the storm hang up and come back, a few a turn so that it does not delay the senders. */
static void storm(uint64_t now) {
  if (!options.storm || now < totals.start + (uint64_t)(options.storm_at * 1e9)) return;
  for (int i = 0; i < 4 && storm_next < client_count; i++, storm_next++) {
    client_close(&clients[storm_next], 1);
    clients[storm_next].bounced = client_open(&clients[storm_next]) < 0;
  }
  if (storm_next < client_count) return;
  for (int i = storm_from; i < client_count; i++)
    if (clients[i].state == CLOSED && clients[i].bounced && clients[i].tries < 20) {
      clients[i].bounced = client_open(&clients[i]) < 0;
      return;
    }
}

static int is_over(uint64_t now, uint64_t *progress, uint64_t *since) {
  uint64_t done = totals.sent + totals.acked;
  if (done != *progress) *progress = done, *since = now;
  if (interrupted || now - *since > options.patience * 1e9) return 1;
  int all = 1;
  for (int i = 0; all && i < sender_count; i++)
    all = clients[i].state == CLOSED || clients[i].acked == clients[i].sent;
  return all;
}

static void run_load(void) {
  uint64_t progress = 0, since = now_ns(), next = 0, total = options.rate * options.seconds;
  totals.start = now_ns(), running = 1, storm_from = storm_next = sender_count;
  for (int i = 0; options.rate == 0 && i < sender_count; i++) ready_later(&clients[i]);
  for (int checks = 0;; checks++) {
    uint64_t now = now_ns(), wait = later_count ? 0 : options.rate > 0 ? 200000 : 5000000;
    uint64_t due = options.rate > 0 ? (now - totals.start) / 1e9 * options.rate : 0;
    for (; next < total && next <= due; next++) {
      struct client *c = &clients[next % sender_count];
      record(&lateness, now_ns() - scheduled(c, c->due++));
      client_pump(c);
    }
    storm(now);
    turn(wait);
    int sent_all = options.rate > 0 ? next >= total : totals.sent >= options.count || totals.connected == 0;
    if (interrupted || now - totals.start > options.limit * 1e9) return;
    if (!sent_all) { since = now; continue; }
    if (!options.qos && options.rate > 0)
      for (int i = 0; i < sender_count; i++)
        if (clients[i].sent >= clients[i].due && clients[i].due != UINT64_MAX) clients[i].due = UINT64_MAX, client_pump(&clients[i]);
    if (!options.qos && options.rate == 0 && checks % 64 == 0)
      for (int i = 0; i < sender_count; i++) client_pump(&clients[i]);
    if ((totals.acked == totals.sent || checks % 64 == 0) && is_over(now, &progress, &since)) return;
  }
}

static void print_result(double cpu, double connecting) {
  uint64_t acked = totals.acked;
  double seconds = ((totals.last_ack ? totals.last_ack : now_ns()) - totals.start) / 1e9;
  double storm_seconds = totals.storm_connected ? (totals.last_connect - totals.start) / 1e9 - options.storm_at : 0;
  printf("{\"event\":\"result\",\"generator\":\"c\",\"connected\":%lu,\"sent\":%lu,\"acked\":%lu,\"unacked\":%lu,\"closed\":%lu,"
         "\"refused\":%lu,\"seconds\":%.4f,\"rate\":%.1f,\"p50\":%.3f,\"p90\":%.3f,\"p99\":%.3f,\"p999\":%.3f,\"max\":%.3f,"
         "\"measured\":%lu,\"lateP99\":%.3f,\"lateMax\":%.3f,\"stormP99\":%.3f,\"stormMax\":%.3f,\"stormMeasured\":%lu,"
         "\"stormConnected\":%lu,\"stormSeconds\":%.3f,\"connectSeconds\":%.3f,\"cpuSeconds\":%.4f,\"cpuPerMessage\":%.3f}\n",
         totals.connected, totals.sent, acked, totals.sent - acked, totals.closed, totals.refused, seconds,
         seconds > 0 ? acked / seconds : 0, percentile(&latency, .5), percentile(&latency, .9), percentile(&latency, .99),
         percentile(&latency, .999), latency.max / 1e6, latency.total, percentile(&lateness, .99), lateness.max / 1e6,
         percentile(&storm_latency, .99), storm_latency.max / 1e6, storm_latency.total, totals.storm_connected,
         storm_seconds, connecting, cpu, totals.sent ? cpu * 1e6 / totals.sent : 0);
  fflush(stdout);
}

/* A line on stdin, or its end; connections are served meanwhile. */
static void wait_for_line(void) {
  struct pollfd in = {.fd = 0, .events = POLLIN};
  char byte = 0;
  while (!interrupted && byte != '\n') {
    if (poll(&in, 1, 0) > 0 && read(0, &byte, 1) <= 0) return;
    if (byte != '\n') turn(2000000);
  }
}

static void read_options(int argc, char **argv) {
  static const struct option known[] = {
      {"host", 1, 0, 'h'}, {"port", 1, 0, 'p'}, {"clients", 1, 0, 'n'}, {"logins", 1, 0, 'l'}, {"payloads", 1, 0, 'f'},
      {"qos", 1, 0, 'q'}, {"window", 1, 0, 'w'}, {"count", 1, 0, 'c'}, {"rate", 1, 0, 'r'}, {"seconds", 1, 0, 's'},
      {"warmup", 1, 0, 'u'}, {"storm", 1, 0, 't'}, {"storm-at", 1, 0, 'a'}, {"hold", 0, 0, 'o'}, {"sources", 1, 0, 'b'},
      {"patience", 1, 0, 'e'}, {"connect-rate", 1, 0, 'k'}, {"outstanding", 1, 0, 'g'}, {"limit", 1, 0, 'm'}, {0, 0, 0, 0}};
  for (int c; (c = getopt_long(argc, argv, "", known, NULL)) != -1;) switch (c) {
      case 'h': options.host = optarg; break;
      case 'p': options.port = atoi(optarg); break;
      case 'n': client_count = atoi(optarg); break;
      case 'l': options.logins = optarg; break;
      case 'f': options.payloads = optarg; break;
      case 'q': options.qos = atoi(optarg) ? 1 : 0; break;
      case 'w': options.window = atoi(optarg); break;
      case 'c': options.count = strtoull(optarg, NULL, 10); break;
      case 'r': options.rate = atof(optarg); break;
      case 's': options.seconds = atof(optarg); break;
      case 'u': options.warmup = atof(optarg); break;
      case 't': options.storm = atoi(optarg); break;
      case 'a': options.storm_at = atof(optarg); break;
      case 'o': options.hold = 1; break;
      case 'b': options.sources = atoi(optarg); break;
      case 'e': options.patience = atof(optarg); break;
      case 'k': options.connect_rate = atof(optarg); break;
      case 'm': options.limit = atof(optarg); break;
      case 'g': options.outstanding = atoi(optarg); break;
      default: exit(64);
    }
  if (strncmp(options.host, "127.", 4)) fail("only loopback addresses, 127.x.y.z");
  if (!options.logins || !options.payloads) fail("--logins FILE and --payloads FILE are needed");
  if (options.rate > 0 ? options.seconds <= 0 : options.count == 0) fail("--count M, or --rate R and --seconds S");
  if (options.limit == 0) options.limit = options.rate > 0 ? options.seconds + 60 : 120;
  if (options.window < 1 || options.window > 32768) fail("--window is 1 to 32,768");
}

int main(int argc, char **argv) {
  signal(SIGINT, interrupt), signal(SIGTERM, interrupt), signal(SIGPIPE, SIG_IGN);
  prctl(PR_SET_TIMERSLACK, 1);
  read_options(argc, argv);
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max, setrlimit(RLIMIT_NOFILE, &files);
  read_payloads(options.payloads);
  read_logins(options.logins);
  sender_count = client_count - options.storm;
  if (sender_count < 1) fail("nobody to send");
  while (ring_size <= 2 * options.window) ring_size *= 2;
  buffer_size = options.qos ? options.window * 600 : 2048;
  buffer_size = buffer_size < 2048 ? 2048 : buffer_size > 65536 ? 65536 : buffer_size;
  epoll = epoll_create1(0);
  later = malloc((2 * client_count + 2) * sizeof *later);
  for (int i = 0; i < client_count; i++) {
    clients[i].ring = calloc(ring_size, sizeof(uint64_t));
    clients[i].buffer = malloc(buffer_size);
  }
  uint64_t begin = now_ns();
  connect_all();
  double connecting = (now_ns() - begin) / 1e9;
  if (options.hold && !interrupted) {
    printf("{\"event\":\"connected\",\"connected\":%lu,\"seconds\":%.3f}\n", totals.connected, connecting), fflush(stdout);
    wait_for_line();
  }
  double cpu = cpu_seconds();
  if (!interrupted) run_load();
  print_result(cpu_seconds() - cpu, connecting);
  running = 0;
  if (options.hold) wait_for_line();
  static const unsigned char disconnect[] = {0xe0, 0};
  for (int i = 0; i < client_count; i++)
    if (clients[i].state == READY && write(clients[i].fd, disconnect, 2) == 2) close(clients[i].fd);
  return totals.closed || totals.sent > totals.acked;
}
