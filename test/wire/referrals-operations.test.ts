import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describedOperations, openFullShop, SECRETS, VISITOR, type FullShop } from '../full-shop.js';
import { openWorld, type Reply, type World } from '../world.js';

/**
 * The 44 operations of the reference, each asked for what it can do and for what it cannot. `ask` of a shop holds every reply
 * against the document; here is what the reference has as the keys of each result.
 */
let world: World;
let shop: FullShop;
let batchToRedeem = 0;

beforeAll(async () => {
  world = await openWorld();
  shop = await openFullShop(world);
  const { body } = await shop.ask('GET', `${MEMBER}/redemption_batches`);
  batchToRedeem = (body['result'] as { redemption_batches: { id: number }[] }).redemption_batches[0]?.id ?? 0;
});
afterAll(() => world.close());

type Ask = [path: string, body?: unknown];
interface Operation {
  /** Of `result`. */
  keys: string[];
  asked: () => Ask | Promise<Reply>;
  refused: () => Ask | Promise<Reply>;
  says: [status: number, sentence: string | RegExp];
}

const { advocate, friend } = SECRETS;
const MEMBER = `/loyalty/members/${advocate}`;
const NOBODY = '/loyalty/members/nobody@example.com';
const UNKNOWN: Operation['says'] = [400, 'found unpermitted parameter: :foo'];
const NO_PERSON: Operation['says'] = [404, 'No person found by `person_slug`.'];
const NO_OFFER: Operation['says'] = [404, 'No offer found by id.'];
const NO_MEMBER: Operation['says'] = [404, 'Loyalty member not found'];
const NO_MAIL: Operation['says'] = [400, "Email isn't valid"];
const ORIGIN = ['origin', 'offer'];
const days = 'start_date=2026-01-01&end_date=2026-12-31';
const at = (path: string) => shop.addressOf(path);

const OPERATIONS: Record<string, Operation> = {
  'GET /assets': {
    keys: ['assets', 'total'],
    asked: () => ['/assets'],
    refused: () => ['/assets?foo=1'],
    says: UNKNOWN,
  },
  'POST /assets': {
    keys: ['asset'],
    asked: () => shop.upload('banner.png'),
    refused: () => shop.upload(`${SECRETS.name}.png`, Buffer.from('89504e470d0a1a0a00', 'hex')),
    says: [422, 'Validation failed: File name has already been taken'],
  },
  'GET /assets/{id}': {
    keys: ['asset'],
    asked: () => [at('/assets/{id}')],
    refused: () => ['/assets/999999'],
    says: [404, 'No asset found by `id`.'],
  },
  'GET /campaigns': {
    keys: ['campaigns'],
    asked: () => ['/campaigns'],
    refused: () => ['/campaigns?foo=1'],
    says: UNKNOWN,
  },
  'GET /coupons/{code}': {
    keys: ['talkable_coupon', 'coupon', 'associated_reward'],
    asked: () => [at('/coupons/{code}')],
    refused: () => [`${at('/coupons/{code}')}?foo=1`],
    says: UNKNOWN,
  },
  'GET /coupons/{code}/permission/{person_slug}': {
    keys: ['talkable_coupon', 'coupon', 'associated_reward', 'allowed', 'error_message', 'checks'],
    asked: () => [at('/coupons/{code}/permission/{person_slug}')],
    refused: () => [`${at('/coupons/{code}/permission/{person_slug}')}?foo=1`],
    says: UNKNOWN,
  },
  'GET /loyalty/members/{email}/collect_actions': {
    keys: ['actions', 'total'],
    asked: () => [`${MEMBER}/collect_actions`],
    refused: () => [`${NOBODY}/collect_actions`],
    says: NO_MEMBER,
  },
  'POST /loyalty/members/{email}/collect_actions': {
    keys: ['collected', 'loyalty_member'],
    asked: () => [`${MEMBER}/collect_actions`, { data: { type: 'review' } }],
    refused: () => [`${MEMBER}/collect_actions`, { data: { type: 'random' } }],
    says: [400, 'No action configurations found for identifier `random`'],
  },
  'GET /loyalty/members/{email}/manual_adjustment_actions': {
    keys: ['actions', 'total'],
    asked: () => [`${MEMBER}/manual_adjustment_actions`],
    refused: () => [`${NOBODY}/manual_adjustment_actions`],
    says: NO_MEMBER,
  },
  'POST /loyalty/members/{email}/manual_adjustment_actions': {
    keys: ['action', 'loyalty_member'],
    asked: () => [`${MEMBER}/manual_adjustment_actions`, { data: { points: 1 } }],
    refused: () => [`${MEMBER}/manual_adjustment_actions`, { data: { points: -900 } }],
    says: [422, /^Validation failed: Points adjustment must result in member points balance between 0 and /],
  },
  'GET /loyalty/members/{email}': {
    keys: ['loyalty_member'],
    asked: () => [MEMBER],
    refused: () => [NOBODY],
    says: NO_MEMBER,
  },
  'PUT /loyalty/members/{email}': {
    keys: ['loyalty_member'],
    asked: () => [MEMBER, { data: { member_dates: [{ identifier: 'birthday', date: '1990-05-17' }] } }],
    refused: () => [MEMBER, { data: { member_dates: [{ identifier: '1st', date: '1990-05-17' }] } }],
    says: [422, /^Validation failed: Identifier can contain lowercase letters, numbers and '_' only/],
  },
  'GET /loyalty/members/{email}/redeem_actions': {
    keys: ['actions', 'total'],
    asked: () => [`${MEMBER}/redeem_actions`],
    refused: () => [`${NOBODY}/redeem_actions`],
    says: NO_MEMBER,
  },
  'POST /loyalty/members/{email}/redeem_actions': {
    keys: ['action', 'loyalty_member'],
    asked: () => [`${MEMBER}/redeem_actions`, { data: { redemption_batch_id: batchToRedeem } }],
    refused: () => [`${MEMBER}/redeem_actions`, { data: {} }],
    says: [400, '`data.redemption_batch_id` is required'],
  },
  'GET /loyalty/members/{email}/redemption_batches': {
    keys: ['redemption_batches'],
    asked: () => [`${MEMBER}/redemption_batches`],
    refused: () => [`${NOBODY}/redemption_batches`],
    says: NO_MEMBER,
  },
  'GET /metrics/{metric}': {
    keys: ['plain', 'formatted', 'result_type'],
    asked: () => [`/metrics/offers?${days}`],
    refused: () => [`/metrics/nothing?${days}`],
    says: [404, 'No metric found.'],
  },
  'GET /metrics/{metric}/segmentize': {
    keys: ['segmented'],
    asked: () => [`/metrics/offers/segmentize?${days}&segment_by[period]=month`],
    refused: () => [`/metrics/offers/segmentize?${days}&segment_by[period]=hour`],
    says: [400, 'Unsupported option for period segmentation. Supported options: day, week, month, quarter, year'],
  },
  'POST /offer_claims': {
    keys: ['friend_reward', 'friend_unredeem_reason', 'friend_human_unredeem_reason'],
    asked: () => ['/offer_claims', { advocate_email: advocate, friend_email: 'eve@example.com' }],
    refused: () => ['/offer_claims', { advocate_email: 'nobody', friend_email: 'eve@example.com' }],
    says: [400, 'Invalid `advocate_email`.'],
  },
  'GET /offers/{short_url_code}': {
    keys: ['offer'],
    asked: () => [at('/offers/{short_url_code}')],
    refused: () => ['/offers/nothing'],
    says: NO_OFFER,
  },
  'GET /offers/{short_url_code}/claim_url_status': {
    keys: ['active'],
    asked: () => [at('/offers/{short_url_code}/claim_url_status')],
    refused: () => ['/offers/nothing/claim_url_status'],
    says: NO_OFFER,
  },
  'POST /origins': {
    keys: ORIGIN,
    asked: () => ['/origins', { type: 'Purchase', data: { email: friend, order_number: '2', subtotal: 1 } }],
    refused: () => ['/origins', { type: 'Sale', data: { email: friend } }],
    says: [400, '`type` must be within ["AffiliateMember", "Purchase", "Event"]'],
  },
  'POST /origins/affiliate_member': {
    keys: [...ORIGIN, 'claim_links'],
    asked: () => ['/origins/affiliate_member', { data: { email: advocate, sharing_channels: ['facebook', 'custom'] } }],
    refused: () => ['/origins/affiliate_member', { data: { email: 'nobody' } }],
    says: NO_MAIL,
  },
  'POST /origins/event': {
    keys: ORIGIN,
    asked: () => ['/origins/event', { data: { email: friend, ...EVENT } }],
    refused: () => ['/origins/event', { data: { email: 'nobody', ...EVENT } }],
    says: NO_MAIL,
  },
  'POST /origins/purchase': {
    keys: ORIGIN,
    asked: () => ['/origins/purchase', { data: { email: friend, order_number: '3', subtotal: 1 } }],
    refused: () => ['/origins/purchase', { data: { email: friend, order_number: '3', subtotal: 2 } }],
    says: [400, /^Duplicate entity: .* existing Purchase with the same order_number but different data$/],
  },
  ...Object.fromEntries(
    ['affiliate_members', 'events', 'purchases'].map((rows): [string, Operation] => [
      `POST /origins/batch/${rows}`,
      {
        keys: ['batch_id'],
        asked: () => [`/origins/batch/${rows}`, { data: [{ email: friend }] }],
        refused: () => [`/origins/batch/${rows}`, { data: [{ email: friend }], foo: 1 }],
        says: UNKNOWN,
      },
    ]),
  ),
  'GET /people/{person_slug}': {
    keys: ['person'],
    asked: () => [`/people/${friend}`],
    refused: () => ['/people/nobody@example.com'],
    says: NO_PERSON,
  },
  'PUT /people/{person_slug}': {
    keys: ['person'],
    asked: () => [`/people/${friend}`, { data: { username: 'tom' } }],
    refused: () => [`/people/${advocate}`, { data: { username: 'tom' } }],
    says: [422, 'Validation failed: Username has already been taken. Please try another one.'],
  },
  'GET /people/{person_slug}/referrals_as_advocate': {
    keys: ['referrals'],
    asked: () => [`/people/${advocate}/referrals_as_advocate`],
    refused: () => ['/people/nobody@example.com/referrals_as_advocate'],
    says: NO_PERSON,
  },
  'GET /people/{person_slug}/referrals_as_friend': {
    keys: ['referrals'],
    asked: () => [`/people/${friend}/referrals_as_friend`],
    refused: () => ['/people/nobody@example.com/referrals_as_friend'],
    says: NO_PERSON,
  },
  'GET /people/{person_slug}/rewards': {
    keys: ['rewards'],
    asked: () => [`/people/${friend}/rewards`],
    refused: () => ['/people/nobody@example.com/rewards'],
    says: NO_PERSON,
  },
  'GET /people/{person_slug}/shares_by': {
    keys: ['shares'],
    asked: () => [`/people/${advocate}/shares_by`],
    refused: () => ['/people/nobody@example.com/shares_by'],
    says: NO_PERSON,
  },
  'POST /people/{person_slug}/anonymize': {
    keys: ['person'],
    asked: () => ['/people/eve@example.com/anonymize', {}],
    refused: () => ['/people/nobody@example.com/anonymize', {}],
    says: NO_PERSON,
  },
  'GET /people/{person_slug}/personal_data': {
    keys: ['person'],
    asked: () => [`/people/${friend}/personal_data`],
    refused: () => ['/people/nobody@example.com/personal_data'],
    says: NO_PERSON,
  },
  'POST /people/{person_slug}/unsubscribe': {
    keys: ['person'],
    asked: () => ['/people/quiet@example.com/unsubscribe', {}],
    refused: () => ['/people/quiet/unsubscribe', {}],
    says: [422, "Validation failed: Email isn't valid"],
  },
  'PUT /origins/{origin_slug}/referral': {
    keys: ['referral'],
    asked: () => ['/origins/100011/referral', { data: { status: 'flagged' } }],
    refused: () => ['/origins/nothing/referral', { data: { status: 'flagged' } }],
    says: [404, 'No origin found by `origin_slug`.'],
  },
  'POST /origins/{origin_slug}/refund': {
    keys: ['origin', 'referral_status', 'rewards_voided', 'rewards_kept'],
    asked: () => ['/origins/100011/refund', {}],
    refused: () => ['/origins/100011/refund', {}],
    says: [400, 'Origin has already been refunded'],
  },
  'GET /rewards': {
    keys: ['rewards'],
    asked: () => [`/rewards?visitor_uuid=${VISITOR}`],
    refused: () => ['/rewards'],
    says: [400, '`visitor_uuid` is required'],
  },
  'POST /offers/{short_url_code}/shares/email': {
    keys: ['success', 'validation_only', 'stats', 'recipients', 'reward', 'rewards'],
    asked: () => [at('/offers/{short_url_code}/shares/email'), { recipients: 'vera@example.com' }],
    refused: () => [at('/offers/{short_url_code}/shares/email'), {}],
    says: [400, '`recipients` is required'],
  },
  'POST /offers/{short_url_code}/shares/social': {
    keys: ['share', 'reward', 'share_url'],
    asked: () => [at('/offers/{short_url_code}/shares/social'), { channel: 'sms' }],
    refused: () => [at('/offers/{short_url_code}/shares/social'), { channel: 'pigeon' }],
    says: [400, '`channel` is invalid'],
  },
  'GET /traffic_sources': {
    keys: [],
    asked: () => ['/traffic_sources'],
    refused: () => ['/traffic_sources?foo=1'],
    says: UNKNOWN,
  },
  'PUT /visitor_offers/{id}/track_visit': {
    keys: [],
    asked: () => [at('/visitor_offers/{id}/track_visit')],
    refused: () => ['/visitor_offers/0/track_visit'],
    says: [404, 'No visitor offer found by id.'],
  },
  'POST /visitors': {
    keys: ['uuid'],
    asked: () => ['/visitors', { data: { uuid: VISITOR } }],
    refused: () => ['/visitors', { site_slug: 'nothing', data: { uuid: VISITOR } }],
    says: [404, 'No site found by `site_slug`.'],
  },
};
const EVENT = { event_category: 'newsletter', event_number: '1', subtotal: 0 };

/** Of this server alone: what the reference does by other means, or not at all. */
const OURS = /^\w+ (\/manage\/|\/origins\/batches\/|\/loyalty\/members$)|^DELETE \/assets\//;

test('are all there, and what else is there is known to be ours', async () => {
  expect(Object.keys(OPERATIONS)).toHaveLength(44);
  const names = (await describedOperations(world)).map(({ name }) => name).filter((name) => !OURS.test(name));
  expect(names.sort()).toEqual(Object.keys(OPERATIONS).sort());
});

describe.each(Object.entries(OPERATIONS))('%s', (name, { keys, asked, refused, says: [status, sentence] }) => {
  const [method = ''] = name.split(' ');
  const replied = async (ask: Operation['asked']): Promise<Reply> => {
    const wanted = ask();
    return Array.isArray(wanted) ? shop.ask(method, ...wanted) : wanted;
  };

  test('answers in the envelope, with what the reference has', async () => {
    const { status: answered, body } = await replied(asked);
    expect(answered, JSON.stringify(body)).toBe(
      /^POST \/(origins\/?(?!.*(batch|refund))|assets)/.test(name) ? 201 : 200,
    );
    expect(Object.keys(body)).toEqual(['ok', 'result']);
    expect(body['ok']).toBe(true);
    expect(Object.keys(body['result'] as object).sort()).toEqual([...keys].sort());
  });

  test('refuses in the envelope, with a sentence', async () => {
    const reply = await replied(refused);
    const error_message = typeof sentence === 'string' ? sentence : (expect.stringMatching(sentence) as string);
    expect([reply.status, reply.body]).toEqual([status, { ok: false, error_message }]);
  });
});
