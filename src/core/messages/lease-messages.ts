import { sql, type Transaction } from 'kysely';
import type { Core } from '#core/core.js';
import type { MessageRow } from '#core/messages/message.js';
import type { Tables } from '#core/tables.js';

/** Takes texts under this node's lease, with the carrier that each is for; in their order. */
export async function leaseMessages(
  tx: Transaction<Tables>,
  node: number,
  going: readonly { id: string; carrier: string }[],
  at: Date,
): Promise<MessageRow[]> {
  if (going.length === 0) return [];
  const { rows } = await sql<MessageRow>`
    update messages m
    set status = 'sending', node_id = ${node}, carrier_id = going.carrier, sending_at = ${at}, attempts = attempts + 1
    from unnest(${going.map(({ id }) => id)}::text[], ${going.map(({ carrier }) => carrier)}::text[])
      as going (id, carrier)
    where m.id = going.id and m.status = 'queued'
    returning m.*`.execute(tx);
  const byId = new Map(rows.map((row) => [row.id, row]));
  // Nothing says in which order an UPDATE returns its rows; the first is sent first.
  return going.flatMap(({ id }) => byId.get(id) ?? []);
}

/** Into the queue again: nothing of them has left. */
export async function putBack(tx: Transaction<Tables>, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await tx
    .updateTable('messages')
    .set((eb) => ({ status: 'queued', node_id: null, sending_at: null, attempts: eb('attempts', '-', 1) }))
    .where('id', 'in', ids)
    .execute();
}

/** Texts under this node's lease that it does not hold: nothing of them has left. */
export async function putBackStrays(core: Pick<Core, 'db' | 'node'>, held: readonly string[]): Promise<void> {
  await core.db
    .updateTable('messages')
    .set((eb) => ({ status: 'queued', node_id: null, sending_at: null, attempts: eb('attempts', '-', 1) }))
    .where('node_id', '=', core.node)
    .where('status', '=', 'sending')
    .where(sql<boolean>`id <> all(${[...held]}::text[])`)
    .execute();
}
