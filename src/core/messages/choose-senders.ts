import { sql } from 'kysely';
import { countryCode, isE164 } from '#core/address.js';
import type { Db } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import type { Mode } from '#core/tables.js';

/**
 * Whether an account may send from all of these: its numbers, short codes and names, of this mode. What is only proven
 * by a code may be called from, and is no sender of texts.
 * @throws CoreError `message.sender_not_owned`
 */
export async function checkSenders(
  db: Db,
  { accountId, mode, senders }: { accountId: string; mode: Mode; senders: readonly string[] },
): Promise<void> {
  const owned = await db
    .selectFrom('numbers')
    .select('number')
    .where('account_id', '=', accountId)
    .where('mode', '=', mode)
    .where('number', 'in', [...senders])
    .execute();
  const missing = senders.find((sender) => !owned.some(({ number }) => number === sender));
  if (missing === undefined) return;
  throw new CoreError(
    'message.sender_not_owned',
    `${missing} is not a ${mode} sender of this account. Add it with: sidetone numbers add ${missing}`,
    { field: 'from' },
  );
}

/**
 * Whom each recipient hears from: of a pool the one that wrote to them last, else one of their country, else any; the
 * same recipient always the same one, and all of the pool about as often.
 */
export async function chooseSenders(
  db: Db,
  { accountId, mode, senders, recipients }: SenderChoice,
): Promise<(recipient: string) => string> {
  const [only] = senders;
  if (only === undefined) throw new Error('nobody to send from');
  if (senders.length === 1) return () => only;
  const { rows } = await sql<{ recipient: string; sender: string }>`
    select a.recipient, last.from_address as sender
    from unnest(${[...recipients]}::text[]) as a (recipient) cross join lateral (
      select m.from_address from messages m
      where m.account_id = ${accountId} and m.mode = ${mode} and m.to_address = a.recipient and m.direction = 'out'
        and m.from_address = any(${[...senders]}::text[])
      order by m.id desc limit 1
    ) last`.execute(db);
  const known = new Map(rows.map(({ recipient, sender }) => [recipient, sender]));
  return (recipient) => known.get(recipient) ?? spread(senders, recipient);
}

export interface SenderChoice {
  accountId: string;
  mode: Mode;
  senders: readonly string[];
  recipients: readonly string[];
}

function spread(senders: readonly string[], recipient: string): string {
  const country = countryCode(recipient);
  const near = senders.filter((sender) => isE164(sender) && countryCode(sender) === country);
  const choice = near.length > 0 ? near : senders;
  return choice[hashOf(recipient) % choice.length] ?? recipient;
}

/** FNV-1a, 32 bits. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193) >>> 0;
  return hash;
}
