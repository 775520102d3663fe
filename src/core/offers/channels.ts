import { CoreError } from '#core/errors.js';

/** How an offer can be passed on by its link. */
export const LINK_CHANNELS = [
  'facebook',
  'facebook_message',
  'twitter',
  'linkedin',
  'whatsapp',
  'sms',
  'other',
  'custom',
] as const;
export type LinkChannel = (typeof LINK_CHANNELS)[number];

/** Those for which there are links: letters and coupons have ways of their own. @throws CoreError `offer.bad_input` */
export function checkLinkChannels(channels: readonly string[]): LinkChannel[] {
  const wrong = channels.find((channel) => !isLinkChannel(channel));
  if (wrong !== undefined) {
    throw new CoreError('offer.bad_input', `Wrong sharing channel: ${wrong}`, { field: 'channels' });
  }
  return [...new Set(channels.filter(isLinkChannel))];
}

function isLinkChannel(channel: string): channel is LinkChannel {
  return LINK_CHANNELS.some((known) => known === channel);
}
