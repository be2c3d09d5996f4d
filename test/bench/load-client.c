/* MQTT 3.1.1 of the load generator: connections, frames, acknowledgements. */
#define _GNU_SOURCE
#include "load.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24
#endif

/* Bytes a client may send before the others have their turn; without acknowledgements nothing else holds it back. */
enum { turn_budget = 64 * 1024, turn_budget_qos0 = 2 * 1024 };

static int put_text(unsigned char *at, const char *text) {
  size_t length = strlen(text);
  at[0] = length >> 8, at[1] = length & 255;
  memcpy(at + 2, text, length);
  return 2 + length;
}

static int put_length(unsigned char *at, int length) {
  int n = 0;
  do {
    at[n] = length & 127, length >>= 7;
    if (length) at[n] |= 128;
    n++;
  } while (length);
  return n;
}

static void put_digits(char *at, uint64_t value, int width) {
  while (width--) at[width] = '0' + value % 10, value /= 10;
}

static int flush(struct client *c) {
  while (c->off < c->out) {
    ssize_t n = send(c->fd, c->buffer + c->off, c->out - c->off, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && (errno == EAGAIN || errno == ENOTCONN)) return 0;
    if (n < 0) return client_close(c, 0), -1;
    c->off += n;
  }
  c->off = c->out = 0;
  return 1;
}

int client_open(struct client *c) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;
  if (fd < 0) return -1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (options.sources > 1) {
    struct sockaddr_in from = {.sin_family = AF_INET};
    from.sin_addr.s_addr = htonl(0x7f000002u + c->index % options.sources);
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&from, sizeof from) < 0) return close(fd), -1;
  }
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(options.port)};
  inet_pton(AF_INET, options.host, &to.sin_addr);
  if (connect(fd, (struct sockaddr *)&to, sizeof to) < 0 && errno != EINPROGRESS) return close(fd), -1;
  c->fd = fd, c->state = CONNECTING, c->off = c->leftover = 0, c->acked = c->sent, c->tries++;
  unsigned char body[1024] = {0, 4, 'M', 'Q', 'T', 'T', 4, 0xc2, 600 >> 8, 600 & 255};
  int n = 10;
  n += put_text(body + n, c->login); /* the client id */
  n += put_text(body + n, c->login);
  n += put_text(body + n, c->token);
  c->buffer[0] = 0x10;
  c->out = 1 + put_length(c->buffer + 1, n);
  memcpy(c->buffer + c->out, body, n);
  c->out += n;
  struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET | EPOLLRDHUP, .data.ptr = c};
  epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
  flush(c);
  return 0;
}

void client_close(struct client *c, int by_us) {
  if (c->state == READY) totals.connected--, totals.closed += !by_us;
  if (c->state == CONNECTING && !by_us) totals.refused++, c->bounced = 1;
  close(c->fd);
  c->state = CLOSED;
}

/* Writes one PUBLISH into the buffer; 0 when it has no room. */
static int put_publish(struct client *c) {
  struct target *t = &c->targets[c->sent % c->target_count];
  struct payload *p = &t->class->payloads[(t->seq + 37u * (c->index + c->sent % c->target_count)) % t->class->count];
  int body = 2 + t->length + (options.qos ? 2 : 0) + p->length;
  if (c->out + body + 5 > buffer_size) return 0;
  unsigned char *at = c->buffer + c->out;
  *at++ = 0x30 | options.qos << 1;
  at += put_length(at, body);
  *at++ = t->length >> 8, *at++ = t->length & 255;
  memcpy(at, t->topic, t->length), at += t->length;
  uint64_t now = now_ns(), due = options.rate > 0 ? scheduled(c, c->sent) : now;
  if (options.qos) {
    uint32_t id = 1 + c->sent % 65535; /* never two of one id in flight: the window is smaller */
    *at++ = id >> 8, *at++ = id & 255;
    c->ring[id % ring_size] = due;
  }
  memcpy(at, p->text, p->length);
  if (p->seq >= 0) put_digits((char *)at + p->seq, 1000000000u + t->seq, 10);
  if (p->ts >= 0) {
    struct timespec wall;
    clock_gettime(CLOCK_REALTIME, &wall);
    uint64_t ms = wall.tv_sec * 1000ull + wall.tv_nsec / 1000000;
    t->last = ms > t->last ? ms : t->last + 1; /* no two of a device at one time: rules would pass over one */
    put_digits((char *)at + p->ts, t->last, 13);
  }
  c->out = at + p->length - c->buffer;
  t->seq++, c->sent++, totals.sent++;
  return 1;
}

static int may_send(const struct client *c) {
  if (options.qos && c->sent - c->acked >= (uint64_t)options.window) return 0;
  return options.rate > 0 ? c->sent < c->due : totals.sent < options.count;
}

/* Behind the last QoS 0 PUBLISH a PINGREQ: its answer shows that all before it was taken. */
static void put_ping(struct client *c) {
  int is_last = options.rate > 0 ? c->due == UINT64_MAX : totals.sent >= options.count;
  if (options.qos || c->pinged || !is_last || c->out + 2 > buffer_size) return;
  c->buffer[c->out++] = 0xc0, c->buffer[c->out++] = 0;
  c->pinged = 1;
}

void client_pump(struct client *c) {
  if (c->state != READY || !running) return;
  for (int budget = options.qos ? turn_budget : turn_budget_qos0; budget > 0;) {
    int before = c->out;
    while (c->due != UINT64_MAX && may_send(c) && put_publish(c)) {}
    put_ping(c);
    budget -= c->out - before;
    if (c->out == 0) return;
    if (flush(c) <= 0) return; /* epoll tells when there is room again */
    if (c->due == UINT64_MAX || !may_send(c)) return put_ping(c), (void)flush(c);
  }
  ready_later(c);
}

static void take_ack(struct client *c, int id) {
  uint64_t now = now_ns(), due = c->ring[id % ring_size];
  c->acked++, totals.acked++, totals.last_ack = now;
  if (due < totals.start + (uint64_t)(options.warmup * 1e9)) return;
  record(&latency, now - due);
  uint64_t storm = totals.start + (uint64_t)(options.storm_at * 1e9);
  if (options.storm && due >= storm && due < storm + 1000000000u) record(&storm_latency, now - due);
}

static void take_frame(struct client *c, const unsigned char *frame) {
  switch (frame[0] >> 4) {
    case 2:
      if (frame[3] != 0) return client_close(c, 0);
      c->state = READY, totals.connected++, totals.last_connect = now_ns();
      if (running) totals.storm_connected++;
      return;
    case 4:
      return take_ack(c, frame[2] << 8 | frame[3]);
    case 13:
      totals.acked += c->sent - c->acked, c->acked = c->sent, totals.last_ack = now_ns();
  }
}

static void take_bytes(struct client *c) {
  unsigned char bytes[8192];
  for (;;) {
    memcpy(bytes, c->rest, c->leftover);
    ssize_t n = recv(c->fd, bytes + c->leftover, sizeof bytes - c->leftover, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) return client_close(c, 0);
    int end = c->leftover + n, at = 0;
    while (end - at >= 2 && end - at >= 2 + bytes[at + 1]) {
      take_frame(c, bytes + at);
      if (c->state == CLOSED) return;
      at += 2 + bytes[at + 1];
    }
    c->leftover = end - at;
    if (c->leftover > 3) return client_close(c, 0); /* no frame that we expect is longer */
    memcpy(c->rest, bytes + at, c->leftover);
    if (end < (int)sizeof bytes) return;
  }
}

void client_events(struct client *c, uint32_t events) {
  if (c->state == CLOSED || c->state == IDLE) return;
  if (events & EPOLLOUT && flush(c) < 0) return;
  if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) take_bytes(c);
  client_pump(c);
}
