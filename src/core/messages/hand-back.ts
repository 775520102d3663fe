import { sql, type Transaction } from 'kysely';
import { LOOPBACK } from '#carriers/carrier.js';
import type { MessageRow } from '#core/messages/message.js';
import type { HandedOver } from '#core/messages/outcome-of-parts.js';
import type { Tables } from '#core/tables.js';

/** A text that its carrier did not take, and that goes again. */
export interface HandedBack {
  row: MessageRow;
  outcome: HandedOver;
  /** The carrier that refused it; absent: none did. */
  tried?: string;
}

/** Back into the queue, no attempt spent where nothing left. The carrier that throttles, or is away, is left alone. */
export async function handBack(tx: Transaction<Tables>, again: readonly HandedBack[], at: Date): Promise<void> {
  if (again.length === 0) return;
  const waits = again.map(({ outcome }) => (outcome.kind === 'again' ? outcome.afterMs : 0));
  await sql`
    update messages m
    set status = 'queued', node_id = null, sending_at = null, due_at = again.due_at,
      attempts = m.attempts - again.unspent,
      tried_carriers = case when again.tried is null then m.tried_carriers else m.tried_carriers || again.tried end,
      carrier_code = coalesce(again.code, m.carrier_code), carrier_detail = coalesce(again.detail, m.carrier_detail)
    from unnest(
      ${again.map(({ row }) => row.id)}::text[],
      ${again.map(({ row }, index) => dueAgain(row, waits[index] ?? 0, at))}::timestamptz[],
      ${again.map(({ outcome }) => (outcome.kind === 'again' ? 1 : 0))}::smallint[],
      ${again.map(({ tried }) => tried ?? null)}::text[],
      ${again.map(({ outcome }) => ('code' in outcome ? (outcome.code ?? null) : null))}::text[],
      ${again.map(({ outcome }) => ('detail' in outcome ? (outcome.detail ?? null) : null))}::text[]
    ) as again (id, due_at, unspent, tried, code, detail)
    where m.id = again.id`.execute(tx);
  const rests = new Map<string, number>();
  for (const [index, { row }] of again.entries()) {
    const carrier = row.carrier_id ?? LOOPBACK;
    rests.set(carrier, Math.max(rests.get(carrier) ?? 0, waits[index] ?? 0));
  }
  for (const [carrier, ms] of [...rests].sort()) {
    if (ms === 0 || carrier === LOOPBACK) continue;
    const open = new Date(at.getTime() + ms);
    await tx
      .updateTable('carriers')
      .set((eb) => ({ next_segment_at: eb.fn<Date>('greatest', ['next_segment_at', eb.val(open)]) }))
      .where('id', '=', carrier)
      .execute();
  }
}

/** The carrier rests, not the text: another may take it at once. The sandbox's has no row in which it could rest. */
function dueAgain({ mode }: MessageRow, waitMs: number, at: Date): Date {
  return mode === 'test' ? new Date(at.getTime() + waitMs) : at;
}
