import type { Core } from '#core/core.js';
import { inTransaction } from '#core/in-transaction.js';
import { noticeTrouble } from '#core/trouble/index.js';

/** The cap is of the last 24 hours: nobody sees its end, and so it is told of once in them. */
const DAY_MS = 86_400_000;

/** Tells the owners that codes are refused because of what they have cost. */
export async function noticeSpendCap(core: Pick<Core, 'db' | 'clock' | 'wake'>, accountId: string): Promise<void> {
  const at = new Date(core.clock.now());
  const told = await inTransaction(core.db, async (tx) => {
    const account = await tx.selectFrom('accounts').select('name').where('id', '=', accountId).executeTakeFirst();
    if (account === undefined) return false;
    const detail =
      'Codes have cost as much as "spend_per_day" allows for 24 hours, and more are refused until some of it is older. ' +
      'Look whether somebody has them sent for gain; "sidetone otp-policy set" changes the cap.';
    const trouble = { kind: 'spend_cap', subject: accountId, accountId, name: account.name, detail } as const;
    return noticeTrouble(tx, trouble, at, new Date(at.getTime() - DAY_MS));
  });
  if (!told) return;
  core.wake.deliveries();
  core.wake.emails();
}
