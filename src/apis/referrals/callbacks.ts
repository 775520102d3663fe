import { createHmac } from 'node:crypto';
import { checkPayload, payloadOf } from '#apis/referrals/callback-payloads.js';
import type { Dialect, Event, EventType } from '#core/events.js';

/** As stored with an endpoint. */
export const CLASSIC_DIALECT = 'referrals';
export const APP_DIALECT = 'referrals_app';
/** Asked before each letter, and answered at once: no event, and so never delivered. */
export const CHECK_UNSUBSCRIBE = 'check_unsubscribe_web_hook';

const CLASSIC_EVENTS = {
  create_coupon_web_hook: ['coupons.wanted'],
  offer_signup_web_hook: ['advocate.joined'],
  claim_signup_web_hook: ['friend.joined'],
  post_share_web_hook: ['offer.shared'],
  event_web_hook: ['origin.registered'],
  referral_web_hook: ['referral.approved'],
  reward_web_hook: ['reward.given'],
  unsubscribe_web_hook: ['site_person.unsubscribed'],
  [CHECK_UNSUBSCRIBE]: [],
} as const satisfies Record<string, readonly EventType[]>;

/** What a custom app can choose of. */
export const APP_EVENTS = {
  advocate_signup: ['advocate.joined'],
  friend_signup: ['friend.joined'],
  email_optin: ['site_person.opted_in'],
  unsubscribe: ['site_person.unsubscribed'],
  offer_share: ['offer.shared'],
  send_reward: ['reward.given'],
  create_coupon: ['coupons.wanted'],
  event: ['origin.registered'],
  referral_create: ['referral.created'],
  referral_status_change: ['referral.status_changed'],
  loyalty_action: ['loyalty.acted'],
} as const satisfies Record<string, readonly EventType[]>;

const nameIn = (events: Record<string, readonly EventType[]>) =>
  Object.fromEntries(Object.entries(events).flatMap(([name, types]) => types.map((type) => [type, name])));
const CLASSIC_NAMES = nameIn(CLASSIC_EVENTS);
const APP_NAMES = nameIn(APP_EVENTS);

/** Core's events by their names here. */
export const EVENT_NAMES: Record<string, string | undefined> = { ...APP_NAMES, ...CLASSIC_NAMES };

/** One type each, with the endpoint's secret as its `key`. */
export const CLASSIC_WEBHOOKS: Dialect = {
  events: CLASSIC_EVENTS,
  awaited: [...CLASSIC_EVENTS.referral_web_hook, ...CLASSIC_EVENTS.create_coupon_web_hook],
  ownSecret: true,
  asks: {
    event: CHECK_UNSUBSCRIBE,
    render: (data, secret) => ({
      ...{ key: secret, site: data['site'], type: CHECK_UNSUBSCRIBE, extras: { live: data['mode'] === 'live' } },
      payload: checkPayload(data),
    }),
    read(answer) {
      try {
        const { unsubscribed } = JSON.parse(answer) as { unsubscribed?: unknown };
        return typeof unsubscribed === 'boolean' ? unsubscribed : undefined;
      } catch {
        return undefined;
      }
    },
  },
  render(event, secret) {
    const type = CLASSIC_NAMES[event.type];
    const payload = payloadOf(event);
    if (type === undefined || payload === undefined) return undefined;
    return { body: { key: secret ?? null, site: event.data['site'], type, extras: extrasOf(event), payload } };
  },
};

/** Chosen actions at one URL, signed. */
export const APP_WEBHOOKS: Dialect = {
  events: APP_EVENTS,
  awaited: APP_EVENTS.create_coupon,
  ownSecret: true,
  render(event) {
    const action = APP_NAMES[event.type];
    const payload = payloadOf(event);
    if (action === undefined || payload === undefined) return undefined;
    return {
      body: { action, site: event.data['site'], id: event.id, ...extrasOf(event), payload },
      sign: (raw, secret) => ({ 'x-talkable-signature': appSignature(raw, secret) }),
    };
  },
};

/** Base64 of the hexadecimal digest, as clients of this form expect it. */
export function appSignature(raw: string, secret: string): string {
  return Buffer.from(createHmac('sha256', secret).update(raw).digest('hex')).toString('base64');
}

function extrasOf({ mode, data }: Event): { live: boolean; sample?: true } {
  return { live: mode === 'live', ...(data['sample'] === true ? { sample: true as const } : {}) };
}
