import { CoreError } from '#core/errors.js';
import { deleteVoiceMessage } from '#core/voicemail/delete-message.js';
import { findVoiceMessageFile } from '#core/voicemail/find-message-file.js';
import { listVoiceMessages } from '#core/voicemail/find-messages.js';
import { markVoiceMessage } from '#core/voicemail/mark-message.js';
import { inWords, MOST_SILENCES, type Visit } from '#core/voicemail/visit.js';
import { spokenCaller, spokenTime, VISIT_WORDS } from '#core/voicemail/visit-words.js';
import { MAILBOX_LIMITS, type VoiceMessage } from '#core/voicemail/voice-message.js';
import type { AudioClip } from '#voice/engine.js';

/**
 * Plays the new or the saved messages, the oldest first; one that is heard to its end, or saved, is new no more. Gives what is
 * said next; undefined: nobody presses anything any more.
 */
export async function hearMessages(visit: Visit, kind: 'new' | 'saved'): Promise<string | undefined> {
  const { core, owner, mailboxId, leg } = visit;
  const filter = { mailboxIds: [mailboxId], read: kind === 'saved' };
  const { items } = await listVoiceMessages(core, owner, filter, { page: 1, pageSize: MAILBOX_LIMITS.messages });
  const messages = items.reverse();
  let notice = '';
  for (let at = 0, silences = 0; at < messages.length;) {
    const message = messages[at]!;
    const who = spokenCaller(message.callerName, message.callerNumber);
    const when = spokenTime(message.createdAt, visit.timeZone);
    const intro = VISIT_WORDS.message(at + 1, messages.length, who, when);
    const clips = [...(await inWords(core, owner, notice, intro)), ...(await soundOf(visit, message))];
    let answer = await leg.ask(clips, { most: 1, firstKeyMs: 0 });
    if (answer.heard) await unlessGone(markVoiceMessage(core, owner, { id: message.id, read: true }));
    if (answer.keys === '') answer = await leg.ask(await inWords(core, owner, VISIT_WORDS.afterMessage), { most: 1 });
    silences = answer.keys === '' ? silences + 1 : 0;
    if (silences === MOST_SILENCES) return undefined;
    notice = '';
    switch (answer.keys) {
      case '4':
        if (at === 0) notice = VISIT_WORDS.first;
        else at -= 1;
        break;
      case '6':
        at += 1;
        break;
      case '7':
        await unlessGone(deleteVoiceMessage(core, owner, { id: message.id, actor: 'phone' }));
        messages.splice(at, 1);
        notice = VISIT_WORDS.deleted;
        break;
      case '9':
        await unlessGone(markVoiceMessage(core, owner, { id: message.id, read: true }));
        at += 1;
        notice = VISIT_WORDS.saved;
        break;
      case '*':
        return '';
    }
  }
  return [notice, VISIT_WORDS.noMore].join(' ').trim();
}

async function soundOf({ core, owner }: Visit, { id }: VoiceMessage): Promise<AudioClip[]> {
  try {
    const { file } = await findVoiceMessageFile(core, owner, id);
    return [{ pcm: await core.recordings.read(file) }];
  } catch (error) {
    core.log.warn({ message: id, error: String(error) }, 'a voice message cannot be played');
    return inWords(core, owner, VISIT_WORDS.unreadable);
  }
}

/** Somebody else may have deleted it meanwhile. */
async function unlessGone(change: Promise<unknown>): Promise<void> {
  try {
    await change;
  } catch (error) {
    if (!(error instanceof CoreError && error.code === 'voicemail.not_found')) throw error;
  }
}
