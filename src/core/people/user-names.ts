export interface GivenNames {
  /** The whole: with it the two below are read out of it again. */
  name?: string | undefined;
  firstName?: string | undefined;
  lastName?: string | undefined;
}

/** As they are kept: `name` is what everything else shows; null, where only the whole was ever given. */
export interface KeptNames {
  name: string;
  first_name: string | null;
  last_name: string | null;
}

/** `Ann van der Berg` -> `Ann`, `van der Berg`; for names of which nobody said more. */
export function splitName(name: string): { firstName: string; lastName: string } {
  const [firstName = '', ...rest] = name.trim().split(/\s+/);
  return { firstName, lastName: rest.join(' ') };
}

/** What was given, over what was there. Undefined: no name was given. */
export function namesFrom(given: GivenNames, before?: KeptNames): KeptNames | undefined {
  if (given.firstName === undefined && given.lastName === undefined) {
    return given.name === undefined ? undefined : { name: given.name.trim(), first_name: null, last_name: null };
  }
  const known = before === undefined ? { firstName: '', lastName: '' } : namesOf(before);
  const firstName = (given.firstName ?? known.firstName).trim();
  const lastName = (given.lastName ?? known.lastName).trim();
  return { name: `${firstName} ${lastName}`.trim(), first_name: firstName, last_name: lastName };
}

export function namesOf({ name, first_name, last_name }: KeptNames): { firstName: string; lastName: string } {
  return first_name === null ? splitName(name) : { firstName: first_name, lastName: last_name ?? '' };
}
