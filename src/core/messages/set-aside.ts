import { sql, type Transaction } from 'kysely';
import type { Core, Db } from '#core/core.js';
import type { DueMessage } from '#core/messages/due-messages.js';
import { endMessages } from '#core/messages/end-message.js';
import type { MessageReason } from '#core/messages/message-reason.js';
import { postponeTry } from '#core/recipients/index.js';
import type { Tables } from '#core/tables.js';

/** A text that is due and does not go now. */
export type SetAside = { text: Pick<DueMessage, 'id' | 'campaign_id' | 'recipient'> } & (
  | { kind: 'never'; status: 'failed' | 'canceled'; reason: MessageReason; detail?: string }
  /** Its person, or its campaign, is to be asked then. Undefined: its campaign says when. */
  | { kind: 'later'; dueAt: Date | undefined }
  /** There is no room for it until then; others of its sender go before it. */
  | { kind: 'behind'; dueAt: Date }
);

/** What cannot be dealt with now is looked at again after this, and a campaign that rests is asked again. */
const RESTING_MS = 60_000;

/** Ends or puts off texts that were looked at and do not go now. Texts of campaigns go back to their campaign. */
export async function setAside(core: Pick<Core, 'db' | 'wake'>, texts: readonly SetAside[], at: Date): Promise<void> {
  if (texts.length === 0) return;
  await core.db.transaction().execute(async (tx) => {
    for (const one of texts) {
      const { id, campaign_id: campaignId, recipient } = one.text;
      if (one.kind === 'never') continue;
      const dueAt = one.dueAt ?? new Date(at.getTime() + RESTING_MS);
      if (one.kind === 'later' && campaignId !== null && recipient !== null && (await withdraw(tx, id))) {
        await postponeTry(tx, { campaignId, recipient, dueAt });
        continue;
      }
      await delay(tx, id, dueAt);
    }
    await endMessages(
      tx,
      texts.flatMap((one) =>
        one.kind === 'never'
          ? [{ id: one.text.id, status: one.status, reason: one.reason, detail: one.detail, at }]
          : [],
      ),
    );
  });
  core.wake.deliveries();
  if (texts.some(({ text }) => text.campaign_id !== null)) core.wake.campaigns();
}

/** A text that nothing can be done with now: it is looked at again later, and nobody waits behind it. */
export function putOff(db: Db, id: string, at: Date): Promise<void> {
  return delay(db, id, new Date(at.getTime() + RESTING_MS));
}

async function delay(db: Db, id: string, dueAt: Date): Promise<void> {
  await db.updateTable('messages').set({ due_at: dueAt }).where('id', '=', id).where('status', '=', 'queued').execute();
}

/** No try is spent on parts that a carrier throttled; others of the text may have left all the same. */
export const noPartTaken = sql<boolean>`not exists (select from message_parts p where p.message_id = messages.id)`;

/** Takes a text of which nothing ever left out of the queue. False: it has been under way before. */
async function withdraw(tx: Transaction<Tables>, id: string): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom('messages')
    .where('id', '=', id)
    .where('status', '=', 'queued')
    .where('attempts', '=', 0)
    .where(noPartTaken)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}
