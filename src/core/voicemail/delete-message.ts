import type { Transaction } from 'kysely';
import { recordAudit } from '#core/accounts/index.js';
import type { Core } from '#core/core.js';
import { inTransaction } from '#core/in-transaction.js';
import type { Tables } from '#core/tables.js';
import { forgetEvents } from '#core/webhooks/index.js';
import { findVoiceMessageFile } from '#core/voicemail/find-message-file.js';
import { tellMailboxChanged } from '#core/mailbox-changes.js';
import type { VoicemailOwner } from '#core/voicemail/voice-message.js';

/** At a time. */
const BATCH = 500;

/**
 * For good (rule 21): the file, what events and e-mails said of it, the transcript, and every link. What stays is that there
 * was one, and when it went.
 * @throws CoreError `voicemail.not_found`
 */
export async function deleteVoiceMessage(
  core: Pick<Core, 'db' | 'clock' | 'recordings'>,
  owner: VoicemailOwner,
  { id, actor }: { id: string; actor: string },
): Promise<void> {
  const { file } = await findVoiceMessageFile(core, owner, id);
  await deleteRows(core, owner, [{ id, file }], actor);
}

/** All messages of a mailbox. Gives how many. */
export async function emptyMailbox(
  core: Pick<Core, 'db' | 'clock' | 'recordings'>,
  owner: VoicemailOwner,
  mailboxId: number,
): Promise<number> {
  return deleteAll(core, owner, { mailboxId });
}

/** All that a number has ever said to a mailbox. Gives how many. */
export async function eraseMessagesOf(
  core: Pick<Core, 'db' | 'clock' | 'recordings'>,
  owner: VoicemailOwner,
  callerNumber: string,
): Promise<number> {
  return deleteAll(core, owner, { callerNumber });
}

async function deleteAll(
  core: Pick<Core, 'db' | 'clock' | 'recordings'>,
  owner: VoicemailOwner,
  of: { mailboxId: number } | { callerNumber: string },
): Promise<number> {
  for (let deleted = 0; ;) {
    const rows = await core.db
      .selectFrom('voice_messages')
      .select(['id', 'file'])
      .where('account_id', '=', owner.accountId)
      .where('mode', '=', owner.mode)
      .$if('mailboxId' in of, (query) => query.where('mailbox_id', '=', 'mailboxId' in of ? of.mailboxId : 0))
      .$if('callerNumber' in of, (query) =>
        query.where('caller_number', '=', 'callerNumber' in of ? of.callerNumber : ''),
      )
      .limit(BATCH)
      .execute();
    await deleteRows(core, owner, rows);
    deleted += rows.length;
    if (rows.length < BATCH) return deleted;
  }
}

/**
 * The files first: a row without its file is deleted anew, a file without its row would stay for ever. `actor`: who did
 * so, for the audit log; none where something else was removed, or time did it.
 */
export async function deleteRows(
  core: Pick<Core, 'db' | 'clock' | 'recordings'>,
  owner: VoicemailOwner,
  rows: readonly { id: string; file: string }[],
  actor?: string,
): Promise<void> {
  for (const { file } of rows) await core.recordings.remove(file);
  const at = new Date(core.clock.now());
  await inTransaction(core.db, async (tx) => {
    for (const { id } of rows) {
      const deleted = await deleteRow(tx, owner, id, at);
      if (!deleted || actor === undefined) continue;
      const { accountId, mode } = owner;
      await recordAudit(tx, { accountId, actor, action: 'voice_message.delete', subject: id, details: { mode }, at });
    }
  });
}

async function deleteRow(tx: Transaction<Tables>, owner: VoicemailOwner, id: string, at: Date): Promise<boolean> {
  const { accountId: account_id, mode } = owner;
  const gone = await tx.deleteFrom('voice_messages').where('id', '=', id).returning('mailbox_id').executeTakeFirst();
  if (gone === undefined) return false;
  await tx
    .insertInto('tombstones')
    .values({ account_id, mode, kind: 'voice_message', id, deleted_at: at })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  await forgetEvents(tx, owner, [id]);
  await tx.deleteFrom('emails').where('about', '=', id).execute();
  await tellMailboxChanged(tx, { ...owner, mailboxId: gone.mailbox_id });
  return true;
}
