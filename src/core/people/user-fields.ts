import type { Transaction } from 'kysely';
import { isEmailAddress } from '#core/email-address.js';
import { CoreError } from '#core/errors.js';
import type { PeopleOwner, Role } from '#core/people/user.js';
import type { Tables } from '#core/tables.js';

export interface UserFields {
  name: string;
  /** Given, they make up the name; `name` alone is taken apart at its first blank. */
  firstName: string;
  lastName: string;
  /** Null: none. */
  email: string | null;
  role: Role;
  phones: readonly string[];
}

export const NAME_MAX_LENGTH = 100;
export const PHONES_MAX = 10;

/** As phones are named, so that a name that is tried in the sandbox can be a phone's in the live mode. */
const PHONE_NAME_SHAPE = /^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/;
/** The numbers of the simulated network that choose what happens. */
const SIMULATED_NUMBER_SHAPE = /^\+1500555[0-9]{4}$/;

/**
 * Gives the fields that are given as they are kept: texts trimmed, each phone once. Phones are held until the commit, so
 * do this before a user is locked: whoever removes a phone holds it first, and then takes it off its users.
 * @throws CoreError `user.bad_input`
 */
export async function checkUserFields<Fields extends Partial<UserFields>>(
  tx: Transaction<Tables>,
  owner: PeopleOwner,
  fields: Fields,
): Promise<Fields> {
  const checked = { ...fields };
  if (fields.name !== undefined) checked.name = checkName(fields.name, 'user.bad_input');
  if (typeof fields.email === 'string') checked.email = checkEmail(fields.email);
  if (fields.phones !== undefined) checked.phones = await checkPhones(tx, owner, [...new Set(fields.phones)]);
  return checked;
}

function checkEmail(text: string): string {
  const email = text.trim();
  if (!isEmailAddress(email)) throw badInput('email', `"${email}" is not an e-mail address.`);
  return email;
}

/** Of users and of groups. */
export function checkName(text: string, code: 'user.bad_input' | 'group.bad_input'): string {
  const name = text.trim();
  if (name === '' || name.length > NAME_MAX_LENGTH) {
    throw new CoreError(code, `A name has 1 to ${NAME_MAX_LENGTH} characters.`, { field: 'name' });
  }
  return name;
}

async function checkPhones(tx: Transaction<Tables>, owner: PeopleOwner, phones: string[]): Promise<string[]> {
  if (phones.length > PHONES_MAX) throw badInput('phones', `A user has at most ${PHONES_MAX} phones.`);
  if (owner.mode === 'test') {
    const wrong = phones.findIndex((phone) => !PHONE_NAME_SHAPE.test(phone) && !SIMULATED_NUMBER_SHAPE.test(phone));
    if (wrong === -1) return phones;
    const message =
      'In the sandbox a phone is any name of 1 to 32 letters, digits, ".", "_" or "-", like 101, or a simulated ' +
      'number, like +15005550020.';
    throw badInput(`phones.${wrong}`, message);
  }
  if (phones.length === 0) return phones;
  const found = await tx
    .selectFrom('phones')
    .select('name')
    .where('account_id', '=', owner.accountId)
    .where('name', 'in', phones)
    .forKeyShare()
    .execute();
  const missing = phones.findIndex((phone) => !found.some(({ name }) => name === phone));
  if (missing === -1) return phones;
  throw badInput(
    `phones.${missing}`,
    `There is no phone "${phones[missing] ?? ''}": "sidetone phones add" makes one, or use another's name.`,
  );
}

function badInput(field: string, message: string): CoreError {
  return new CoreError('user.bad_input', message, { field });
}

/** Turns the violated index into a refusal; anything else is thrown on. */
export function refuseTakenEmail(error: unknown, email: string | null): never {
  if ((error as { constraint?: string }).constraint !== 'users_email') throw error;
  throw new CoreError('user.email_taken', `There is a user with the e-mail address ${email ?? ''} already.`, {
    field: 'email',
  });
}
