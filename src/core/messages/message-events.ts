import type { Transaction } from 'kysely';
import { attachmentsOf } from '#core/attachments/index.js';
import { recordEvent, type EventType } from '#core/events.js';
import { messageFacts } from '#core/messages/message-facts.js';
import type { MessageRow } from '#core/messages/message.js';
import type { Tables } from '#core/tables.js';
import { publishEvents } from '#core/webhooks/index.js';

/**
 * Writes what happened to texts, and its way to each text's own webhook and to registered endpoints, in the transaction
 * that makes it true: a few statements for each account and webhook, however many texts.
 */
export async function recordMessageEvents(
  tx: Transaction<Tables>,
  type: EventType,
  rows: readonly MessageRow[],
  at: Date,
): Promise<void> {
  const alike = new Map<string, MessageRow[]>();
  for (const row of rows) {
    // Nobody is told of a code's text: the verification has events of its own.
    if (row.purpose === 'verification') {
      await recordEvent(tx, {
        accountId: row.account_id,
        mode: row.mode,
        type,
        subject: row.id,
        data: messageFacts(row),
        at,
      });
      continue;
    }
    const key = JSON.stringify([row.account_id, row.mode, row.webhook_url, row.dialect]);
    alike.set(key, [...(alike.get(key) ?? []), row]);
  }
  const files = await attachmentsOf(tx, rows);
  // In one order for everybody: the origins of webhooks are locked.
  for (const key of [...alike.keys()].sort()) {
    const group = alike.get(key) ?? [];
    const [first] = group;
    if (first === undefined) continue;
    const targets = first.webhook_url === null ? [] : [{ url: first.webhook_url, dialect: first.dialect }];
    await publishEvents(
      tx,
      { accountId: first.account_id, mode: first.mode, type, at },
      group.map((row) => ({ subject: row.id, data: messageFacts(row, files.get(row.id)) })),
      targets,
    );
  }
}
