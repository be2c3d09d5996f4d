/** Makes the test whether a topic fits an MQTT filter: `+` is one level, `#` at the end all that follow. */
export function topicFilter(filter: string): (topic: string) => boolean {
  const wanted = filter.split('/');
  const isOpen = wanted.at(-1) === '#';
  const levels = isOpen ? wanted.slice(0, -1) : wanted;
  return (topic) => {
    const given = topic.split('/');
    if (isOpen ? given.length < levels.length : given.length !== levels.length) return false;
    return levels.every((level, i) => level === '+' || level === given[i]);
  };
}
