import type { Core } from '#core/core.js';
import { emergencyWays } from '#core/emergency/emergency-ways.js';
import { ownNumbers, SANDBOX_NUMBER } from '#core/numbers/index.js';

/** What an account's phones lack for a call for help (rule 11), each as a sentence; none: they can call for help. */
export async function whyNoHelp(
  core: Pick<Core, 'db'>,
  { accountId, phone }: { accountId: string; phone?: string },
): Promise<string[]> {
  const phones = await phonesOf(core, accountId, phone);
  if (phones.length === 0) return [];
  const numbers = (await ownNumbers(core.db, { accountId, mode: 'live' })).filter((each) => each !== SANDBOX_NUMBER);
  const [oldest] = numbers;
  const lacking: string[] = [];
  if (oldest === undefined) {
    lacking.push(
      'No number of the account is shown that whoever helps could call back: add one with "sidetone numbers add NUMBER".',
    );
  }
  if (!(await hasWay(core, accountId, oldest))) {
    lacking.push('No trunk leads to emergency numbers: add one with "sidetone trunks add NAME --uri sip:host:port".');
  }
  const nowhere = phones.filter(({ location }) => location === null).map(({ name }) => name);
  if (nowhere.length > 0) {
    lacking.push(
      `Nobody is told where ${nowhere.join(', ')} stands: say so with "sidetone phones set ${nowhere[0]} --location 'STREET, TOWN, FLOOR'".`,
    );
  }
  return lacking;
}

function phonesOf({ db }: Pick<Core, 'db'>, accountId: string, phone: string | undefined) {
  let query = db.selectFrom('phones').select(['name', 'location']).where('account_id', '=', accountId);
  if (phone !== undefined) query = query.where('name', '=', phone);
  return query.orderBy('name').execute();
}

async function hasWay({ db }: Pick<Core, 'db'>, accountId: string, shown: string | undefined): Promise<boolean> {
  const trunks = await db.selectFrom('trunks').select(['account_id', 'prefixes', 'priority']).execute();
  const ways = trunks.map(({ account_id, ...trunk }) => ({ ...trunk, accountId: account_id, well: true }));
  // Without a number of its own only trunks for all numbers count.
  return emergencyWays(ways, { accountId, number: '112', shown: shown ?? '+0' }).length > 0;
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
