import { sql, type Selectable, type Transaction } from 'kysely';
import type { CarrierReceipt } from '#core/messages/record-receipts.js';
import { WHOLE } from '#core/messages/outcome-of-parts.js';
import type { MessageStatus, MessagePartTable, Tables } from '#core/tables.js';

type PartRow = Selectable<MessagePartTable>;

interface Unsure {
  id: string;
  status: MessageStatus;
  from: string;
  segments: number;
}

/**
 * Finds the texts of receipts whose id is not known, among those of their carrier of which nobody knows whether it took
 * them (rule 18): by our own id where the carrier gives it back, else by sender and recipient when exactly one fits. While
 * a text that fits is still being handed over, its answer is waited for. The part found takes the receipt's id.
 */
export async function matchUnsure(
  tx: Transaction<Tables>,
  receipts: readonly CarrierReceipt[],
  at: Date,
): Promise<Map<CarrierReceipt, PartRow>> {
  const found = new Map<CarrierReceipt, PartRow>();
  for (const one of receipts) {
    const text = await findUnsure(tx, one);
    if (text === undefined) continue;
    const part = await takePart(tx, text, one, at);
    if (part !== undefined) found.set(one, part);
  }
  return found;
}

async function findUnsure(
  tx: Transaction<Tables>,
  { carrierId, receipt }: CarrierReceipt,
): Promise<Unsure | undefined> {
  const { ourId, from, to } = receipt;
  if (ourId !== undefined) {
    const { rows } = await sql<Unsure>`
      select id, status, from_address as "from", segments from messages
      where id = ${ourId} and carrier_id = ${carrierId} for update`.execute(tx);
    const [text] = rows;
    if (text !== undefined) return text.status === 'unknown' || text.status === 'sent' ? text : undefined;
  }
  if (to === undefined) return undefined;
  const { rows } = await sql<Unsure>`
    select id, status, from_address as "from", segments from messages
    where carrier_id = ${carrierId} and status in ('sending', 'unknown') and to_address = any(${spellings(to)})
    order by id limit 100 for update`.execute(tx);
  const fitting = rows.filter((text) => from === undefined || spellings(from).includes(text.from));
  const [only] = fitting;
  return fitting.length === 1 && only?.status === 'unknown' ? only : undefined;
}

/** Carriers write numbers with and without the plus. */
function spellings(address: string): string[] {
  return address.startsWith('+') ? [address, address.slice(1)] : [address, `+${address}`];
}

/** The part that has this id by now, for a receipt may come twice at once; else the first that has no id yet. */
async function takePart(
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
