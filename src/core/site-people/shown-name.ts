import type { SitePerson } from '#core/site-people/site-person.js';

/** A name of people: nothing that a reader could take for an address, or for a sentence of ours. */
const NAME = /^[\p{L}\p{M}'’ -]{1,40}$/u;

/** What strangers see of somebody's first name. Undefined: nothing that is a name. */
export function shownName(person: Pick<SitePerson, 'firstName'> | null): string | undefined {
  return nameIn(person?.firstName);
}

/** The same with the initial of the last name, for lists of many: `Anna B.` */
export function shortName(person: Pick<SitePerson, 'firstName' | 'lastName'>): string | undefined {
  const first = shownName(person);
  if (first === undefined) return undefined;
  const [initial] = nameIn(person.lastName) ?? '';
  return initial === undefined ? first : `${first} ${initial.toUpperCase()}.`;
}

function nameIn(text: string | null | undefined): string | undefined {
  const name = text?.trim() ?? '';
  return NAME.test(name) ? name : undefined;
}
