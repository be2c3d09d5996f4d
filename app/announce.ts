/**
 * Makes a function that passes the newest number on: at once after a silence, else every `ms`, so that a
 * log that commits three hundred times a second does not wake its readers as often. `tell` gets the last
 * number in any case, `ms` later at most.
 */
export function createAnnouncement(
  tell: (number: number) => void,
  ms = 20,
): (number: number) => void {
  let newest = 0;
  let told = 0;
  let isQuiet = true;

  const announce = (): void => {
    isQuiet = newest === told;
    if (isQuiet) return;
    told = newest;
    tell(told);
    setTimeout(announce, ms).unref();
  };
  return (number) => {
    newest = number;
    if (isQuiet) announce();
  };
}
