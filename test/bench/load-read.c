/* What the load generator reads (payloads, logins) and counts (histograms). */
#define _GNU_SOURCE
#include "load.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct class classes[32];
static int class_count;

uint64_t now_ns(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return at.tv_sec * 1000000000ull + at.tv_nsec;
}

static int bucket(uint64_t ns) {
  if (ns < 128) return ns;
  int power = 63 - __builtin_clzll(ns);
  return (power - 6) * 128 + ((ns >> (power - 7)) & 127);
}

void record(struct histogram *h, uint64_t ns) {
  h->counts[bucket(ns)]++, h->total++;
  if (ns > h->max) h->max = ns;
}

double percentile(const struct histogram *h, double share) {
  uint64_t left = h->total * share, at = 0;
  if (h->total == 0) return 0;
  if (left >= h->total) left = h->total - 1;
  while (at < 64 * 128 && left >= h->counts[at]) left -= h->counts[at++];
  if (at < 128) return at / 1e6;
  int power = at / 128 + 6; /* the middle of the bucket */
  return ((1ull << power) + ((at & 127) + 0.5) * (1ull << (power - 7))) / 1e6;
}

static struct class *class_of(const char *name) {
  for (int i = 0; i < class_count; i++)
    if (!strcmp(classes[i].name, name)) return &classes[i];
  if (class_count == 32) fail("more than 32 classes");
  snprintf(classes[class_count].name, sizeof classes[0].name, "%s", name);
  return &classes[class_count++];
}

/* The place takes another width than its mark: the rest moves up or down. Returns its offset or -1. */
static int widen(char *text, const char *mark, int width) {
  char *at = strstr(text, mark);
  if (!at) return -1;
  char *rest = at + strlen(mark);
  memmove(at + width, rest, strlen(rest) + 1);
  memset(at, '1', width);
  return at - text;
}

/* Lines `class<TAB>payload`, with %SEQ% (10 digits) and %TS% (13 digits, epoch ms) once each. */
void read_payloads(const char *file) {
  FILE *in = fopen(file, "r");
  if (!in) fail(file);
  char *line = NULL;
  size_t room = 0;
  for (ssize_t n; (n = getline(&line, &room, in)) > 0;) {
    line[strcspn(line, "\n")] = 0;
    char *text = strchr(line, '\t');
    if (!text) fail("a payload line is class<TAB>payload");
    *text++ = 0;
    struct class *c = class_of(line);
    c->payloads = realloc(c->payloads, (c->count + 1) * sizeof *c->payloads);
    struct payload *p = &c->payloads[c->count++];
    p->text = malloc(strlen(text) + 32);
    strcpy(p->text, text);
    p->ts = widen(p->text, "%TS%", 13);
    p->seq = widen(p->text, "%SEQ%", 10);
    if (p->ts > p->seq && p->seq >= 0) p->ts += 5; /* it moved when the sequence number grew */
    p->length = strlen(p->text);
    if (p->length > 1500) fail("a payload over 1,500 bytes");
  }
  fclose(in);
}

/* Lines `login<TAB>token<TAB>topic<TAB>class`; lines of one login in a row are one connection. */
void read_logins(const char *file) {
  FILE *in = fopen(file, "r");
  if (!in) fail(file);
  char *line = NULL;
  size_t room = 0;
  int limit = client_count;
  client_count = 0;
  for (ssize_t n; (n = getline(&line, &room, in)) > 0;) {
    line[strcspn(line, "\n")] = 0;
    char *rest = line, *login = strsep(&rest, "\t"), *token = strsep(&rest, "\t");
    char *topic = strsep(&rest, "\t"), *class = strsep(&rest, "\t");
    if (!class) fail("a login line is login<TAB>token<TAB>topic<TAB>class");
    struct client *c = client_count ? &clients[client_count - 1] : NULL;
    if (!c || strcmp(c->login, login)) {
      if (limit && client_count == limit) break;
      clients = realloc(clients, (client_count + 1) * sizeof *clients);
      c = &clients[client_count];
      *c = (struct client){.fd = -1, .index = client_count++, .login = strdup(login), .token = strdup(token)};
    }
    c->targets = realloc(c->targets, (c->target_count + 1) * sizeof *c->targets);
    struct target *t = &c->targets[c->target_count++];
    *t = (struct target){.topic = strdup(topic), .length = strlen(topic), .class = class_of(class)};
    if (!t->class->count) fail("a class without payloads");
    if (t->length > 300) fail("a topic over 300 bytes");
  }
  fclose(in);
}
