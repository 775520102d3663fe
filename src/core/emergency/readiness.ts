import type { Core } from '#core/core.js';
import { nationalEmergencyNumbers } from '#core/dial-plan/index.js';
import { emergencyWays } from '#core/emergency/emergency-ways.js';
import { ownNumbers, SANDBOX_NUMBER } from '#core/numbers/index.js';

interface AskedPhone {
  name: string;
  location: Record<string, unknown> | null;
  caller_id: string | null;
}

/** What an account's phones lack for a call for help (rule 11), each as a sentence; none: they can call for help. */
export async function whyNoHelp(
  core: Pick<Core, 'db'>,
  { accountId, phone }: { accountId: string; phone?: string },
): Promise<string[]> {
  const phones = await phonesOf(core, accountId, phone);
  if (phones.length === 0) return [];
  const numbers = (await ownNumbers(core.db, { accountId, mode: 'live' })).filter((each) => each !== SANDBOX_NUMBER);
  const lacking: string[] = [];
  if (numbers.length === 0) {
    lacking.push(
      'No number of the account is shown that whoever helps could call back: add one with "sidetone numbers add NUMBER".',
    );
  }
  for (const [unreached, names] of await withoutWay(core, accountId, phones, numbers)) {
    lacking.push(
      `No trunk leads from ${names.join(', ')} to ${unreached}: add one with "sidetone trunks add NAME --uri sip:host:port".`,
    );
  }
  const nowhere = phones.filter(({ location }) => location === null).map(({ name }) => name);
  if (nowhere.length > 0) {
    lacking.push(
      `Nobody is told where ${nowhere.join(', ')} stands: say so with "sidetone phones set ${nowhere[0]} --location 'STREET, TOWN, FLOOR'".`,
    );
  }
  return lacking;
}

function phonesOf({ db }: Pick<Core, 'db'>, accountId: string, phone: string | undefined): Promise<AskedPhone[]> {
  let query = db.selectFrom('phones').select(['name', 'location', 'caller_id']).where('account_id', '=', accountId);
  if (phone !== undefined) query = query.where('name', '=', phone);
  return query.orderBy('name').execute();
}

/**
 * The numbers for help of the account's countries that no trunk leads to, as they are listed, by the phones that it is so for: the
 * number that a phone shows is what a trunk for one country is chosen by.
 */
async function withoutWay(
  { db }: Pick<Core, 'db'>,
  accountId: string,
  phones: readonly AskedPhone[],
  numbers: readonly string[],
): Promise<Map<string, string[]>> {
  const trunks = await db.selectFrom('trunks').select(['account_id', 'prefixes', 'priority']).execute();
  const ways = trunks.map(({ account_id, ...trunk }) => ({ ...trunk, accountId: account_id, well: true }));
  const asked = nationalEmergencyNumbers(numbers);
  const found = new Map<string, string[]>();
  for (const { name, caller_id } of phones) {
    // Without a number of its own only trunks for all numbers count.
    const shown = (caller_id !== null && numbers.includes(caller_id) ? caller_id : numbers[0]) ?? '+0';
    const unreached = asked.filter((number) => emergencyWays(ways, { accountId, number, shown }).length === 0);
    if (unreached.length === 0) continue;
    const listed = unreached.join(', ');
    found.set(listed, [...(found.get(listed) ?? []), name]);
  }
  return found;
}

/** Says so in the log at the start, for every account whose phones cannot call for help as they should. */
export async function warnOfHelp(core: Pick<Core, 'db' | 'log'>): Promise<void> {
  const accounts = await core.db.selectFrom('accounts').select(['id', 'name']).orderBy('id').execute();
  for (const { id, name } of accounts) {
    const lacking = await whyNoHelp(core, { accountId: id });
    if (lacking.length === 0) continue;
    core.log.warn(
      { account: id, lacking },
      `phones of ${name} cannot call emergency numbers as they should: keep another way to call for help. ${lacking.join(' ')}`,
    );
  }
}
