import { sql, type Transaction } from 'kysely';
import type { Core } from '#core/core.js';
import { isEmailAddress } from '#core/email-address.js';
import { queueEmail } from '#core/emails/index.js';
import { CoreError } from '#core/errors.js';
import { inTransaction } from '#core/in-transaction.js';
import { shareLink, type SharedOffer } from '#core/offers/index.js';
import { isForFriend } from '#core/referral-campaigns/index.js';
import type { Reward } from '#core/rewards/index.js';
import { askWhoWantsNone } from '#core/shares/ask-who-wants-none.js';
import { letterTo, type OwnWords } from '#core/shares/letters.js';
import { lockAdvocate, refuseEnded, tellOfShare, writeShare } from '#core/shares/share.js';
import { mailboxOf, optedOutEmails, personById, type SitePerson } from '#core/site-people/index.js';
import type { Tables } from '#core/tables.js';

/** In one request, before any limit of the site: more is no letter to friends. */
const MOST_RECIPIENTS = 500;
const DAY_MS = 86_400_000;
/** Mailboxes of machines and of those who keep the peace: nobody's friends. */
const NOBODYS = /^(?:abuse|postmaster|hostmaster|webmaster|mailer-daemon|no-?reply|do-?not-?reply|spam|security)@/;

export interface ShareByEmail {
  /** With commas or line breaks between them. */
  recipients: string;
  /** Whether friends who do nothing are reminded once. */
  reminder: boolean;
  /** Nothing is sent; it is said what would be. */
  validationOnly: boolean;
  own?: OwnWords | undefined;
}

/** What is found of one address. */
export interface RecipientFinding {
  email: string;
  sent: boolean;
  sentBefore: boolean;
  isValid: boolean;
  isSelf: boolean;
  wantsNone: boolean;
  isBlocked: boolean;
  meetsCriteria: boolean;
  sharable: boolean;
  /** The shop was asked whether they want letters, and did not say: nothing is sent now. */
  unasked: boolean;
}

export interface EmailShared {
  findings: RecipientFinding[];
  /** By this advocate in the last 24 hours, these among them. */
  sentToday: number;
  left: number;
  limitExceeded: boolean;
  advocateBlocked: boolean;
  rewards: Reward[];
}

type Parts = Pick<Core, 'db' | 'clock' | 'settings' | 'secrets' | 'wake' | 'dialects' | 'postWebhook'>;

/**
 * Sends an offer to friends, each once: within the limits of the site, and to nobody who wants none.
 * @throws CoreError `share.bad_input`, `share.ended`
 */
export async function shareByEmail(core: Parts, shared: SharedOffer, input: ShareByEmail): Promise<EmailShared> {
  const at = new Date(core.clock.now());
  const { site, offer } = shared;
  const emails = readRecipients(input.recipients);
  refuseEnded(shared, at);
  const before = await look(core, shared, emails, await personById(core, site, offer.personId));
  const { shareEmailsAtOnce } = site.settings;
  const candidates = before.filter(({ sharable }) => sharable).slice(0, shareEmailsAtOnce);
  const answers = input.validationOnly
    ? new Map<string, 'wants' | 'wants none' | 'unknown'>()
    : await askWhoWantsNone(
        core,
        shared,
        candidates.map(({ email }) => email),
        'share',
      );
  const done = await inTransaction(core.db, async (tx) => {
    const advocate = await lockAdvocate(tx, offer);
    const advocateBlocked = advocate.anonymizedAt !== null;
    const today = await countSince(tx, advocate, new Date(at.getTime() - DAY_MS));
    const room = advocateBlocked
      ? 0
      : Math.max(0, Math.min(site.settings.shareEmailsPerDay - today, shareEmailsAtOnce));
    // Somebody may have said so, or got one, since.
    const addresses = candidates.map(({ email }) => email);
    const optedOut = await optedOutEmails({ ...core, db: tx }, site, addresses);
    const sentSince = await alreadySent({ db: tx }, offer.id, addresses);
    const findings = before.map((finding): RecipientFinding => {
      const answer = answers.get(finding.email);
      const wantsNone = finding.wantsNone || optedOut.has(finding.email) || answer === 'wants none';
      const sentBefore = finding.sentBefore || sentSince.has(finding.email);
      const sharable = finding.sharable && !wantsNone && !sentBefore;
      return { ...finding, wantsNone, sentBefore, sharable, unasked: answer === 'unknown' };
    });
    const sharable = findings.filter(({ sharable, unasked }) => sharable && !unasked);
    const chosen = input.validationOnly ? [] : sharable.slice(0, room);
    const limitExceeded = sharable.length > room;
    if (chosen.length === 0) {
      return { findings, sentToday: today, left: left(site, today), limitExceeded, advocateBlocked, rewards: [] };
    }
    const share = await writeShare(tx, shared, 'email', at);
    const { reminderDays } = site.settings;
    const reminderAt = input.reminder && reminderDays > 0 ? new Date(at.getTime() + reminderDays * DAY_MS) : null;
    const sent = await tx
      .insertInto('share_recipients')
      .values(
        chosen.map(({ email }) => ({
          ...{ share_id: share.id, site_id: site.id, offer_id: offer.id, email, sent_at: at, reminder_at: reminderAt },
        })),
      )
      .onConflict((conflict) => conflict.columns(['offer_id', 'email']).where('email', 'is not', null).doNothing())
      .returning('email')
      .execute();
    const recipients = sent.flatMap(({ email }) => email ?? []);
    const link = shareLink(core, share.code);
    const about = `share:${share.id}`;
    for (const email of recipients) {
      await queueEmail(tx, letterTo(core, shared, { email, link, advocate, about, own: input.own }), at);
    }
    const rewards = await tellOfShare(tx, core, shared, { share, advocate, link, recipients, at });
    const isSent = new Set(recipients);
    const sentToday = today + recipients.length;
    return {
      findings: findings.map((finding) => ({ ...finding, sent: isSent.has(finding.email) })),
      ...{ sentToday, left: left(site, sentToday), limitExceeded, advocateBlocked, rewards },
    };
  });
  core.wake.emails();
  core.wake.deliveries();
  return done;
}

function left({ settings }: SharedOffer['site'], sent: number): number {
  return Math.max(0, settings.shareEmailsPerDay - sent);
}

/** Each once, in lower case. @throws CoreError `share.bad_input` */
function readRecipients(text: string): string[] {
  const emails = [...new Set(text.split(/[,;\r\n]+/).map((one) => one.trim().toLowerCase()))].filter(Boolean);
  if (emails.length === 0) {
    throw new CoreError('share.bad_input', '`recipients` is required', { field: 'recipients' });
  }
  if (emails.length > MOST_RECIPIENTS || emails.some((email) => email.length > 320)) {
    const message = `At most ${MOST_RECIPIENTS} addresses at once.`;
    throw new CoreError('share.bad_input', message, { field: 'recipients' });
  }
  return emails;
}

async function look(
  core: Parts,
  { site, offer, campaign }: SharedOffer,
  emails: readonly string[],
  advocate: SitePerson,
): Promise<RecipientFinding[]> {
  const valid = emails.filter(isEmailAddress);
  const [optedOut, sentBefore, customers] = await Promise.all([
    optedOutEmails(core, site, valid),
    alreadySent(core, offer.id, valid),
    campaign.settings.incentives.some(({ reason, criteria }) => isForFriend(reason) && criteria?.newCustomer === true)
      ? buyers(core, site.id, valid)
      : new Set<string>(),
  ]);
  return emails.map((email) => {
    const isValid = isEmailAddress(email);
    const isSelf = isValid && (email === advocate.email || mailboxOf(email) === advocate.mailbox);
    const finding = {
      ...{ email, isValid, isSelf, sent: false, sentBefore: sentBefore.has(email), wantsNone: optedOut.has(email) },
      ...{ isBlocked: NOBODYS.test(email), meetsCriteria: isValid && !customers.has(email), unasked: false },
    };
    const { wantsNone, isBlocked, meetsCriteria } = finding;
    const sharable = isValid && !isSelf && !finding.sentBefore && !wantsNone && !isBlocked && meetsCriteria;
    return { ...finding, sharable };
  });
}

async function alreadySent(core: Pick<Core, 'db'>, offerId: number, emails: readonly string[]): Promise<Set<string>> {
  if (emails.length === 0) return new Set();
  const rows = await core.db
    .selectFrom('share_recipients')
    .select('email')
    .where('offer_id', '=', offerId)
    .where('email', 'in', [...emails])
    .execute();
  return new Set(rows.flatMap(({ email }) => email ?? []));
}

/** Who bought before, where an offer is for new customers alone. */
async function buyers(core: Pick<Core, 'db'>, siteId: string, emails: readonly string[]): Promise<Set<string>> {
  if (emails.length === 0) return new Set();
  const { rows } = await sql<{ email: string }>`
    select email from site_people person
    where site_id = ${siteId} and email = any(${[...emails]})
      and exists (select 1 from origins where person_id = person.id and kind = 'purchase')`.execute(core.db);
  return new Set(rows.map(({ email }) => email));
}

/** Letters of this advocate, by whichever of their offers. */
async function countSince(tx: Transaction<Tables>, { id }: SitePerson, since: Date): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from offers
    join shares on shares.offer_id = offers.id and shares.created_at > ${since}
    join share_recipients on share_recipients.share_id = shares.id
    where offers.person_id = ${id}`.execute(tx);
  return rows[0]?.n ?? 0;
}
