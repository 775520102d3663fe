import { hasNumber } from '#core/contacts/index.js';
import type { Core } from '#core/core.js';
import type { Mode } from '#core/tables.js';

const MOST_CHARACTERS = 64;

/** Who calls as a name: as the account's contacts know them, else as their network shows it. Undefined: it does not. */
export async function nameOfCaller(
  core: Pick<Core, 'db'>,
  owner: { accountId: string; mode: Mode },
  { number, displayName }: { number: string | undefined; displayName: string | undefined },
): Promise<string | undefined> {
  const contact =
    number === undefined
      ? undefined
      : await core.db
          .selectFrom('contacts')
          .select(['name', 'first_name', 'last_name', 'company'])
          .where('account_id', '=', owner.accountId)
          .where('mode', '=', owner.mode)
          .where(hasNumber(number))
          // Whoever is known by it before whoever has it beside another.
          .orderBy((eb) => eb('phone', '=', number), 'desc')
          .orderBy('id')
          .executeTakeFirst();
  const whole = `${contact?.first_name ?? ''} ${contact?.last_name ?? ''}`;
  const names = [contact?.name, whole, contact?.company, displayName].map((name) => (name ?? '').trim());
  return names.find((name) => name !== '')?.slice(0, MOST_CHARACTERS);
}
