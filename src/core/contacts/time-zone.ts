/** Names that were looked at; there are some six hundred good ones. */
const known = new Map<string, boolean>();
const MOST_KNOWN = 2000;

/** Whether it is a name of the IANA database that Intl knows, such as `Europe/London`; an offset such as `+01:00` is none. */
export function isTimeZone(name: string): boolean {
  const before = known.get(name);
  if (before !== undefined) return before;
  const is = /^[A-Za-z]/.test(name) && isKnownToIntl(name);
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(name, is);
  return is;
}

function isKnownToIntl(timeZone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
    return true;
  } catch {
    return false;
  }
}
