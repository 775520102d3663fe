import { sql } from 'kysely';
import type { Core } from '#core/core.js';
import { purgeAccessRequests } from '#core/api-access/index.js';
import { purgeAttachments } from '#core/attachments/index.js';
import { purgeEmails } from '#core/emails/index.js';
import { purgeUploads } from '#core/imports/index.js';
import { forgetCarrierNews, purgeMessages } from '#core/messages/index.js';
import { daysBefore, readCutoffs, type Aged, type Cutoffs } from '#core/retention/kept-days.js';
import {
  purgeCallWords,
  purgeEventBodies,
  purgeRecipientWords,
  purgeReviewTexts,
} from '#core/retention/purge-words.js';
import { purgeOriginBatches, purgeSiteHours, purgeVisitors } from '#core/retention/purge-sites.js';
import { purgeSpeechFiles } from '#core/speech/index.js';
import { sweepSoundFiles } from '#core/retention/sweep-sound-files.js';
import { purgeVoiceMessages } from '#core/voicemail/index.js';

/** Days (rule 22) of what belongs to no account's choice; the others are limits of an account, `retention_days_…`. */
export const RETENTION_DAYS = {
  emails: 30,
  verifications: 30,
  accessRequests: 30,
  /** Metrics count them: this month is compared with the same one of last year. */
  visitors: 400,
  /** Whoever handed a batch in asks within days what became of it. */
  originBatches: 30,
  /** What is normal for a site is seen in seven of them. */
  siteHours: 30,
} as const;

/** At a time, so that a long absence does not end in one huge transaction. */
const BATCH = 500;

/** What is purged for each account, past the days that it is kept for. */
const OF_ACCOUNTS = {
  recordings: (core, { accountId, recordings: before }) => purgeRecordings(core, { accountId, before }),
  voiceMessages: (core, { accountId, voicemail: before }) => purgeVoiceMessages(core, { accountId, before }),
  messages: (core, { accountId, bodies: before }) => purgeMessages(core, { accountId, before }),
  reviewTexts: ({ db }, { accountId, bodies: before }) => purgeReviewTexts(db, { accountId, before }),
  callWords: ({ db }, { accountId, bodies: before }) => purgeCallWords(db, { accountId, before }),
  eventBodies: ({ db }, { accountId, bodies: before }) => purgeEventBodies(db, { accountId, before }),
  recipientWords: ({ db, clock }, { accountId, bodies: before }) =>
    purgeRecipientWords(db, new Date(clock.now()), { accountId, before }),
} as const satisfies Record<string, (core: PurgingCore, cutoffs: Cutoffs) => Promise<number>>;

type PurgingCore = Pick<Core, 'db' | 'clock' | 'recordings' | 'speechFiles' | 'uploads'>;
type OfAccounts = keyof typeof OF_ACCOUNTS;
type Others = 'deliveryAttempts' | 'speechFiles' | 'uploads' | 'attachments' | 'soundFiles';

/**
 * Deletes recordings, voice messages, the attempts of finished deliveries, codes, what texts, calls, events and recipients
 * of campaigns said, who asked for access, browsers that are nobody's, batches of origins, what sites used, spoken files, files that were handed in, and files of messages that were never
 * kept, past their time.
 */
export async function purgeOld(
  core: PurgingCore,
): Promise<Record<OfAccounts | keyof typeof RETENTION_DAYS | Others, number>> {
  const now = core.clock.now();
  const before = (kind: keyof typeof RETENTION_DAYS): Date => daysBefore(now, RETENTION_DAYS[kind]);
  const accounts = await readCutoffs(core.db, now);
  const purged = Object.fromEntries(Object.keys(OF_ACCOUNTS).map((kind) => [kind, 0])) as Record<OfAccounts, number>;
  for (const cutoffs of accounts) {
    for (const kind of Object.keys(OF_ACCOUNTS) as OfAccounts[]) purged[kind] += await OF_ACCOUNTS[kind](core, cutoffs);
  }
  await forgetCarrierNews(core);
  return {
    ...purged,
    emails: await purgeEmails(core, before('emails')),
    deliveryAttempts: await purgeAttempts(core, accounts),
    verifications: await purgeVerifications(core, before('verifications')),
    accessRequests: await purgeAccessRequests(core, before('accessRequests')),
    visitors: await purgeVisitors(core.db, before('visitors')),
    originBatches: await purgeOriginBatches(core.db, before('originBatches')),
    siteHours: await purgeSiteHours(core.db, before('siteHours')),
    speechFiles: await purgeSpeechFiles(core),
    uploads: await purgeUploads(core),
    attachments: await purgeAttachments(core),
    soundFiles: await sweepSoundFiles(core),
  };
}

async function purgeRecordings(
  core: Pick<Core, 'db' | 'clock' | 'recordings'>,
  { accountId, before }: Aged,
): Promise<number> {
  let purged = 0;
  for (;;) {
    const old = await core.db
      .selectFrom('recordings')
      .select(['id', 'file'])
      .where('deleted_at', 'is', null)
      .where('account_id', '=', accountId)
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

/** In one pass: attempts do not say whose they are. */
async function purgeAttempts({ db }: Pick<Core, 'db'>, accounts: readonly Cutoffs[]): Promise<number> {
  const ids = accounts.map(({ accountId }) => accountId);
  const before = accounts.map(({ deliveryAttempts }) => deliveryAttempts);
  const { numAffectedRows } = await sql`
    delete from delivery_attempts a
    using deliveries d, unnest(${ids}::text[], ${before}::timestamptz[]) as kept (account_id, since)
    where d.id = a.delivery_id and d.status <> 'pending' and kept.account_id = d.account_id and a.at < kept.since
      and a.at < (select max(latest) from unnest(${before}::timestamptz[]) as latest)`.execute(db);
  return Number(numAffectedRows ?? 0n);
}

async function purgeVerifications(core: Pick<Core, 'db'>, before: Date): Promise<number> {
  const { numDeletedRows } = await core.db
    .deleteFrom('verifications')
    .where('created_at', '<', before)
    .where('status', 'not in', ['pending', 'calling'])
    .executeTakeFirst();
  return Number(numDeletedRows);
}
