import type { Core } from '#core/core.js';
import { purgeAccessRequests } from '#core/api-access/index.js';
import { purgeAttachments } from '#core/attachments/index.js';
import { purgeEmails } from '#core/emails/index.js';
import { purgeUploads } from '#core/imports/index.js';
import { purgeMessages } from '#core/messages/index.js';
import {
  purgeCallWords,
  purgeEventBodies,
  purgeRecipientWords,
  purgeReviewTexts,
} from '#core/retention/purge-words.js';
import { purgeSpeechFiles } from '#core/speech/index.js';
import { purgeVoiceMessages, sweepVoiceFiles } from '#core/voicemail/index.js';

/** How long what is not a fact of business is kept, days (rule 22). */
export const RETENTION_DAYS = {
  recordings: 30,
  voiceMessages: 30,
  emails: 30,
  deliveryAttempts: 30,
  verifications: 30,
  messages: 30,
  reviewTexts: 30,
  callWords: 30,
  eventBodies: 30,
  recipientWords: 30,
  accessRequests: 30,
} as const;

const DAY_MS = 86_400_000;
/** At a time, so that a long absence does not end in one huge transaction. */
const BATCH = 500;

/**
 * Deletes recordings, the attempts of finished deliveries, codes, what texts, calls, events and recipients of campaigns
 * said, who asked for access, spoken files, files that were handed in, and files of messages that were never kept, past their time.
 */
export async function purgeOld(
  core: Pick<Core, 'db' | 'clock' | 'recordings' | 'speechFiles' | 'uploads'>,
): Promise<Record<keyof typeof RETENTION_DAYS | 'speechFiles' | 'uploads' | 'attachments' | 'voiceFiles', number>> {
  const now = core.clock.now();
  const before = (kind: keyof typeof RETENTION_DAYS): Date => new Date(now - RETENTION_DAYS[kind] * DAY_MS);
  return {
    recordings: await purgeRecordings(core, before('recordings')),
    voiceMessages: await purgeVoiceMessages(core, before('voiceMessages')),
    emails: await purgeEmails(core, before('emails')),
    deliveryAttempts: await purgeAttempts(core, before('deliveryAttempts')),
    verifications: await purgeVerifications(core, before('verifications')),
    messages: await purgeMessages(core, before('messages')),
    reviewTexts: await purgeReviewTexts(core.db, before('reviewTexts')),
    callWords: await purgeCallWords(core.db, before('callWords')),
    eventBodies: await purgeEventBodies(core.db, before('eventBodies')),
    recipientWords: await purgeRecipientWords(core.db, new Date(now), before('recipientWords')),
    accessRequests: await purgeAccessRequests(core, before('accessRequests')),
    speechFiles: await purgeSpeechFiles(core),
    uploads: await purgeUploads(core),
    attachments: await purgeAttachments(core),
    voiceFiles: await sweepVoiceFiles(core),
  };
}

async function purgeRecordings(core: Pick<Core, 'db' | 'clock' | 'recordings'>, before: Date): Promise<number> {
  let purged = 0;
  for (;;) {
    const old = await core.db
      .selectFrom('recordings')
      .select(['id', 'file'])
      .where('deleted_at', 'is', null)
      .where('created_at', '<', before)
      .limit(BATCH)
      .execute();
    for (const { id, file } of old) {
      // The file first: a row without its file would still be a link to nothing, a file without a row stays for ever.
      await core.recordings.remove(file);
      const deleted_at = new Date(core.clock.now());
      await core.db.updateTable('recordings').set({ deleted_at }).where('id', '=', id).execute();
    }
    purged += old.length;
    if (old.length < BATCH) return purged;
  }
}

async function purgeAttempts(core: Pick<Core, 'db'>, before: Date): Promise<number> {
  const { numDeletedRows } = await core.db
    .deleteFrom('delivery_attempts')
    .where('at', '<', before)
    .where('delivery_id', 'in', (query) => query.selectFrom('deliveries').select('id').where('status', '<>', 'pending'))
    .executeTakeFirst();
  return Number(numDeletedRows);
}

async function purgeVerifications(core: Pick<Core, 'db'>, before: Date): Promise<number> {
  const { numDeletedRows } = await core.db
    .deleteFrom('verifications')
    .where('created_at', '<', before)
    .where('status', 'not in', ['pending', 'calling'])
    .executeTakeFirst();
  return Number(numDeletedRows);
}
