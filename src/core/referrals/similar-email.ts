/** Shorter ones are alike by chance. */
const SHORTEST = 5;
const LONGEST = 64;
const MOST_CHANGES = 2;

/** How two addresses of different people are alike; undefined: they are not. */
export function similarEmails(one: string | null, other: string | null): string | undefined {
  if (one === null || other === null || one === other) return undefined;
  const [mine, theirs] = [halves(one), halves(other)];
  if (Math.min(mine.local.length, theirs.local.length) < SHORTEST) return undefined;
  if (mine.local === theirs.local) return 'The addresses are the same before the @, but for dots and what follows a +.';
  if (mine.domain !== theirs.domain) return undefined;
  const changes = changesBetween(mine.local, theirs.local);
  if (changes > MOST_CHANGES) return undefined;
  return `The addresses differ in ${changes} of ${Math.max(mine.local.length, theirs.local.length)} characters.`;
}

function halves(email: string): { local: string; domain: string } {
  const at = email.lastIndexOf('@');
  const local = email.slice(0, at).toLowerCase();
  const plus = local.indexOf('+');
  const bare = (plus > 0 ? local.slice(0, plus) : local).replaceAll('.', '');
  return { local: bare.slice(0, LONGEST), domain: email.slice(at + 1).toLowerCase() };
}

/** Letters put in, left out or changed; more than two are not counted. */
function changesBetween(one: string, other: string): number {
  if (Math.abs(one.length - other.length) > MOST_CHANGES) return MOST_CHANGES + 1;
  let before = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (let row = 1; row <= one.length; row++) {
    const now = [row];
    for (let column = 1; column <= other.length; column++) {
      const changed = one[row - 1] === other[column - 1] ? 0 : 1;
      now.push(Math.min((before[column] ?? 0) + 1, (now[column - 1] ?? 0) + 1, (before[column - 1] ?? 0) + changed));
    }
    before = now;
  }
  return before[other.length] ?? 0;
}
