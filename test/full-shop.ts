import { fileForm } from './form.js';
import { openLoyalty } from './loyalty.js';
import { advocateOf, buys, comes } from './referral-rows.js';
import { describedReplies, openShop, SHOP_API, type Shop } from './shop.js';
import type { Reply, World } from './world.js';

/** What fills in the parameters of a path, by what comes before the first of them: `/assets` of `/assets/{id}`. */
export type Places = Record<string, Record<string, string | number>>;

export interface FullShop extends Shop {
  places: Places;
  /** A path of the document with its parameters filled in. */
  addressOf(path: string): string;
  upload(name: string, bytes?: Buffer, headers?: Record<string, string>): Promise<Reply>;
}

/** Whoever must not see the shop finds none of these in any reply. */
export const SECRETS = { name: 'Known to us alone', advocate: 'anna@secret.example', friend: 'tom@secret.example' };
export const VISITOR = 'ecbb6fec-c3b4-4e7b-9aec-3a3f0e0d7b11';
const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452000001400000' + '00c80806000000', 'hex');

/** A shop with one of everything that a path of the API names, in test mode. */
export async function openFullShop(world: World, slug = 'full'): Promise<FullShop> {
  const shop = await openShop(world, { slug });
  const { advocate, friend, name } = SECRETS;
  const result = async (method: string, path: string, body?: unknown): Promise<Record<string, unknown>> => {
    const reply = await shop.ask(method, path, body);
    if (reply.status >= 300) throw new Error(`${method} ${path}: ${reply.raw.toString()}`);
    return reply.body['result'] as Record<string, unknown>;
  };
  await openLoyalty(world, shop, { codes: ['SECRET-1', 'SECRET-2', 'SECRET-3', 'SECRET-4'] });
  const { code, offerId } = await advocateOf(shop, advocate, { first_name: name, uuid: VISITOR });
  await comes(world, shop, offerId, { visitor: VISITOR });
  await buys(shop, friend, '100011', { uuid: VISITOR, segment1: name });
  await result('POST', '/loyalty/members', { data: { email: advocate } });
  await result('POST', `/loyalty/members/${advocate}/manual_adjustment_actions`, { data: { points: 500 } });
  const claim = await result('POST', '/offer_claims', { advocate_email: advocate, friend_email: friend });
  const coupon = fieldOf(claim['friend_reward'], 'coupon_code');
  const endpoint = await result('POST', '/manage/webhook_endpoints', {
    ...{ url: 'http://127.0.0.1:9/ours', events: ['referral_web_hook'], description: name },
  });
  const endpointId = fieldOf(endpoint['webhook_endpoint'], 'id');
  const sent = await result('POST', `/manage/webhook_endpoints/${endpointId}/test`, { event: 'referral_web_hook' });
  const batch = await result('POST', '/origins/batch/purchases', {
    data: [{ email: friend, order_number: '100020', subtotal: 10 }],
  });
  const list = await result('POST', '/manage/coupon_lists', { name, amount: 5 });
  const { id: visitorOffer } = await world.core.db
    .selectFrom('visitor_offers')
    .select('id')
    .where('offer_id', '=', offerId)
    .executeTakeFirstOrThrow();
  const upload = async (file: string, bytes = PNG, headers: Record<string, string> = {}): Promise<Reply> => {
    const form = fileForm(bytes, { name: file });
    const reply = await world.platform.server.app.inject({
      ...{ method: 'POST', url: `${SHOP_API}/assets`, payload: form.payload },
      headers: { authorization: `Bearer ${shop.keys.test}`, ...form.headers, ...headers },
    });
    const { statusCode: status, rawPayload: raw } = reply;
    const answer = { status, headers: reply.headers, body: reply.json<Record<string, unknown>>(), raw };
    (await describedReplies(world)).check('POST', `${SHOP_API}/assets`, answer);
    return answer;
  };
  const { body: uploaded } = await upload(`${name}.png`);
  const { asset } = uploaded['result'] as { asset: { id: number; url: string } };
  const [site = '', fingerprint = '', file = ''] = new URL(asset.url).pathname.split('/').slice(-3);
  const places: Places = {
    '/assets': { id: asset.id },
    '/coupons': { code: coupon, person_slug: friend },
    '/files': { site, fingerprint, name: decodeURIComponent(file) },
    '/loyalty/members': { email: advocate },
    '/manage/campaigns': { slug: 'give-10-get-10' },
    '/manage/coupon_lists': { id: fieldOf(list['coupon_list'], 'id') },
    '/manage/webhook_deliveries': { id: sent['delivery_id'] as string },
    '/manage/webhook_endpoints': { id: endpointId },
    '/manage/origins': { origin_slug: '100011' },
    '/metrics': { metric: 'offers' },
    '/offers': { short_url_code: code },
    '/origins': { origin_slug: '100011' },
    '/origins/batches': { id: batch['batch_id'] as string },
    '/people': { person_slug: advocate },
    '/visitor_offers': { id: visitorOffer },
  };
  await world.settle();
  return { ...shop, places, upload, addressOf: (path) => addressIn(places, path) };
}

const fieldOf = (of: unknown, field: string): string => String((of as Record<string, string | number>)[field]);

export const prefixOf = (path: string): string => path.slice(0, path.indexOf('/{'));

function addressIn(places: Places, path: string): string {
  const place = path.includes('/{') ? places[prefixOf(path)] : {};
  return path.replace(/\{([^}]+)\}/g, (_, parameter: string) => {
    const value = place?.[parameter];
    if (value === undefined) throw new Error(`nothing for {${parameter}} of ${path}`);
    return encodeURIComponent(value);
  });
}

/** What a list asks for at least. */
export const QUERIES: Record<string, string> = {
  '/metrics/{metric}': '?start_date=2026-01-01&end_date=2026-12-31',
  '/metrics/{metric}/segmentize': '?start_date=2026-01-01&end_date=2026-12-31&segment_by[period]=year',
  '/rewards': `?visitor_uuid=${VISITOR}`,
};

export interface Described {
  /** `GET /assets/{id}`. */
  name: string;
  method: string;
  /** Below the door's prefix. */
  path: string;
  /** What the document shows as a request; undefined where there is no body. */
  example: unknown;
  scope: 'referrals:read' | 'referrals:write';
}

/** All operations of the document that take a key. */
export async function describedOperations(world: World): Promise<Described[]> {
  const { body } = await world.request('GET', '/docs/referrals.json', { key: null });
  const paths = body['paths'] as Record<string, Record<string, DescribedOperation>>;
  return Object.entries(paths).flatMap(([whole, operations]) => {
    const path = whole.replace(SHOP_API, '');
    return Object.entries(operations)
      .filter(([, { security }]) => security?.length !== 0)
      .map(([verb, { requestBody, description = '' }]) => {
        const method = verb.toUpperCase();
        const example = requestBody?.content['application/json']?.example;
        const scope = description.includes('`referrals:read`') ? 'referrals:read' : 'referrals:write';
        return { name: `${method} ${path}`, method, path, example, scope } as const;
      });
  });
}

interface DescribedOperation {
  security?: unknown[];
  description?: string;
  requestBody?: { content: Record<string, { example?: unknown }> };
}
