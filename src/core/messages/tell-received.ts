import type { Transaction } from 'kysely';
import type { Attachment } from '#core/attachments/index.js';
import type { Core } from '#core/core.js';
import type { Outreach } from '#core/messages/last-outreach.js';
import { messageFacts } from '#core/messages/message-facts.js';
import type { MessageRow } from '#core/messages/message.js';
import type { Tables } from '#core/tables.js';
import { publishEvent, type DeliveryTarget, type Hears } from '#core/webhooks/index.js';

/** Tells the account's endpoints of a text from outside, and the webhook of what it answers: all, or who `hears`. */
export async function tellReceived(
  tx: Transaction<Tables>,
  row: MessageRow,
  {
    answered,
    attachments,
    hears,
  }: { answered: Outreach | undefined; attachments: readonly Attachment[]; hears?: Hears },
  at: Date,
): Promise<void> {
  const data = {
    ...messageFacts(row, attachments),
    inReplyTo: answered?.id ?? null,
    metadata: answered?.metadata ?? null,
  };
  await publishEvent(
    tx,
    { accountId: row.account_id, mode: row.mode, type: 'message.received', subject: row.id, data, at },
    targetsOf(answered),
    hears,
  );
}

/** Who shows pictures and files hears of a text once they are here; the others do not wait for them. */
export function showsFiles({ dialects }: Pick<Core, 'dialects'>): Hears {
  return (dialect) => dialects[dialect]?.showsFiles === true;
}

/** The webhook of what is answered. */
export function targetsOf(answered: Outreach | undefined): DeliveryTarget[] {
  const { webhookUrl = null, dialect = '' } = answered ?? {};
  return webhookUrl === null ? [] : [{ url: webhookUrl, dialect }];
}
