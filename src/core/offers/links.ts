import type { Core } from '#core/core.js';
import type { Offer } from '#core/offers/offer.js';

type Settings = Pick<Core, 'settings'>;
type Coded = Pick<Offer, 'code'>;

/** Where friends come by an offer; `channel` says how they got it. */
export function claimLink({ settings }: Settings, { code }: Coded, channel?: string): string {
  return `${settings.publicUrl}/r/${code}${channel === undefined ? '' : `/${channel}`}`;
}

/** Where an advocate passes it on. */
export function advocatePage({ settings }: Settings, { code }: Coded): string {
  return `${settings.publicUrl}/o/${code}`;
}

/** Where friends come by one share of it. */
export function shareLink({ settings }: Settings, shareCode: string): string {
  return `${settings.publicUrl}/s/${shareCode}`;
}
