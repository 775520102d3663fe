import type { Selectable, Transaction } from 'kysely';
import type { Tables, VoiceMessageTable } from '#core/tables.js';
import { publishEvent } from '#core/webhooks/index.js';

/** Tells endpoints of a message once, when nothing more is found out about it: where it is written down, after that. */
export async function tellMessage(
  tx: Transaction<Tables>,
  row: Selectable<VoiceMessageTable>,
  mailboxName: string | undefined,
  at: Date,
): Promise<void> {
  await publishEvent(tx, {
    accountId: row.account_id,
    mode: row.mode,
    type: 'voicemail.received',
    subject: row.id,
    data: {
      ...{ callId: row.call_id, mailboxId: row.mailbox_id, mailboxName: mailboxName ?? null },
      ...{ from: row.caller_number, callerName: row.caller_name, to: row.phone_number },
      durationSeconds: Math.round(row.duration_ms / 1000),
      transcript: row.transcript,
      createdAt: row.created_at.toISOString(),
    },
    at,
  });
}
