import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { inTransaction } from '#core/in-transaction.js';
import { shareLink, type SharedOffer } from '#core/offers/index.js';
import type { Reward } from '#core/rewards/index.js';
import { fillTexts } from '#core/shares/fill-texts.js';
import { lockAdvocate, refuseEnded, tellOfShare, writeShare, type Share } from '#core/shares/share.js';
import type { SitePerson } from '#core/site-people/index.js';

/** Those that an advocate uses with their own hands. */
export const SHARE_CHANNELS = ['facebook', 'twitter', 'linkedin', 'whatsapp', 'sms', 'other'] as const;
export type ShareChannel = (typeof SHARE_CHANNELS)[number];

export interface SociallyShared {
  share: Share;
  /** Of the share, for friends. */
  link: string;
  /** Opens the channel with the link in it; the platform texts nobody (rule 19). Null: of no channel known. */
  url: string | null;
  rewards: Reward[];
}

/**
 * Writes down that an advocate shares by a channel of their own. Of somebody who may be anybody nothing comes of it: nobody
 * is told, and nothing given.
 * @throws CoreError `share.bad_input`, `share.ended`
 */
export async function shareSocially(
  core: Pick<Core, 'db' | 'clock' | 'settings' | 'wake'>,
  shared: SharedOffer,
  given: string,
  { isAdvocate }: { isAdvocate: boolean },
): Promise<SociallyShared> {
  const channel = SHARE_CHANNELS.find((known) => known === given);
  if (channel === undefined) throw new CoreError('share.bad_input', '`channel` is invalid', { field: 'channel' });
  const at = new Date(core.clock.now());
  refuseEnded(shared, at);
  const done = await inTransaction(core.db, async (tx) => {
    const advocate = await lockAdvocate(tx, shared.offer);
    const share = await writeShare(tx, shared, channel, at);
    const link = shareLink(core, share.code);
    const told = { share, advocate, link, recipients: [], at };
    const rewards = isAdvocate ? await tellOfShare(tx, core, shared, told) : [];
    return { share, link, url: channel === 'other' ? null : waysToShare(shared, link, advocate)[channel], rewards };
  });
  core.wake.deliveries();
  return done;
}

/** Addresses that open a channel with the campaign's words and a link, ready to be sent by the advocate. */
export function waysToShare(
  { site, campaign }: Pick<SharedOffer, 'site' | 'campaign'>,
  link: string,
  advocate: Pick<SitePerson, 'firstName'> | null,
): Record<Exclude<ShareChannel, 'other'> | 'email', string> {
  const { shareMessage, shareSubject } = fillTexts(site, campaign, { link, advocate });
  const message = shareMessage.includes(link) ? shareMessage : `${shareMessage} ${link}`;
  const [url, words, subject] = [link, message, shareSubject].map(encodeURIComponent) as [string, string, string];
  return {
    facebook: `https://www.facebook.com/sharer/sharer.php?u=${url}`,
    twitter: `https://twitter.com/intent/tweet?text=${words}`,
    linkedin: `https://www.linkedin.com/sharing/share-offsite/?url=${url}`,
    whatsapp: `https://wa.me/?text=${words}`,
    // Read by Android and iOS alike.
    sms: `sms:?&body=${words}`,
    email: `mailto:?subject=${subject}&body=${words}`,
  };
}
