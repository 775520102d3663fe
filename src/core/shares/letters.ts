import type { Core } from '#core/core.js';
import type { NewEmail } from '#core/emails/index.js';
import { fillTexts } from '#core/shares/fill-texts.js';
import type { SharedOffer } from '#core/offers/index.js';
import type { SitePerson } from '#core/site-people/index.js';
import type { Site } from '#core/sites/index.js';

/** Words of the advocate's own, where the site allows them. */
export interface OwnWords {
  subject?: string | undefined;
  body?: string | undefined;
}

export const LONGEST_SUBJECT = 150;
export const LONGEST_WORDS = 2000;
/** What mail programs make a link of, by its beginning or by its look. */
const LINKS =
  /\b(?:[a-z][a-z0-9+.-]*:\/\/|www\.|mailto:|tel:)\S*|\S+@\S+|(?:[\p{L}\p{N}-]+\.)+\p{L}{2,}(?:[/:?#]\S*)?/giu;

type Parts = Pick<Core, 'secrets' | 'settings'>;

/** A letter to a friend, as plain text: why they get it, who sends it, and how to get no more. */
export function letterTo(
  core: Parts,
  { site, campaign }: SharedOffer,
  letter: {
    email: string;
    link: string;
    advocate: SitePerson;
    about: string;
    own?: OwnWords | undefined;
    reminds?: boolean;
  },
): NewEmail {
  const { email, link, advocate, about, reminds = false } = letter;
  const own = site.settings.shareOwnWords ? letter.own : undefined;
  const texts = fillTexts(site, campaign, { link, advocate });
  const subject = withoutLinks(own?.subject ?? '').slice(0, LONGEST_SUBJECT) || texts.shareSubject;
  const words = withoutLinks(own?.body ?? '').slice(0, LONGEST_WORDS);
  const message = texts.shareMessage.includes(link) ? texts.shareMessage : `${texts.shareMessage}\n\n${link}`;
  const unsubscribeUrl = unsubscribeLink(core, site, email);
  const why = reminds
    ? `This reminds you once of what a customer of ${site.name} had sent to you.`
    : `You get this letter because a customer of ${site.name} gave us your address for it.`;
  const foot = ['-- ', why, site.settings.postalAddress.trim(), `No more letters of this kind: ${unsubscribeUrl}`];
  return {
    ...{ accountId: site.accountId, siteId: site.id, mode: site.mode, about, to: email, unsubscribeUrl },
    subject: reminds ? `Reminder: ${subject}` : subject,
    body: [...(words === '' ? [] : [words, '']), message, '', ...foot.filter((line) => line !== ''), ''].join('\n'),
    ...(advocate.email === null || advocate.anonymizedAt !== null ? {} : { replyTo: advocate.email }),
  };
}

/** Where this reader gets no more letters of the site; it holds no more than an encrypted address. */
export function unsubscribeLink({ secrets, settings }: Parts, site: Pick<Site, 'id'>, email: string): string {
  const token = secrets.seal(JSON.stringify(['unsubscribe', site.id, email])).toString('base64url');
  return `${settings.publicUrl}/u?t=${token}`;
}

/** Undefined for what is none of ours. */
export function readUnsubscribeToken(
  { secrets }: Pick<Core, 'secrets'>,
  token: string,
): { siteId: string; email: string } | undefined {
  try {
    const said: unknown = JSON.parse(secrets.open(Buffer.from(token, 'base64url')));
    if (!Array.isArray(said)) return undefined;
    const [purpose, siteId, email] = said as unknown[];
    if (purpose !== 'unsubscribe' || typeof siteId !== 'string' || typeof email !== 'string') return undefined;
    return { siteId, email };
  } catch {
    return undefined;
  }
}

/** Plain text in which nothing leads anywhere. */
function withoutLinks(text: string): string {
  return (
    text
      .replace(LINKS, '')
      // eslint-disable-next-line no-control-regex -- control characters are what is taken out
      .replace(/[\u0000-\u0009\u000b-\u001f\u007f]/g, ' ')
      .replace(/ {2,}/g, ' ')
      .trim()
  );
}
