import type { Transaction } from 'kysely';
import type { Core } from '#core/core.js';
import { queueEmail } from '#core/emails/index.js';
import type { OfferClaim } from '#core/offer-claims/offer-claim.js';
import { unsubscribeLink } from '#core/shares/index.js';
import { mailboxOf, optedOutEmails, type SitePerson } from '#core/site-people/index.js';
import type { Site } from '#core/sites/index.js';
import type { Tables } from '#core/tables.js';

/** A link of such a letter holds for so long, and no other letter asks before. */
const ASKS_EVERY_MS = 7 * 86_400_000;

type Parts = Pick<Core, 'secrets' | 'settings'>;

/**
 * Anybody can type in an address: whoever reads its mailbox is asked whether the site may write to them. Not who said so
 * before, ended letters, or was asked lately. Nothing in it is of whoever typed. Gives the link of the letter, if there
 * is one. The row of the person must be locked; wake `emails` after it.
 */
export async function askForConsent(
  tx: Transaction<Tables>,
  core: Parts,
  site: Site,
  { claim, person, at }: { claim: Pick<OfferClaim, 'id'>; person: SitePerson; at: Date },
): Promise<string | null> {
  const { email, optedInAt, unsubscribedAt } = person;
  if (email === null || optedInAt !== null || unsubscribedAt !== null) return null;
  // However its address is spelled, a mailbox is asked once, and not where it ended letters.
  const mailbox = mailboxOf(email);
  if ((await optedOutEmails({ ...core, db: tx }, site, [email, mailbox])).size > 0) return null;
  const about = `consent:${site.id}:${mailbox}`;
  const asked = await tx
    .selectFrom('emails')
    .select('id')
    .where('about', '=', about)
    .where('created_at', '>', new Date(at.getTime() - ASKS_EVERY_MS))
    .limit(1)
    .executeTakeFirst();
  if (asked !== undefined) return null;
  const token = core.secrets.seal(JSON.stringify(['consent', claim.id, email, at.getTime()])).toString('base64url');
  const link = `${core.settings.publicUrl}/c?t=${token}`;
  const unsubscribeUrl = unsubscribeLink(core, site, email);
  const body = [
    `Somebody said on a page of ours that ${site.name} may write to this address by e-mail.`,
    'If that was you, and you want it, say so here, within seven days:',
    ...['', link, ''],
    'If not, do nothing: no letters come of it.',
    ...['', '-- ', ...[site.settings.postalAddress.trim()].filter(Boolean)],
    `No more letters of any kind: ${unsubscribeUrl}`,
    '',
  ];
  await queueEmail(
    tx,
    {
      ...{ accountId: site.accountId, siteId: site.id, mode: site.mode, about, to: email },
      ...{ subject: `May ${site.name} write to you?`, body: body.join('\n'), unsubscribeUrl },
    },
    at,
  );
  return link;
}

/** What the link of such a letter says; undefined: it is none of ours, or was for too long. */
export function readConsentToken(
  { clock, secrets }: Pick<Core, 'clock' | 'secrets'>,
  token: string,
): { claimId: number; email: string } | undefined {
  try {
    const said = JSON.parse(secrets.open(Buffer.from(token, 'base64url'))) as unknown[];
    const [purpose, claimId, email, asked] = said;
    if (purpose !== 'consent' || typeof claimId !== 'number' || typeof email !== 'string') return undefined;
    return typeof asked === 'number' && asked + ASKS_EVERY_MS > clock.now() ? { claimId, email } : undefined;
  } catch {
    return undefined;
  }
}
