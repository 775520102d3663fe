import type { Transaction } from 'kysely';
import type { PartResult } from '#carriers/carrier.js';
import { carriersFor, readCarriers, withMedia } from '#core/carriers/index.js';
import type { Core } from '#core/core.js';
import { writeCodesSent } from '#core/messages/code-texts.js';
import { endMessages, type MessageEnd } from '#core/messages/end-message.js';
import { handBack, type HandedBack } from '#core/messages/hand-back.js';
import { recordMessageEvents } from '#core/messages/message-events.js';
import { settleSegments } from '#core/messages/message-funds.js';
import type { MessageRow } from '#core/messages/message.js';
import { accountsThatResend, resendAt, resendUnsure } from '#core/messages/resend-unsure.js';
import { answersOf, outcomeOf, WHOLE } from '#core/messages/outcome-of-parts.js';
import { uncount, type Unsent } from '#core/messages/sending-lanes.js';
import { recordTry } from '#core/recipients/index.js';
import type { Tables } from '#core/tables.js';
import { untilWritten } from '#core/until-written.js';

/** A text that was handed over, with what its carrier said. */
export interface Handed {
  row: MessageRow;
  /** Those that were handed over now. */
  parts: readonly number[];
  results: readonly PartResult[];
  /** Others of it were accepted before. */
  begun: boolean;
}

/**
 * Writes what carriers said of many texts in one transaction: sent, over, or to be handed over again as far as parts are
 * missing. A text that is no longer under this node's lease is left alone. Gives those
 * that may have left, for all that is known.
 */
export async function writeResults(
  core: Pick<Core, 'db' | 'clock' | 'log' | 'node'>,
  handed: readonly Handed[],
): Promise<MessageRow[]> {
  return untilWritten(core, async (tx) => {
    const at = new Date(core.clock.now());
    const ours = await held(tx, core.node, handed);
    await writeParts(tx, ours, at);
    const carriers = handed.some(isRefused) ? await readCarriers(tx) : [];
    const resend = await resending(tx, ours);
    const sent: string[] = [];
    const ends: (MessageEnd & { id: string })[] = [];
    const again: HandedBack[] = [];
    const unsure: { id: string; dueAt: Date; detail: string }[] = [];
    for (const one of ours) {
      const { row } = one;
      const outcome = outcomeOf(
        answersOf(one.parts, one.results).map(({ result }) => result),
        one.begun,
      );
      if (outcome.kind === 'sent') sent.push(row.id);
      else if (outcome.kind === 'again') again.push({ row, outcome });
      else if (outcome.kind === 'unknown') {
        const dueAt = resend.has(row.account_id) ? resendAt(row, at) : undefined;
        if (dueAt !== undefined) unsure.push({ id: row.id, dueAt, detail: outcome.detail });
        else ends.push({ id: row.id, status: 'unknown', reason: 'no_response', detail: outcome.detail, at });
      } else {
        const { account_id: accountId, from_address: from, to_address: to, carrier_id: refusing } = row;
        const tried = [...row.tried_carriers, refusing ?? ''];
        const left = row.mode === 'live' && outcome.otherCarrier;
        const able = withMedia(carriers, row.attachments);
        if (left && carriersFor(able, { accountId, from, to, tried }).length > 0) {
          again.push({ row, outcome, tried: refusing ?? '' });
        } else ends.push({ ...outcome, id: row.id, status: 'failed', reason: 'refused', at });
      }
    }
    await handBack(tx, again, at);
    await uncount(tx, ours.flatMap(unsentOf));
    await resendUnsure(tx, unsure);
    const rows = await writeSent(tx, sent, at);
    const ended = await endMessages(tx, ends);
    await settleSegments(tx, rows, at);
    const resent = new Set(unsure.map(({ id }) => id));
    return [
      ...ended.filter(({ status }) => status === 'unknown'),
      ...ours.flatMap(({ row }) => (resent.has(row.id) ? [row] : [])),
    ];
  });
}

function isRefused({ results }: Handed): boolean {
  return results.some(({ kind }) => kind === 'refused');
}

/** What surely did not leave of a text, if anything. */
function unsentOf({ row, parts, results }: Handed): Unsent[] {
  const { account_id: accountId, mode, from_address: sender, sending_at: claimedAt } = row;
  const segments = answersOf(parts, results)
    .filter(({ result: { kind } }) => kind === 'throttled' || kind === 'unreachable')
    .reduce((sum, { part }) => sum + (part === WHOLE ? row.segments : 1), 0);
  return segments === 0 || claimedAt === null ? [] : [{ accountId, mode, sender, claimedAt, segments }];
}

/** Locks the rows, in one order for everybody. */
async function held(tx: Transaction<Tables>, node: number, handed: readonly Handed[]): Promise<Handed[]> {
  const rows = await tx
    .selectFrom('messages')
    .selectAll()
    .where(
      'id',
      'in',
      handed.map(({ row }) => row.id),
    )
    .where('node_id', '=', node)
    .where('status', '=', 'sending')
    .orderBy('id')
    .forUpdate()
    .execute();
  const byId = new Map(rows.map((row) => [row.id, row]));
  return handed.flatMap((one) => {
    const row = byId.get(one.row.id);
    return row === undefined || row.attempts !== one.row.attempts ? [] : [{ ...one, row }];
  });
}

/** Parts that were accepted, or may have been. */
async function writeParts(tx: Transaction<Tables>, handed: readonly Handed[], at: Date): Promise<void> {
  const parts = handed.flatMap(({ row, parts: numbers, results }) =>
    answersOf(numbers, results).flatMap(({ part, result }) => {
      if (result.kind !== 'accepted' && result.kind !== 'unknown') return [];
      return {
        message_id: row.id,
        part,
        status: result.kind === 'accepted' ? ('sent' as const) : ('unknown' as const),
        carrier_id: row.carrier_id ?? '',
        their_id: result.kind === 'accepted' ? (result.theirId ?? null) : null,
        code: null,
        sent_at: at,
        updated_at: at,
      };
    }),
  );
  if (parts.length === 0) return;
  await tx
    .insertInto('message_parts')
    .values(parts)
    // A part of unknown fate that was sent again on the account's wish.
    .onConflict((conflict) =>
      conflict.columns(['message_id', 'part']).doUpdateSet((eb) => ({
        status: eb.ref('excluded.status'),
        carrier_id: eb.ref('excluded.carrier_id'),
        their_id: eb.ref('excluded.their_id'),
        sent_at: eb.ref('excluded.sent_at'),
        updated_at: eb.ref('excluded.updated_at'),
      })),
    )
    .execute();
}

/** Accounts of texts of which nobody knows whether they were taken, that want them sent once more. */
function resending(tx: Transaction<Tables>, handed: readonly Handed[]): Promise<Set<string>> {
  const unsure = handed.filter(({ results, parts }) =>
    answersOf(parts, results).some(({ result }) => result.kind === 'unknown'),
  );
  return accountsThatResend(
    tx,
    unsure.map(({ row }) => row.account_id),
  );
}

async function writeSent(tx: Transaction<Tables>, ids: readonly string[], at: Date): Promise<MessageRow[]> {
  if (ids.length === 0) return [];
  const rows = await tx
    .updateTable('messages')
    .set({ status: 'sent', sent_at: at, node_id: null })
    .where('id', 'in', [...ids])
    .returningAll()
    .execute();
  await recordMessageEvents(tx, 'message.sent', rows, at);
  await writeCodesSent(tx, rows);
  for (const { campaign_id: campaignId, recipient, try: which } of rows) {
    if (campaignId === null || recipient === null) continue;
    await recordTry(tx, { campaignId, recipient, try: which, outcome: 'sent', at });
  }
  return rows;
}
