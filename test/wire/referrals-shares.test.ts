import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { optOutEmail } from '#core/site-people/index.js';
import { inTransaction } from '#core/in-transaction.js';
import type { HeldClock } from '../held-clock.js';
import { openReceiver } from '../receiver.js';
import { describedReplies, openShop, type Shop } from '../shop.js';
import { openWorld, type Reply, type World } from '../world.js';

let world: World;
let shop: Shop;
let code: string;

beforeAll(async () => {
  world = await openWorld();
  shop = await openShop(world);
  code = await join(shop, 'anna@example.com');
});
afterAll(() => world.close());

async function join(at: Shop, email: string): Promise<string> {
  const { body } = await at.ask('POST', '/origins/affiliate_member', { data: { email, first_name: 'Anna' } });
  return (body['result'] as { offer: { short_url_code: string } }).offer.short_url_code;
}

function byEmail(recipients: string, more: Record<string, unknown> = {}, at = shop, of = code): Promise<Reply> {
  return at.ask('POST', `/offers/${of}/shares/email`, { recipients, ...more });
}

async function settings(at: Shop, more: Record<string, unknown>) {
  await world.core.db
    .updateTable('sites')
    .set({ settings: JSON.stringify(more) })
    .where('id', '=', at.site.test.id)
    .execute();
  world.core.knownSites.forget();
}

const FINE = {
  ...{ currently_sent: true, previously_sent: false, email_valid: true, self_referral: false, unsubscribed: false },
  ...{ blocklisted: false, blacklisted: false, meets_criteria: true, sharable: true, check_failed: false },
};
const NOT_SENT = { ...FINE, currently_sent: false, sharable: false };

describe('by e-mail', () => {
  test('goes to each friend once, and says of each address what became of it', async () => {
    await inTransaction(world.core.db, (tx) =>
      optOutEmail(tx, world.core, shop.site.test, 'none@example.com', new Date(world.clock.now())),
    );
    const first = await byEmail('Tom@example.com,\nnone@example.com, anna+x@example.com\nnowhere, abuse@example.com');
    expect(first.status).toBe(200);
    expect(first.body).toEqual({
      ok: true,
      result: {
        ...{ success: true, validation_only: false },
        stats: {
          ...{ currently_sent: 1, currently_not_sent: 4, previously_sent: 0, total_sent: 1 },
          ...{ sent_limit_exceeded: false, left_emails: 49, advocate_blocked: false },
        },
        recipients: {
          'tom@example.com': FINE,
          'none@example.com': { ...NOT_SENT, unsubscribed: true },
          'anna+x@example.com': { ...NOT_SENT, self_referral: true },
          nowhere: { ...NOT_SENT, email_valid: false, meets_criteria: false },
          'abuse@example.com': { ...NOT_SENT, blocklisted: true, blacklisted: true },
        },
        ...{ reward: null, rewards: [] },
      },
    });
    const again = await byEmail('tom@example.com');
    expect(again.body).toMatchObject({
      result: {
        ...{ success: false, stats: { currently_sent: 0, previously_sent: 1, total_sent: 1 } },
        recipients: { 'tom@example.com': { ...NOT_SENT, previously_sent: true } },
      },
    });
    const letters = await world.core.db.selectFrom('emails').select(['to_address', 'mode']).execute();
    expect(letters).toEqual([{ to_address: 'tom@example.com', mode: 'test' }]);
  });

  test('can be tried without sending', async () => {
    const before = await world.core.db.selectFrom('shares').select('id').execute();
    const reply = await byEmail('vera@example.com', { validation_only: true });
    expect(reply.body).toMatchObject({
      result: {
        ...{ success: true, validation_only: true, stats: { currently_sent: 0, currently_not_sent: 1 } },
        recipients: { 'vera@example.com': { ...FINE, currently_sent: false } },
      },
    });
    expect(await world.core.db.selectFrom('shares').select('id').execute()).toEqual(before);
  });

  test('is limited at once and in a day, also by many requests at once', async () => {
    const other = await openShop(world, { slug: 'limited' });
    await settings(other, { shareEmailsAtOnce: 3, shareEmailsPerDay: 5 });
    const otherCode = await join(other, 'anna@example.com');
    const four = await byEmail('a@example.com,b@example.com,c@example.com,d@example.com', {}, other, otherCode);
    expect(four.body).toMatchObject({
      result: { stats: { currently_sent: 3, sent_limit_exceeded: true, left_emails: 2 } },
    });
    await Promise.all(Array.from({ length: 6 }, (_, at) => byEmail(`many${at}@example.com`, {}, other, otherCode)));
    const recipients = await world.core.db
      .selectFrom('share_recipients')
      .select('email')
      .where('site_id', '=', other.site.test.id)
      .execute();
    expect(recipients).toHaveLength(5);
    (world.clock as HeldClock).advance(86_400_000);
    expect((await byEmail('later@example.com', {}, other, otherCode)).body).toMatchObject({
      result: { stats: { currently_sent: 1, left_emails: 4 } },
    });
  });

  test('one friend is written to once, also by many requests at once', async () => {
    const replies = await Promise.all(Array.from({ length: 5 }, () => byEmail('once@example.com')));
    const sent = replies.map(({ body }) => (body['result'] as { stats: { currently_sent: number } }).stats);
    expect(sent.reduce((sum, { currently_sent }) => sum + currently_sent, 0)).toBe(1);
    const { rows } = await sql<{ n: number }>`
      select count(*)::int as n from shares where id in (
        select share_id from share_recipients where email = 'once@example.com'
      ) or not exists (select from share_recipients where share_id = shares.id) and channel = 'email'`.execute(
      world.core.db,
    );
    expect(rows).toEqual([{ n: 1 }]);
  });

  test('an offer for new customers goes to no customer', async () => {
    const incentives = [
      {
        ...{ identifier: 'friend', reason: 'referred' as const, kind: 'other' as const, description: 'A gift' },
        criteria: { newCustomer: true },
      },
    ];
    const other = await openShop(world, { slug: 'newcomers', campaign: { incentives } });
    const otherCode = await join(other, 'anna@example.com');
    const data = { email: 'old@example.com', order_number: '1', subtotal: 10 };
    expect((await other.ask('POST', '/origins/purchase', { data })).status).toBe(201);
    const reply = await byEmail('old@example.com,new@example.com', {}, other, otherCode);
    expect(reply.body).toMatchObject({
      result: {
        recipients: { 'old@example.com': { ...NOT_SENT, meets_criteria: false }, 'new@example.com': FINE },
      },
    });
  });

  test('the shop is asked before each letter where it wants to be, and silence sends nothing', async () => {
    const other = await openShop(world, { slug: 'asking' });
    const otherCode = await join(other, 'anna@example.com');
    const receiver = await openReceiver();
    try {
      const events = ['check_unsubscribe_web_hook'];
      const made = await other.ask('POST', '/manage/webhook_endpoints', { url: `${receiver.url}/check`, events });
      const { secret } = made.body['result'] as { secret: string };
      const said = (recipient: string, flags: Record<string, unknown>) =>
        expect(byEmail(recipient, {}, other, otherCode).then(({ body }) => body)).resolves.toMatchObject({
          result: { recipients: { [recipient]: flags } },
        });
      receiver.answerWith('{"unsubscribed": true}');
      await said('one@example.com', { ...NOT_SENT, unsubscribed: true });
      receiver.answerWith('{"unsubscribed": "no"}');
      await said('two@example.com', { ...FINE, currently_sent: false, check_failed: true });
      receiver.answer(500);
      await said('two@example.com', { ...FINE, currently_sent: false, check_failed: true });
      receiver.answer(200);
      receiver.answerWith('{"unsubscribed": false}');
      await said('two@example.com', FINE);
      expect(receiver.received[0]?.body).toMatchObject({
        ...{ key: secret, site: 'asking', type: 'check_unsubscribe_web_hook', extras: { live: false } },
        payload: { campaign: { slug: 'give-10-get-10' }, recipient: 'one@example.com', email_type: 'offer_share' },
      });
      const described = await describedReplies(world);
      for (const { body } of receiver.received) described.checkWebhook('check_unsubscribe_web_hook', body);
      expect(receiver.allSigned(secret)).toBe(true);
    } finally {
      await receiver.close();
    }
  });

  test.each([
    ['no recipients', {}, 400, '`recipients` is required'],
    ['none in the text', { recipients: ' , \n' }, 400, '`recipients` is required'],
    ['a field that is none', { recipients: 'a@example.com', foo: 1 }, 400, 'found unpermitted parameter: :foo'],
  ])('%s', async (_what, body, status, error_message) => {
    const reply = await shop.ask('POST', `/offers/${code}/shares/email`, body);
    expect(reply).toMatchObject({ status, body: { ok: false, error_message } });
  });

  test('an offer that is over is not passed on', async () => {
    const other = await openShop(world, { slug: 'over', campaign: { advocateDeadlineDays: 1 } });
    const otherCode = await join(other, 'anna@example.com');
    (world.clock as HeldClock).advance(86_400_000);
    for (const [path, body] of [
      ['email', { recipients: 'tom@example.com' }],
      ['social', { channel: 'facebook' }],
    ] as const) {
      expect(await other.ask('POST', `/offers/${otherCode}/shares/${path}`, body)).toMatchObject({
        ...{ status: 422, body: { ok: false, error_message: expect.stringMatching(/^Validation failed: /) as string } },
      });
    }
  });
});

describe('by a channel of their own', () => {
  test.each([
    ['facebook', /^https:\/\/www\.facebook\.com\/sharer\/sharer\.php\?u=http%3A/],
    ['twitter', /^https:\/\/twitter\.com\/intent\/tweet\?text=/],
    ['linkedin', /^https:\/\/www\.linkedin\.com\/sharing\/share-offsite\/\?url=/],
    ['whatsapp', /^https:\/\/wa\.me\/\?text=/],
    ['sms', /^sms:\?&body=Here%20is%20%2410%20for%20you%3A%20http/],
  ])('%s', async (channel, url) => {
    const reply = await shop.ask('POST', `/offers/${code}/shares/social`, { channel });
    expect(reply.status).toBe(200);
    const { share, share_url: shareUrl } = reply.body['result'] as {
      share: Record<string, unknown>;
      share_url: string;
    };
    expect(shareUrl).toMatch(url);
    expect(share).toMatchObject({
      type: 'SocialOfferShare',
      channel_identifier: channel,
      offer: { short_url_code: code },
    });
    expect(decodeURIComponent(shareUrl)).toContain(share['short_url']);
    expect(await world.core.db.selectFrom('messages').select('id').execute()).toEqual([]);
  });

  test('has the whole shape, and no address for other ways', async () => {
    const reply = await shop.ask('POST', `/offers/${code}/shares/social`, { channel: 'other' });
    const joined = await shop.ask('POST', '/origins/affiliate_member', { data: { email: 'anna@example.com' } });
    const { offer } = joined.body['result'] as { offer: unknown };
    const { campaigns } = (await shop.ask('GET', '/campaigns')).body['result'] as { campaigns: unknown[] };
    expect(reply.body).toEqual({
      ok: true,
      result: {
        share: {
          ...{ id: expect.any(Number) as number, type: 'SocialOfferShare', channel_identifier: 'other' },
          short_url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:8080\/s\/\w{12}$/) as string,
          shared_at: expect.stringMatching(/-0[45]:00$/) as string,
          ...{ offer, campaign: campaigns[0], friends_count: 0, friend_clicks_count: 0 },
        },
        ...{ reward: null, share_url: null },
      },
    });
  });

  test('earns what is promised for sharing, once', async () => {
    const incentives = [
      { identifier: 'thanks', reason: 'shared' as const, kind: 'rebate' as const, amount: 250, description: 'Thanks' },
    ];
    const other = await openShop(world, { slug: 'thanks', campaign: { incentives } });
    const otherCode = await join(other, 'anna@example.com');
    const share = async () => {
      const { body } = await other.ask('POST', `/offers/${otherCode}/shares/social`, { channel: 'sms' });
      return (body['result'] as { reward: unknown }).reward;
    };
    const reward = await share();
    expect(reward).toEqual({
      ...{
        id: expect.any(Number) as number,
        amount: 2.5,
        percentage: false,
        void_reason: null,
        reason: 'shared',
        status: 'Paid',
        coupon: null,
      },
      ...{ coupon_code: null, incentive_type: 'rebate', incentive_description: 'Thanks' },
      incentive_custom_description: null,
    });
    expect(await share()).toEqual(reward);
  });

  test.each([
    ['a channel that is none', 'CODE', { channel: 'pigeon' }, 400, '`channel` is invalid'],
    ['no channel', 'CODE', {}, 400, '`channel` is required'],
    ['an offer that is nobody’s', 'nothing', { channel: 'sms' }, 404, 'No offer found by id.'],
  ])('%s', async (_what, of, body, status, error_message) => {
    const reply = await shop.ask('POST', `/offers/${of === 'CODE' ? code : of}/shares/social`, body);
    expect(reply).toMatchObject({ status, body: { ok: false, error_message } });
  });

  test('nobody shares an offer of another site, or of the other mode', async () => {
    const other = await openShop(world, { slug: 'stranger' });
    for (const reply of [
      await other.ask('POST', `/offers/${code}/shares/social`, { channel: 'sms' }),
      await shop.ask('POST', `/offers/${code}/shares/social`, { channel: 'sms' }, 'live'),
      await other.ask('POST', `/offers/${code}/shares/email`, { recipients: 'tom@example.com' }),
    ]) {
      expect(reply).toMatchObject({ status: 404, body: { error_message: 'No offer found by id.' } });
    }
  });
});

test('shares of somebody are listed, with who came by them', async () => {
  const other = await openShop(world, { slug: 'listed' });
  const otherCode = await join(other, 'anna@example.com');
  await byEmail('tom@example.com,eve@example.com', {}, other, otherCode);
  const made = await other.ask('POST', `/offers/${otherCode}/shares/social`, { channel: 'twitter' });
  const { share } = made.body['result'] as { share: { short_url: string } };
  const link = new URL(share.short_url).pathname;
  await world.request('GET', link, { key: null, headers: { 'user-agent': 'Mozilla/5.0 Firefox/140.0' } });
  const reply = await other.ask('GET', `/people/${encodeURIComponent('anna@example.com')}/shares_by`);
  expect(reply.status).toBe(200);
  const { shares } = reply.body['result'] as { shares: unknown[] };
  expect(shares).toEqual([
    { ...share, friends_count: 0, friend_clicks_count: 1 },
    { ...share, ...email(2), id: expect.any(Number) as number, short_url: expect.any(String) as string },
  ]);
  expect(await other.ask('GET', '/people/nobody@example.com/shares_by')).toMatchObject({
    ...{ status: 404, body: { ok: false, error_message: 'No person found by `person_slug`.' } },
  });
});

test('friends of a share on a channel are those who said by its link who they are, each once', async () => {
  const gated = await openShop(world, { slug: 'gated', campaign: { emailGating: true } });
  const gatedCode = await join(gated, 'anna@example.com');
  const made = await gated.ask('POST', `/offers/${gatedCode}/shares/social`, { channel: 'whatsapp' });
  const { share } = made.body['result'] as { share: { short_url: string } };
  const link = new URL(share.short_url).pathname;
  const browser = { 'user-agent': 'Mozilla/5.0 Firefox/140.0', 'content-type': 'application/x-www-form-urlencoded' };
  const says = async (email: string) => {
    const body = new URLSearchParams({ email }).toString();
    expect((await world.request('POST', link, { key: null, body, headers: browser })).status).toBe(200);
  };
  await says('tom@example.com');
  await says('tom@example.com');
  await says('eve@example.com');
  await world.request('GET', link, { key: null, headers: browser });
  const { body } = await gated.ask('GET', '/people/anna@example.com/shares_by');
  expect(body).toMatchObject({ result: { shares: [{ friends_count: 2 }] } });
});

function email(friends_count: number) {
  return { type: 'EmailOfferShare', channel_identifier: 'email', friends_count, friend_clicks_count: 0 };
}
