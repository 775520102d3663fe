import { sql, type Selectable, type Transaction } from 'kysely';
import type { CarrierReceipt } from '#core/messages/record-receipts.js';
import { WHOLE } from '#core/messages/outcome-of-parts.js';
import type { MessageStatus, MessagePartTable, Tables } from '#core/tables.js';

type PartRow = Selectable<MessagePartTable>;

/** Texts to one person at once; of more, none is the only one. */
const MOST_FITTING = 100;

/** A text of which nobody knows whether its carrier took it. */
export interface Unsure {
  id: string;
  status: MessageStatus;
  segments: number;
}

/**
 * Finds the texts of receipts whose id is not known, among those of their carrier of which nobody knows whether it took
 * them (rule 18): by our own id where the carrier gives it back, else by sender and recipient when exactly one fits. While
 * a text that fits is still being handed over, its answer is waited for. Locks nothing.
 */
export async function findUnsure(
  tx: Transaction<Tables>,
  receipts: readonly CarrierReceipt[],
): Promise<Map<CarrierReceipt, Unsure>> {
  const found = new Map<CarrierReceipt, Unsure>();
  if (receipts.length === 0) return found;
  const named = await findByOurId(tx, receipts);
  const others = receipts.filter((one) => !named.has(one));
  for (const [one, text] of named) if (isUnsure(text) || text.status === 'sent') found.set(one, text);
  const fitting = await findByAddresses(tx, others);
  for (const [index, one] of others.entries()) {
    const { from } = one.receipt;
    const texts = fitting.filter(
      (text) => text.place === index && (from === undefined || spellings(from).includes(text.from)),
    );
    const [only] = texts;
    if (only !== undefined && texts.length === 1 && isUnsure(only)) found.set(one, only);
  }
  return found;
}

/** It has an end, or waits to be sent once more. */
export function isUnsure({ status }: Pick<Unsure, 'status'>): boolean {
  return status === 'unknown' || status === 'queued';
}

async function findByOurId(
  tx: Transaction<Tables>,
  receipts: readonly CarrierReceipt[],
): Promise<Map<CarrierReceipt, Unsure>> {
  const ids = receipts.flatMap(({ receipt }) => receipt.ourId ?? []);
  if (ids.length === 0) return new Map();
  const rows = await tx
    .selectFrom('messages')
    .select(['id', 'status', 'segments', 'carrier_id', 'unsure_tries'])
    .where('id', 'in', ids)
    .execute();
  const texts = rows.filter(({ status, unsure_tries }) => status !== 'queued' || unsure_tries > 0);
  return new Map(
    receipts.flatMap((one) => {
      const { carrierId, receipt } = one;
      const text = texts.find(({ id, carrier_id }) => id === receipt.ourId && carrier_id === carrierId);
      return text === undefined ? [] : [[one, text]];
    }),
  );
}

/** By the receipt's place in the list. */
async function findByAddresses(
  tx: Transaction<Tables>,
  receipts: readonly CarrierReceipt[],
): Promise<(Unsure & { place: number; from: string })[]> {
  const asked = receipts.flatMap(({ carrierId, receipt: { to } }, place) =>
    to === undefined ? [] : spellings(to).map((address) => ({ place, carrierId, address })),
  );
  if (asked.length === 0) return [];
  const { rows } = await sql<Unsure & { place: number; from: string }>`
    select asked.place, m.id, m.status, m.segments, m.from_address as "from"
    from unnest(
      ${asked.map(({ place }) => place)}::integer[], ${asked.map(({ carrierId }) => carrierId)}::text[],
      ${asked.map(({ address }) => address)}::text[]
    ) as asked (place, carrier_id, address), lateral (
      select id, status, segments, from_address from messages
      where carrier_id = asked.carrier_id and to_address = asked.address
        and (status in ('sending', 'unknown') or unsure_tries > 0) and status in ('sending', 'unknown', 'queued')
      order by id limit ${MOST_FITTING}
    ) m`.execute(tx);
  return rows;
}

/** Carriers write numbers with and without the plus. */
export function spellings(address: string): string[] {
  return address.startsWith('+') ? [address, address.slice(1)] : [address, `+${address}`];
}

/**
 * The part of a text that a receipt is for, which takes the receipt's id: the one that has it by now, for a receipt may
 * come twice at once; else the first that has no id yet. The text is locked.
 */
export async function takePart(
  tx: Transaction<Tables>,
  { id, status, segments }: Unsure,
  { carrierId, receipt }: CarrierReceipt,
  at: Date,
): Promise<PartRow | undefined> {
  const same = await tx
    .selectFrom('message_parts')
    .selectAll()
    .where('message_id', '=', id)
    .where('their_id', '=', receipt.theirId)
    .executeTakeFirst();
  if (same !== undefined) return same;
  const { rows } = await sql<PartRow>`
    update message_parts p set their_id = ${receipt.theirId}, updated_at = ${at}
    where p.message_id = ${id} and p.part = (
      select q.part from message_parts q where q.message_id = ${id} and q.their_id is null order by q.part limit 1)
    returning p.*`.execute(tx);
  if (rows[0] !== undefined || status === 'sent') return rows[0];
  // Its process died before it wrote anything down.
  const known = await tx.selectFrom('message_parts').select('part').where('message_id', '=', id).execute();
  const parts = Array.from({ length: segments }, (_, index) => index + 1);
  const part = parts.find((each) => !known.some((row) => row.part === each));
  if (part === undefined || known.some((row) => row.part === WHOLE)) return undefined;
  return tx
    .insertInto('message_parts')
    .values({
      ...{ message_id: id, part, status: 'unknown', carrier_id: carrierId, their_id: receipt.theirId },
      ...{ code: null, sent_at: at, updated_at: at },
    })
    .returningAll()
    .executeTakeFirstOrThrow();
}
