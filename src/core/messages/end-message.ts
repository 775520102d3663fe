import { sql, type Transaction } from 'kysely';
import type { EventType } from '#core/events.js';
import { endCodeText } from '#core/messages/code-texts.js';
import { recordMessageEvents } from '#core/messages/message-events.js';
import { releaseSegments, settleSegments } from '#core/messages/message-funds.js';
import type { MessageReason } from '#core/messages/message-reason.js';
import type { MessageEndStatus, MessageRow } from '#core/messages/message.js';
import { recordTry } from '#core/recipients/index.js';
import type { MessageStatus, Tables } from '#core/tables.js';

export interface MessageEnd {
  status: MessageEndStatus;
  at: Date;
  reason?: MessageReason | undefined;
  /** As the carrier or the network says it. */
  code?: string | undefined;
  detail?: string | undefined;
}

/**
 * From which states a text comes to each end: what is over stays as it is, but for what nobody knew. One that waits to be
 * sent once more, because it may have left, comes to every end, but nobody says of it that it failed or was withdrawn.
 */
const COMES_FROM: Record<MessageEndStatus, readonly MessageStatus[]> = {
  delivered: ['sent', 'unknown'],
  undelivered: ['sent', 'unknown'],
  failed: ['queued', 'sending'],
  unknown: ['sending'],
  canceled: ['queued'],
};

/**
 * The one way in which a text ends: state, event, deliveries and money in one transaction. Undefined when it was over
 * already, or cannot come to this end from where it is; then nothing is written.
 */
export async function endMessage(
  tx: Transaction<Tables>,
  { id }: Pick<MessageRow, 'id'>,
  end: MessageEnd,
): Promise<MessageRow | undefined> {
  const [row] = await endMessages(tx, [{ ...end, id }]);
  return row;
}

/** The same for many texts, in a few statements. Gives those that ended now. */
export async function endMessages(
  tx: Transaction<Tables>,
  ends: readonly (MessageEnd & { id: string })[],
): Promise<MessageRow[]> {
  const ended: { row: MessageRow; before: MessageStatus; end: MessageEnd }[] = [];
  for (const [status, alike] of byStatus(ends)) {
    ended.push(...(await write(tx, status, alike)));
  }
  for (const [type, statuses] of EVENTS) {
    for (const at of new Set(ended.map(({ end }) => end.at.getTime()))) {
      const rows = ended.filter(({ row, end }) => statuses.includes(row.status) && end.at.getTime() === at);
      await recordMessageEvents(
        tx,
        type,
        rows.map(({ row }) => row),
        new Date(at),
      );
    }
  }
  for (const { row, end } of ended) {
    await tellCampaign(tx, row, end.at);
    await endCodeText(tx, row, end.at);
  }
  // Wallets are the last thing that a transaction locks.
  const at = ends[0]?.at ?? new Date(0);
  const resolved = ended.filter(({ row, before }) => before !== 'sent' && TAKEN.includes(row.status));
  const untaken = ended.filter(({ row }) => !TAKEN.includes(row.status));
  await settleSegments(
    tx,
    resolved.map(({ row }) => row),
    at,
  );
  await releaseSegments(
    tx,
    untaken.map(({ row }) => row),
    at,
  );
  return ended.map(({ row }) => row);
}

const TAKEN: readonly MessageStatus[] = ['delivered', 'undelivered'];

/** A text that is withdrawn before it left is told of to nobody: whoever withdrew it knows. */
const EVENTS: readonly (readonly [EventType, readonly MessageStatus[]])[] = [
  ['message.delivered', ['delivered']],
  ['message.failed', ['undelivered', 'failed', 'unknown']],
];

/** A text of a campaign is one try to reach its recipient. */
async function tellCampaign(tx: Transaction<Tables>, row: MessageRow, at: Date): Promise<void> {
  if (row.campaign_id === null || row.recipient === null) return;
  const outcome = row.reason === 'suppressed' ? 'suppressed' : (row.status as MessageEndStatus);
  const which = { campaignId: row.campaign_id, recipient: row.recipient, try: row.try };
  await recordTry(tx, { ...which, outcome, reason: row.reason ?? undefined, at });
}

function byStatus<End extends MessageEnd>(ends: readonly End[]): Map<MessageEndStatus, End[]> {
  const by = new Map<MessageEndStatus, End[]>();
  for (const end of ends) by.set(end.status, [...(by.get(end.status) ?? []), end]);
  return by;
}

async function write(
  tx: Transaction<Tables>,
  status: MessageEndStatus,
  ends: readonly (MessageEnd & { id: string })[],
) {
  const { rows } = await sql<MessageRow & { before: MessageStatus }>`
    with ends as (
      select * from unnest(
        ${ends.map(({ id }) => id)}::text[], ${ends.map(({ at }) => at)}::timestamptz[],
        ${ends.map(({ reason }) => reason ?? null)}::text[], ${ends.map(({ code }) => code ?? null)}::text[],
        ${ends.map(({ detail }) => detail ?? null)}::text[]
      ) as ending (id, at, reason, code, detail)
    ), before as (
      select m.id, m.status from messages m join ends on ends.id = m.id
      where m.status = any(${COMES_FROM[status]}) or m.status = 'queued' and m.unsure_tries > 0
      order by m.id for update of m
    )
    update messages m
    set status = case when m.unsure_tries > 0 and ${status} in ('failed', 'canceled') then 'unknown' else ${status} end,
      ended_at = ends.at, node_id = null, reason = ends.reason,
      carrier_code = coalesce(ends.code, m.carrier_code), carrier_detail = coalesce(ends.detail, m.carrier_detail),
      -- What nobody knew was taken after all.
      sent_at = case when ${status} = any(${TAKEN}) then coalesce(m.sent_at, ends.at) else m.sent_at end
    from ends join before on before.id = ends.id
    where m.id = ends.id
    returning m.*, before.status as before`.execute(tx);
  const byId = new Map(ends.map((end) => [end.id, end]));
  return rows.map(({ before, ...row }) => ({ row, before, end: byId.get(row.id)! }));
}
