import type { Core } from '#core/core.js';
import { emptyMailbox } from '#core/voicemail/delete-message.js';
import type { VoicemailOwner } from '#core/voicemail/voice-message.js';

/** What goes with a mailbox that was removed: its messages, for good, and its PIN. A rollback brings back neither. */
export async function forgetMailbox(
  core: Pick<Core, 'db' | 'clock' | 'recordings'>,
  owner: VoicemailOwner,
  mailboxId: number,
): Promise<void> {
  await emptyMailbox(core, owner, mailboxId);
  await core.db.deleteFrom('mailbox_pins').where('mailbox_id', '=', mailboxId).execute();
}
