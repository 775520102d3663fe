import type { ComingCall } from '#core/calls/index.js';
import type { Core } from '#core/core.js';
import { isEmergencyOf } from '#core/dial-plan/index.js';

/**
 * Whether a phone of ours may call for help: by the countries of its account's numbers alone, for 101 is most often the
 * colleague's extension, and those who dial it are not to pass all who wait.
 */
export async function meansHelp(
  { db }: Pick<Core, 'db'>,
  { origin, to }: Pick<ComingCall['incoming'], 'origin' | 'to'>,
): Promise<boolean> {
  if (origin.kind !== 'phone') return false;
  const rows = await db
    .selectFrom('phones')
    .innerJoin('numbers', 'numbers.account_id', 'phones.account_id')
    .select('numbers.number')
    .where('phones.id', '=', origin.phone)
    .where('numbers.mode', '=', 'live')
    .execute();
  return isEmergencyOf(
    rows.map(({ number }) => number),
    to,
  );
}
