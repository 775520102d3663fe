import type { Core } from '#core/core.js';
import { inTransaction } from '#core/in-transaction.js';
import { findVoiceMessage } from '#core/voicemail/find-messages.js';
import { tellMailboxChanged } from '#core/mailbox-changes.js';
import type { VoiceMessage, VoicemailOwner } from '#core/voicemail/voice-message.js';

/** Marks a message as heard, or as new again. @throws CoreError `voicemail.not_found` */
export async function markVoiceMessage(
  core: Pick<Core, 'db' | 'clock'>,
  owner: VoicemailOwner,
  { id, read }: { id: string; read: boolean },
): Promise<VoiceMessage> {
  const at = new Date(core.clock.now());
  return inTransaction(core.db, async (tx) => {
    const changed = await tx
      .updateTable('voice_messages')
      .set({ read_at: read ? at : null, updated_at: at })
      .where('id', '=', id)
      .where('account_id', '=', owner.accountId)
      .where('mode', '=', owner.mode)
      .where('read_at', read ? 'is' : 'is not', null)
      .returning('mailbox_id')
      .executeTakeFirst();
    if (changed !== undefined) await tellMailboxChanged(tx, { ...owner, mailboxId: changed.mailbox_id });
    return findVoiceMessage({ db: tx }, owner, id);
  });
}
