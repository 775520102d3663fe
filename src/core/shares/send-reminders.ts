import { sql } from 'kysely';
import type { Core } from '#core/core.js';
import { queueEmail } from '#core/emails/index.js';
import { inTransaction } from '#core/in-transaction.js';
import { claimLink, isOfferOpen, sharedOfferById } from '#core/offers/index.js';
import { askWhoWantsNone } from '#core/shares/ask-who-wants-none.js';
import { letterTo } from '#core/shares/letters.js';
import { optedOutEmails, personById } from '#core/site-people/index.js';

export const REMINDERS_EVERY_MS = 60_000;
const AT_ONCE = 100;

type Parts = Pick<Core, 'db' | 'clock' | 'settings' | 'secrets' | 'wake' | 'dialects' | 'postWebhook'>;

interface Due {
  share_id: number;
  site_id: string;
  offer_id: number;
  email: string;
}

/**
 * Reminds friends who got a letter and did nothing, once; not those who came, want no letters, or whose offer is over. A
 * process that dies in the middle reminds some of them never, and nobody twice.
 */
export async function sendReminders(core: Parts): Promise<void> {
  for (;;) {
    const due = await takeDue(core, new Date(core.clock.now()));
    for (const one of due) await remind(core, one);
    if (due.length > 0) core.wake.emails();
    if (due.length < AT_ONCE) return;
  }
}

async function takeDue(core: Parts, at: Date): Promise<Due[]> {
  const { rows } = await sql<Due>`
    update share_recipients set reminder_at = null
    where ctid = any(array(
      select ctid from share_recipients where reminder_at <= ${at} order by reminder_at
      limit ${AT_ONCE} for update skip locked
    ))
    returning share_id, site_id, offer_id, email`.execute(core.db);
  return rows.filter(({ email }) => email !== null);
}

async function remind(core: Parts, due: Due): Promise<void> {
  const at = new Date(core.clock.now());
  const shared = await sharedOfferById(core, due.offer_id);
  const { site, offer, campaign } = shared;
  if (!isOfferOpen(offer, campaign, site, at)) return;
  if ((await hasCome(core, due)) || (await optedOutEmails(core, site, [due.email])).has(due.email)) return;
  const advocate = await personById(core, site, offer.personId);
  if (advocate.anonymizedAt !== null) return;
  const answers = await askWhoWantsNone(core, shared, [due.email], 'reminder');
  if ((answers.get(due.email) ?? 'wants') !== 'wants') return;
  const link = claimLink(core, offer, 'reminder');
  const about = `share:${due.share_id}`;
  await inTransaction(core.db, async (tx) => {
    // Somebody may have said so while the shop was asked.
    if ((await optedOutEmails({ ...core, db: tx }, site, [due.email])).size > 0) return;
    await queueEmail(tx, letterTo(core, shared, { email: due.email, link, advocate, about, reminds: true }), at);
  });
}

/** Whether the friend said so by the offer, bought since, or was the only one who has the link of the share that was used. */
async function hasCome(core: Parts, { share_id, site_id, offer_id, email }: Due): Promise<boolean> {
  const { rows } = await sql<{ came: boolean }>`
    select exists (
      select 1 from site_people person
      where person.site_id = ${site_id} and person.email = ${email} and (
        exists (select 1 from offer_claims where person_id = person.id and offer_id = ${offer_id})
        or exists (
          select 1 from origins
          where person_id = person.id and kind = 'purchase'
            and created_at >= (select created_at from shares where id = ${share_id})
        )
      )
    ) or (
      (select count(*) from share_recipients where share_id = ${share_id}) = 1
      and exists (select 1 from offer_claims where offer_id = ${offer_id} and share_id = ${share_id})
    ) as came`.execute(core.db);
  return rows[0]?.came ?? false;
}
