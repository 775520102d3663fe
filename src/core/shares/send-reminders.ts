import { sql } from 'kysely';
import type { Core } from '#core/core.js';
import { queueEmail } from '#core/emails/index.js';
import { inTransaction } from '#core/in-transaction.js';
import { claimLink, isOfferOpen, sharedOfferById, type SharedOffer } from '#core/offers/index.js';
import { askWhoWantsNone } from '#core/shares/ask-who-wants-none.js';
import { letterTo } from '#core/shares/letters.js';
import { optedOutEmails, personById, type SitePerson } from '#core/site-people/index.js';

export const REMINDERS_EVERY_MS = 60_000;
const AT_ONCE = 100;
/** Whoever died, or failed, in the middle is followed by somebody else after so long. */
const AGAIN_AFTER_MS = 30 * 60_000;

type Parts = Pick<Core, 'db' | 'clock' | 'log' | 'settings' | 'secrets' | 'wake' | 'dialects' | 'postWebhook'>;

interface Due {
  share_id: number;
  site_id: string;
  offer_id: number;
  email: string;
}

/**
 * Reminds friends who got a letter and did nothing, once; not those who came, want no letters, or whose offer is over.
 * What a process that died left is done by the next.
 */
export async function sendReminders(core: Parts): Promise<void> {
  for (;;) {
    const due = await takeDue(core, new Date(core.clock.now()));
    for (const one of due) {
      try {
        await remind(core, one);
      } catch (error) {
        core.log.error({ err: error, share: one.share_id }, 'a friend was not reminded; it is tried again');
      }
    }
    if (due.length > 0) core.wake.emails();
    if (due.length < AT_ONCE) return;
  }
}

async function takeDue(core: Parts, at: Date): Promise<Due[]> {
  const { rows } = await sql<Due>`
    update share_recipients set reminder_at = ${new Date(at.getTime() + AGAIN_AFTER_MS)}
    where ctid = any(array(
      select ctid from share_recipients where reminder_at <= ${at} order by reminder_at
      limit ${AT_ONCE} for update skip locked
    ))
    returning share_id, site_id, offer_id, email`.execute(core.db);
  return rows.filter(({ email }) => email !== null);
}

async function remind(core: Parts, due: Due): Promise<void> {
  const shared = await sharedOfferById(core, due.offer_id);
  const { site, offer } = shared;
  const advocate = await personById(core, site, offer.personId);
  const wants = await isWanted(core, due, shared, advocate);
  const link = claimLink(core, offer, 'reminder');
  const about = `share:${due.share_id}`;
  await inTransaction(core.db, async (tx) => {
    const taken = await tx
      .updateTable('share_recipients')
      .set({ reminder_at: null })
      .where('share_id', '=', due.share_id)
      .where('email', '=', due.email)
      .where('reminder_at', 'is not', null)
      .executeTakeFirst();
    if (taken.numUpdatedRows === 0n || !wants) return;
    // Somebody may have said so while the shop was asked.
    if ((await optedOutEmails({ ...core, db: tx }, site, [due.email])).size > 0) return;
    const at = new Date(core.clock.now());
    await queueEmail(tx, letterTo(core, shared, { email: due.email, link, advocate, about, reminds: true }), at);
  });
}

async function isWanted(core: Parts, due: Due, shared: SharedOffer, advocate: SitePerson): Promise<boolean> {
  const { site, offer, campaign } = shared;
  if (advocate.anonymizedAt !== null || !isOfferOpen(offer, campaign, site, new Date(core.clock.now()))) return false;
  if ((await hasCome(core, due)) || (await optedOutEmails(core, site, [due.email])).has(due.email)) return false;
  const answers = await askWhoWantsNone(core, shared, [due.email], 'reminder');
  return (answers.get(due.email) ?? 'wants') === 'wants';
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
