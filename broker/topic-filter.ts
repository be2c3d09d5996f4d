import { Qlobber } from 'qlobber';

/** Finds what was added under the filters that match a topic [MQTT-4.7]; throws on more than 100 levels. */
export function createMatcher<T>(): Qlobber<T> {
  return new Qlobber({
    separator: '/',
    wildcard_one: '+',
    wildcard_some: '#',
    match_empty_levels: true, // [MQTT-4.7.1-3]
  });
}

/** Whether a topic matches an MQTT topic filter with `+` and `#` [MQTT-4.7]. */
export function matches(filter: string, topic: string): boolean {
  if (filter === topic) return true;
  // A wildcard at the start never matches a $ topic [MQTT-4.7.2-1].
  if (topic.startsWith('$') && !filter.startsWith('$')) return false;
  const wanted = filter.split('/');
  const given = topic.split('/');
  for (const [i, level] of wanted.entries()) {
    if (level === '#') return true;
    if (i >= given.length || (level !== '+' && level !== given[i])) return false;
  }
  return wanted.length === given.length;
}

/** Whether all that a filter matches is matched by another one, as far as MQTT's wildcards can tell. */
export function covers(wider: string, filter: string): boolean {
  // A + stands for one level, and a # in its place would be many.
  const end = filter.endsWith('#') ? filter.split('/').length - 1 : -1;
  return matches(wider, filter) && (end < 0 || wider.split('/')[end] !== '+');
}
