import { sql, type RawBuilder, type Selectable, type Transaction } from 'kysely';
import type { Receipt } from '#carriers/carrier.js';
import type { Core } from '#core/core.js';
import { endMessages, type MessageEnd } from '#core/messages/end-message.js';
import { findUnsure, isUnsure, spellings, takePart } from '#core/messages/match-unsure.js';
import { WHOLE } from '#core/messages/outcome-of-parts.js';
import type { MessageRow } from '#core/messages/message.js';
import { storable } from '#core/messages/storable-text.js';
import type { MessagePartTable, MessageStatus, Tables } from '#core/tables.js';
import { untilWritten } from '#core/until-written.js';

export interface CarrierReceipt {
  carrierId: string;
  receipt: Receipt;
}

type PartRow = Selectable<MessagePartTable>;

/**
 * Writes what carriers report of parts that they took, many at once. In any order and any number of times: the first
 * final word on a part stays. What comes before the part is known is kept until it is (`early_receipts`).
 */
export async function recordReceipts(
  core: Pick<Core, 'db' | 'clock' | 'log' | 'wake'>,
  receipts: readonly CarrierReceipt[],
): Promise<void> {
  const final = receipts
    .filter(({ receipt }) => finalState(receipt) !== undefined)
    .map(({ carrierId, receipt }) => ({ carrierId, receipt: storable(receipt) }));
  if (final.length === 0) return;
  const early = await untilWritten(core, (tx) => writeReceipts(tx, final, new Date(core.clock.now())));
  core.wake.deliveries();
  // The result may have been written meanwhile, and have looked for receipts before this one was there.
  if (early.length > 0) await applyEarly(core, early);
}

/** Applies what came too early, now that these parts are known. */
export async function applyEarly(
  core: Pick<Core, 'db' | 'clock' | 'log' | 'wake'>,
  parts: readonly { carrierId: string; theirId: string }[],
): Promise<void> {
  if (parts.length === 0) return;
  await applyKept(
    core,
    sql<boolean>`(carrier_id, their_id) in (
      select p.carrier_id, p.their_id from message_parts p
      join unnest(${parts.map(({ carrierId }) => carrierId)}::text[], ${parts.map(({ theirId }) => theirId)}::text[])
        as wanted (carrier_id, their_id) using (carrier_id, their_id))`,
  );
}

/** Looks whether receipts that fit nothing fit texts of which nobody knew whether they were taken. */
export async function applyToUnknown(
  core: Pick<Core, 'db' | 'clock' | 'log' | 'wake'>,
  texts: readonly Pick<MessageRow, 'carrier_id' | 'to_address'>[],
): Promise<void> {
  const asked = texts.flatMap(({ carrier_id: carrier, to_address }) =>
    carrier === null ? [] : spellings(to_address).map((to) => ({ carrier, to })),
  );
  if (asked.length === 0) return;
  await applyKept(
    core,
    sql<boolean>`(carrier_id, receipt->>'to') in (
      select * from unnest(${asked.map(({ carrier }) => carrier)}::text[], ${asked.map(({ to }) => to)}::text[]))`,
  );
}

/** Takes receipts out of those that are kept, and applies them; they are kept again where they fit nothing still. */
async function applyKept(core: Pick<Core, 'db' | 'clock' | 'log' | 'wake'>, which: RawBuilder<boolean>): Promise<void> {
  const waiting = await core.db.selectFrom('early_receipts').select('id').where(which).limit(1).executeTakeFirst();
  if (waiting === undefined) return;
  await untilWritten(core, async (tx) => {
    const rows = await tx.deleteFrom('early_receipts').where(which).returningAll().execute();
    const receipts = rows.map(({ carrier_id: carrierId, receipt }) => ({ carrierId, receipt }));
    await writeReceipts(tx, receipts, new Date(core.clock.now()));
  });
  core.wake.deliveries();
}

/** Gives those that fit nothing yet, which were kept. */
async function writeReceipts(
  tx: Transaction<Tables>,
  receipts: readonly CarrierReceipt[],
  at: Date,
): Promise<{ carrierId: string; theirId: string }[]> {
  const byPart = await findParts(tx, receipts);
  const unmatched = receipts.filter((one) => !byPart.has(keyOf(one)));
  const unsure = await findUnsure(tx, unmatched);
  const statuses = await lockTexts(tx, [
    ...[...byPart.values()].map(({ message_id }) => message_id),
    ...[...unsure.values()].map(({ id }) => id),
  ]);
  for (const [one, text] of unsure) {
    // Whoever held it until now may have said what became of it.
    const status = statuses.get(text.id);
    if (status === undefined || (status !== 'sent' && !isUnsure({ status }))) continue;
    const part = await takePart(tx, { ...text, status }, one, at);
    if (part !== undefined) byPart.set(keyOf(one), part);
  }
  const changes = new Map<string, { part: PartRow; receipt: Receipt }>();
  for (const one of receipts) {
    const part = byPart.get(keyOf(one));
    const key = `${part?.message_id} ${part?.part}`;
    if (part !== undefined && !changes.has(key)) changes.set(key, { part, receipt: one.receipt });
  }
  await writeParts(tx, [...changes.values()], at);
  await endTexts(tx, [...changes.values()], at);
  const early = unmatched.filter((one) => !byPart.has(keyOf(one)));
  if (early.length > 0) {
    await tx
      .insertInto('early_receipts')
      .values(
        early.map(({ carrierId, receipt }) => ({
          carrier_id: carrierId,
          their_id: receipt.theirId,
          receipt: JSON.stringify(receipt),
          received_at: at,
        })),
      )
      .execute();
  }
  return early.map(({ carrierId, receipt }) => ({ carrierId, theirId: receipt.theirId }));
}

/** By what the carrier calls them; where it used an id twice, the later one. */
async function findParts(tx: Transaction<Tables>, receipts: readonly CarrierReceipt[]): Promise<Map<string, PartRow>> {
  const { rows } = await sql<PartRow>`
    select distinct on (p.carrier_id, p.their_id) p.*
    from unnest(
      ${receipts.map(({ carrierId }) => carrierId)}::text[], ${receipts.map(({ receipt }) => receipt.theirId)}::text[]
    ) as wanted (carrier_id, their_id)
    join message_parts p on p.carrier_id = wanted.carrier_id and p.their_id = wanted.their_id
    order by p.carrier_id, p.their_id, p.sent_at desc`.execute(tx);
  return new Map(rows.map((row) => [`${row.carrier_id} ${row.their_id}`, row]));
}

function keyOf({ carrierId, receipt }: CarrierReceipt): string {
  return `${carrierId} ${receipt.theirId}`;
}

/** In one order for everybody, so that nobody waits in a circle. */
async function lockTexts(tx: Transaction<Tables>, ids: readonly string[]): Promise<Map<string, MessageStatus>> {
  if (ids.length === 0) return new Map();
  const rows = await tx
    .selectFrom('messages')
    .select(['id', 'status'])
    .where('id', 'in', [...new Set(ids)])
    .orderBy('id')
    .forUpdate()
    .execute();
  return new Map(rows.map(({ id, status }) => [id, status]));
}

async function writeParts(
  tx: Transaction<Tables>,
  changes: readonly { part: PartRow; receipt: Receipt }[],
  at: Date,
): Promise<void> {
  if (changes.length === 0) return;
  await sql`
    update message_parts p
    set status = change.status, code = change.code, updated_at = ${at}
    from unnest(
      ${changes.map(({ part }) => part.message_id)}::text[], ${changes.map(({ part }) => part.part)}::smallint[],
      ${changes.map(({ receipt }) => finalState(receipt))}::text[],
      ${changes.map(({ receipt }) => receipt.code ?? null)}::text[]
    ) as change (message_id, part, status, code)
    where p.message_id = change.message_id and p.part = change.part
      and p.status in ('sent', 'unknown')`.execute(tx);
}

/** A text is delivered when all its parts are, and undelivered when one is not. */
async function endTexts(
  tx: Transaction<Tables>,
  changes: readonly { part: PartRow; receipt: Receipt }[],
  at: Date,
): Promise<void> {
  const ids = [...new Set(changes.map(({ part }) => part.message_id))];
  if (ids.length === 0) return;
  const { rows } = await sql<{ id: string; delivered: boolean; undelivered: boolean }>`
    select m.id, bool_or(p.status = 'undelivered') as undelivered,
      bool_and(p.status = 'delivered') and (bool_or(p.part = ${WHOLE}) or count(*) = m.segments) as delivered
    from messages m join message_parts p on p.message_id = m.id
    where m.id = any(${ids}) and (m.status in ('sent', 'unknown') or m.status = 'queued' and m.unsure_tries > 0)
    group by m.id`.execute(tx);
  const ends = rows.flatMap(({ id, delivered, undelivered }): (MessageEnd & { id: string })[] => {
    if (delivered) return [{ id, status: 'delivered', at }];
    if (!undelivered) return [];
    const told = changes.find(({ part, receipt }) => part.message_id === id && finalState(receipt) === 'undelivered');
    const { code, detail } = told?.receipt ?? {};
    return [{ id, status: 'undelivered', reason: 'undeliverable', code, detail, at }];
  });
  await endMessages(tx, ends);
}

/** Undefined: it says nothing about the end of its part. */
function finalState({ state }: Receipt): 'delivered' | 'undelivered' | undefined {
  if (state === 'delivered') return 'delivered';
  return state === 'accepted' || state === 'unknown' ? undefined : 'undelivered';
}
