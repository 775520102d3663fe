import type { Transaction } from 'kysely';
import { firstAccountId } from '#core/accounts/index.js';
import { queueEmail } from '#core/emails/index.js';
import { beginTrouble, endTrouble } from '#core/known-troubles.js';
import { ownerAddresses } from '#core/people/index.js';
import type { Tables } from '#core/tables.js';
import { BEGAN, ENDED, type Trouble } from '#core/trouble/trouble.js';
import { publishEvent } from '#core/webhooks/index.js';

/**
 * Tells the owners of trouble, once until it is over: by an event, and by e-mail. In the transaction that makes it true;
 * wake `deliveries` and `emails` after it. Gives whether anybody was told.
 * @param again Where nobody sees the end of it: what was told before this moment is told once more.
 */
export async function noticeTrouble(
  tx: Transaction<Tables>,
  trouble: Trouble,
  at: Date,
  again?: Date,
): Promise<boolean> {
  if (!(await beginTrouble(tx, trouble, at, again))) return false;
  await tell(tx, trouble, 'trouble.began', BEGAN[trouble.kind](trouble.name), at, at);
  return true;
}

/** Tells the owners that it is over, where they were told of it. The rest as above. */
export async function noticeTroubleOver(tx: Transaction<Tables>, trouble: Trouble, at: Date): Promise<boolean> {
  const known = await endTrouble(tx, trouble);
  if (known === undefined) return false;
  await tell(tx, trouble, 'trouble.ended', ENDED[trouble.kind](trouble.name), known.since, at);
  return true;
}

async function tell(
  tx: Transaction<Tables>,
  trouble: Trouble,
  type: 'trouble.began' | 'trouble.ended',
  sentence: string,
  since: Date,
  at: Date,
): Promise<void> {
  const accountId = trouble.accountId ?? (await firstAccountId(tx));
  if (accountId === undefined) return;
  const { kind, subject, name, detail } = trouble;
  await publishEvent(tx, {
    ...{ accountId, mode: 'live', type, subject, at },
    data: { kind, name, detail, since: since.toISOString() },
  });
  const body = [
    `${sentence}.`,
    detail,
    ...(type === 'trouble.ended' ? [`It began at: ${since.toISOString()}`] : []),
    `At: ${at.toISOString()}`,
    `Id: ${subject}`,
  ].join('\n');
  for (const to of await ownerAddresses(tx, accountId)) {
    await queueEmail(tx, { accountId, about: subject, to, subject: sentence, body }, at);
  }
}
