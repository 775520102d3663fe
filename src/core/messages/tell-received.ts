import type { Transaction } from 'kysely';
import type { Attachment } from '#core/attachments/index.js';
import type { Outreach } from '#core/messages/last-outreach.js';
import { messageFacts } from '#core/messages/message-facts.js';
import type { MessageRow } from '#core/messages/message.js';
import type { Tables } from '#core/tables.js';
import { publishEvent, type DeliveryTarget } from '#core/webhooks/index.js';

/** Tells the account's endpoints of a text from outside, and the webhook of what it answers. */
export async function tellReceived(
  tx: Transaction<Tables>,
  row: MessageRow,
  { answered, attachments }: { answered: Outreach | undefined; attachments: readonly Attachment[] },
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
  );
}

/** The webhook of what is answered. */
export function targetsOf(answered: Outreach | undefined): DeliveryTarget[] {
  const { webhookUrl = null, dialect = '' } = answered ?? {};
  return webhookUrl === null ? [] : [{ url: webhookUrl, dialect }];
}
