import { sql, type Transaction } from 'kysely';
import type { IncomingMedia, IncomingText } from '#carriers/carrier.js';
import type { Mode, Tables } from '#core/tables.js';

/** A text from outside, with all its parts that there will be. */
export interface WholeText {
  from: string;
  to: string;
  text: string;
  /** How many parts it came in. */
  parts: number;
  inReplyTo: string | undefined;
  /** What came with it, still to be fetched. */
  media: readonly IncomingMedia[];
}

/** Whose number was texted. */
interface Owner {
  id: string;
  mode: Mode;
}

/** Parts wait this long for the others. */
export const PARTS_WAIT_MS = 86_400_000;

/**
 * Keeps a part until the others are there. Gives the texts that are whole now: mostly one or none; two where a sender
 * began a new text under the number of one that never became whole (3GPP TS 23.040, 9.2.3.24.1: numbers come again).
 */
export async function assemble(
  tx: Transaction<Tables>,
  carrierId: string,
  { id: accountId, mode }: Owner,
  { from, to, text, concatenation, inReplyTo, media = [] }: IncomingText,
  at: Date,
): Promise<WholeText[]> {
  const head = { from, to, inReplyTo, media };
  if (concatenation === undefined || concatenation.of <= 1) return [{ ...head, text, parts: 1 }];
  const { reference, part, of } = concatenation;
  const group = { accountId, mode, carrierId, from, to, reference };
  // Two parts at once must see one another.
  await sql`select pg_advisory_xact_lock(hashtextextended(${JSON.stringify(['incoming', group])}, 0))`.execute(tx);
  const waiting = await tx
    .selectFrom('incoming_parts')
    .select(['part', 'of', 'text'])
    .where('account_id', '=', accountId)
    .where('mode', '=', mode)
    .where('carrier_id', '=', carrierId)
    .where('from_address', '=', from)
    .where('to_address', '=', to)
    .where('reference', '=', reference)
    .orderBy('part')
    .execute();
  const same = waiting.find((other) => other.part === part);
  const isOther = waiting.some((other) => other.of !== of) || (same !== undefined && same.text !== text);
  if (same !== undefined && !isOther) return [];
  const before = isOther ? [{ ...head, text: joined(waiting), parts: waiting.length }] : [];
  const together = [...(isOther ? [] : waiting), { part, of, text }];
  if (isOther || together.length === of) await removeGroup(tx, group);
  if (together.length === of) return [...before, { ...head, text: joined(together), parts: of }];
  await tx
    .insertInto('incoming_parts')
    .values({
      ...{ account_id: accountId, mode, carrier_id: carrierId, from_address: from, to_address: to, reference },
      ...{ part, of, text, received_at: at },
    })
    .execute();
  return before;
}

/** The parts of one text that have waited too long. Undefined: there are none. */
export async function takeLateParts(
  tx: Transaction<Tables>,
  at: Date,
): Promise<(WholeText & { carrierId: string; accountId: string; mode: Mode }) | undefined> {
  const late = await tx
    .selectFrom('incoming_parts')
    .selectAll()
    .where('received_at', '<=', new Date(at.getTime() - PARTS_WAIT_MS))
    .orderBy('received_at')
    .limit(1)
    .forUpdate()
    .skipLocked()
    .executeTakeFirst();
  if (late === undefined) return undefined;
  const { account_id: accountId, mode, carrier_id: carrierId, from_address: from, to_address: to, reference } = late;
  const parts = await removeGroup(tx, { accountId, mode, carrierId, from, to, reference });
  return {
    carrierId,
    accountId,
    mode,
    from,
    to,
    text: joined(parts),
    parts: parts.length,
    inReplyTo: undefined,
    media: [],
  };
}

interface Group {
  accountId: string;
  mode: Mode;
  carrierId: string;
  from: string;
  to: string;
  reference: number;
}

function removeGroup(
  tx: Transaction<Tables>,
  { accountId, mode, carrierId, from, to, reference }: Group,
): Promise<{ part: number; text: string }[]> {
  return tx
    .deleteFrom('incoming_parts')
    .where('account_id', '=', accountId)
    .where('mode', '=', mode)
    .where('carrier_id', '=', carrierId)
    .where('from_address', '=', from)
    .where('to_address', '=', to)
    .where('reference', '=', reference)
    .returning(['part', 'text'])
    .execute();
}

function joined(parts: readonly { part: number; text: string }[]): string {
  return [...parts]
    .sort((one, other) => one.part - other.part)
    .map(({ text }) => text)
    .join('');
}
