import type { Transaction } from 'kysely';
import { removeAttachments } from '#core/attachments/index.js';
import type { Core } from '#core/core.js';
import { forgetReplies } from '#core/forget-replies.js';
import type { MessageRow } from '#core/messages/message.js';
import { forgetReviewText } from '#core/suppression/index.js';
import type { Tables } from '#core/tables.js';
import { forgetEvents } from '#core/webhooks/index.js';

/**
 * Erases what texts said wherever it stands (rule 21), and takes them out of their conversation, which its caller counts
 * anew: of the rows stay their addresses, state and times, of events id, type and time, and deliveries that wait end.
 * The rows are locked, of one account and mode, of one person, and none is still to be sent.
 */
export async function forgetTexts(
  tx: Transaction<Tables>,
  core: Pick<Core, 'secrets' | 'uploads'>,
  rows: readonly MessageRow[],
  at: Date,
): Promise<void> {
  const [first] = rows;
  if (first === undefined) return;
  const owner = { accountId: first.account_id, mode: first.mode };
  const ids = rows.map(({ id }) => id);
  await tx
    .updateTable('messages')
    .set({ text: null, metadata: null, webhook_url: null, carrier_detail: null, removed_at: at })
    .where('id', 'in', ids)
    .execute();
  await removeAttachments(tx, core, rows);
  const received = rows.filter(({ direction }) => direction === 'in');
  const address = received[0]?.from_address;
  if (address !== undefined) {
    await forgetReviewText(tx, core.secrets, { ...owner, address, messageIds: received.map(({ id }) => id) });
  }
  await forgetEvents(tx, owner, ids);
  // Replies are kept for a day; what was received was never one.
  const recent = rows.filter(
    ({ direction, created_at }) => direction === 'out' && created_at.getTime() > at.getTime() - REPLIES_KEPT_MS,
  );
  await forgetReplies(
    tx,
    owner,
    recent.map(({ id }) => id),
  );
  await tx
    .insertInto('tombstones')
    .values(
      ids.map((id) => ({
        account_id: owner.accountId,
        mode: owner.mode,
        kind: 'message' as const,
        id,
        deleted_at: at,
      })),
    )
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

const REPLIES_KEPT_MS = 2 * 86_400_000;
