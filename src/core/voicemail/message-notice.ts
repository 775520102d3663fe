import type { Selectable, Transaction } from 'kysely';
import type { Mailbox } from '#core/call-flow/index.js';
import { queueEmail } from '#core/emails/index.js';
import type { Tables, VoiceMessageTable } from '#core/tables.js';
import { ANONYMOUS, type VoicemailOwner } from '#core/voicemail/voice-message.js';

/** A letter for each address of the mailbox. In test mode none: nothing of it leaves the machine (rule 20). */
export async function queueNotices(
  tx: Transaction<Tables>,
  owner: VoicemailOwner,
  mailbox: Pick<Mailbox, 'name' | 'emails' | 'attachAudio'>,
  row: Selectable<VoiceMessageTable>,
  at: Date,
): Promise<void> {
  if (owner.mode === 'test' || mailbox.emails.length === 0) return;
  const zone = await tx
    .selectFrom('accounts')
    .select('time_zone')
    .where('id', '=', owner.accountId)
    .executeTakeFirstOrThrow();
  const who = callerOf(row);
  const attachment = { file: row.file, name: `voice-message-${row.created_at.toISOString().slice(0, 10)}` };
  for (const to of mailbox.emails) {
    await queueEmail(
      tx,
      {
        accountId: owner.accountId,
        about: row.id,
        to,
        subject: `Voice message from ${who} for ${mailbox.name}`,
        body: bodyOf(row, { who, mailbox: mailbox.name, timeZone: zone.time_zone }),
        attachment: mailbox.attachAudio ? attachment : undefined,
      },
      at,
    );
  }
}

function callerOf({ caller_name, caller_number }: Selectable<VoiceMessageTable>): string {
  const number = caller_number === ANONYMOUS ? 'a caller whose number is not shown' : caller_number;
  return caller_name === null ? number : `${caller_name} (${number})`;
}

function bodyOf(
  row: Selectable<VoiceMessageTable>,
  { who, mailbox, timeZone }: { who: string; mailbox: string; timeZone: string },
): string {
  const seconds = Math.round(row.duration_ms / 1000);
  const when = new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeStyle: 'short', timeZone });
  const lines = [
    `From: ${who}`,
    `To: ${row.phone_number}`,
    `Mailbox: ${mailbox}`,
    `When: ${when.format(row.created_at)} (${timeZone})`,
    `Length: ${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`,
  ];
  const written = row.transcript === null ? [] : ['', row.transcript === '' ? '(No words.)' : row.transcript];
  return [...lines, ...written, ''].join('\n');
}
