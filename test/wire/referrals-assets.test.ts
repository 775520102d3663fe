import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ASSET_LIMITS } from '#core/assets/index.js';
import { DISK_LOOK_MS } from '#core/disk/index.js';
import { JPEG, fileForm } from '../form.js';
import { openShop, SHOP_API, type Shop } from '../shop.js';
import { openWorld, type Reply, type World } from '../world.js';

let freeBytes = 1e12;
let world: World;
let shop: Shop;
beforeAll(async () => {
  world = await openWorld({ freeBytes: () => freeBytes });
  shop = await openShop(world);
});
afterAll(() => world.close());

const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452000001400000' + '00c80806000000', 'hex');
const SVG = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>');

async function upload(name: string, bytes: Buffer = PNG, more: { query?: string; headers?: object } = {}) {
  const { payload, headers } = fileForm(bytes, { name });
  const { app } = world.platform.server;
  const reply = await app.inject({
    method: 'POST',
    url: `${SHOP_API}/assets${more.query ?? '?site_slug=shop'}`,
    headers: { ...headers, authorization: `Bearer ${shop.keys.test}`, ...more.headers },
    payload,
  });
  return { status: reply.statusCode, body: reply.json<{ ok: boolean; error_message: string; result: Uploaded }>() };
}

interface Uploaded {
  asset: { id: number; url: string; name: string };
}

const fetchFile = (url: string, headers = {}): Promise<Reply> => {
  return world.request('GET', new URL(url).pathname, { key: null, headers });
};
const refused = (error_message: unknown) => ({ ok: false, error_message });

describe('POST /assets', () => {
  test('a picture, with what its header says', async () => {
    const fingerprint = createHash('sha256').update(PNG).digest('hex');
    const { status, body } = await upload('Hero banner.png');
    expect(status).toBe(201);
    expect(body).toEqual({
      ok: true,
      result: {
        asset: {
          ...{ id: expect.any(Number) as number, name: 'Hero banner.png', content_type: 'image/png' },
          ...{ size: PNG.length, width: 320, height: 200, fingerprint },
          url: `http://127.0.0.1:8080${SHOP_API}/files/${shop.site.test.publicId}/${fingerprint}/Hero%20banner.png`,
          created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}-0[45]:00$/) as string,
          updated_at: expect.any(String) as string,
        },
      },
    });
  });

  test('a name is taken once, also by two at once', async () => {
    const replies = await Promise.all([upload('twice.png'), upload('twice.png')]);
    expect(replies.map(({ status }) => status).sort()).toEqual([201, 422]);
    expect(replies.find(({ status }) => status === 422)?.body).toEqual(
      refused('Validation failed: File name has already been taken'),
    );
  });

  test('a repetition with the same Idempotency-Key is answered with the same', async () => {
    const headers = { 'idempotency-key': 'one upload' };
    const first = await upload('kept.png', PNG, { headers });
    expect(await upload('kept.png', PNG, { headers })).toEqual(first);
  });

  test.each([
    ['page.html', PNG, 422, 'Validation failed: File name must end in one of .png, '],
    ['script.js', PNG, 422, 'Validation failed: File name must end in one of .png, '],
    ['constructor', PNG, 422, 'Validation failed: File name must end in one of .png, '],
    ['a/b.png', PNG, 422, 'Validation failed: File name must be 1 to 100 letters, '],
    ['..png', PNG, 422, 'Validation failed: File name must be 1 to 100 letters, '],
    ['photo.png', JPEG, 422, 'Validation failed: File is not what its name says: .png'],
    ['drawing.svg', Buffer.from('<html></html>'), 422, 'Validation failed: File is not what its name says: .svg'],
    ['words.json', Buffer.from('{'), 422, 'Validation failed: File is not what its name says: .json'],
    ['empty.png', Buffer.alloc(0), 422, 'Validation failed: File is empty'],
  ])('%s is refused', async (name, bytes, status, message) => {
    const reply = await upload(name, bytes);
    expect(reply.status).toBe(status);
    expect(reply.body).toEqual(refused(expect.stringContaining(message)));
  });

  test('more than 5 MB is refused', async () => {
    const reply = await upload('large.png', Buffer.concat([PNG, Buffer.alloc(ASSET_LIMITS.bytes)]));
    expect(reply).toMatchObject({ status: 422, body: refused('Validation failed: File is larger than 5 MB') });
    const larger = await upload('large.png', Buffer.concat([PNG, Buffer.alloc(ASSET_LIMITS.bytes + 70_000)]));
    expect(larger).toMatchObject({ status: 413, body: { ok: false } });
  });

  test('no file, text in its place, and JSON are refused', async () => {
    expect(await shop.ask('POST', '/assets', {})).toMatchObject({ status: 400, body: refused('`file` is required') });
    const text = await shop.ask('POST', '/assets', { file: 'text' });
    expect(text).toMatchObject({ status: 400, body: refused('`file` must be an uploaded file.') });
    const { payload, headers } = fileForm(PNG, { field: 'picture', name: 'a.png' });
    const other = await world.platform.server.app.inject({
      ...{ method: 'POST', url: `${SHOP_API}/assets`, payload },
      headers: { ...headers, authorization: `Bearer ${shop.keys.test}` },
    });
    expect(other.json()).toEqual(refused('found unpermitted parameter: :picture'));
  });

  test('a site that is none', async () => {
    const reply = await upload('a.png', PNG, { query: '?site_slug=nobody' });
    expect(reply).toMatchObject({ status: 404, body: refused('No site found by `site_slug`.') });
  });

  test.each([
    ['shop', 201],
    ['nobody', 404],
  ])('the site may be named in a field of the form: %s', async (slug, status) => {
    const { payload, headers } = fileForm(PNG, { name: `named-${slug}.png` });
    const field = `--a-boundary-of-the-tests\r\ncontent-disposition: form-data; name="site_slug"\r\n\r\n${slug}\r\n`;
    const reply = await world.platform.server.app.inject({
      ...{ method: 'POST', url: `${SHOP_API}/assets`, payload: Buffer.concat([Buffer.from(field), payload]) },
      headers: { ...headers, authorization: `Bearer ${shop.keys.test}` },
    });
    expect(reply.statusCode).toBe(status);
  });

  test('a disk that is full takes no file', async () => {
    freeBytes = 1e6;
    await world.run(DISK_LOOK_MS);
    expect(await upload('late.png')).toMatchObject({ status: 507, body: refused(expect.stringContaining('no room')) });
    freeBytes = 1e12;
    await world.run(DISK_LOOK_MS);
    expect(await upload('late.png')).toMatchObject({ status: 201 });
  });
});

describe('the file', () => {
  test('everybody can fetch it, and keep it', async () => {
    const { body } = await upload('public.png');
    const { status, headers, raw } = await fetchFile(body.result.asset.url);
    expect({ status, raw }).toEqual({ status: 200, raw: PNG });
    expect(headers).toMatchObject({
      'content-type': 'image/png',
      'cache-control': 'public, max-age=31536000, immutable',
      'x-content-type-options': 'nosniff',
      'content-security-policy': expect.stringMatching(/default-src 'none'.*sandbox/) as string,
    });
    expect(headers['access-control-allow-origin']).toBeUndefined();
    const part = await fetchFile(body.result.asset.url, { range: 'bytes=1-3' });
    expect({ status: part.status, text: part.raw.toString() }).toEqual({ status: 206, text: 'PNG' });
  });

  test('a drawing comes with what keeps its scripts still', async () => {
    const { body } = await upload('drawing.svg', SVG);
    expect(body.result.asset).toMatchObject({ width: null, height: null, content_type: 'image/svg+xml' });
    const { headers } = await fetchFile(body.result.asset.url);
    expect(headers).toMatchObject({ 'content-type': 'image/svg+xml' });
    expect(headers['content-security-policy']).toBe("default-src 'none'; style-src 'unsafe-inline'; sandbox");
  });

  test('another fingerprint, name or site leads nowhere', async () => {
    const { url } = (await upload('one.png')).body.result.asset;
    const { publicId } = shop.site.live;
    for (const other of [
      url.replace('/one.png', '/two.png'),
      url.replace(/[0-9a-f]{64}/, '0'.repeat(64)),
      url.replace(shop.site.test.publicId, publicId),
    ]) {
      expect(await fetchFile(other)).toMatchObject({ status: 404, body: refused('No asset found by `id`.') });
    }
  });
});

describe('GET /assets', () => {
  test('in pages, of one kind, with how many there are', async () => {
    const other = await openShop(world, { slug: 'lists' });
    const add = async (name: string, bytes: Buffer) => {
      const { payload, headers } = fileForm(bytes, { name });
      const authorization = `Bearer ${other.keys.test}`;
      const options = { method: 'POST', url: `${SHOP_API}/assets`, payload } as const;
      const reply = await world.platform.server.app.inject({ ...options, headers: { ...headers, authorization } });
      return reply.json<{ result: Uploaded }>().result.asset;
    };
    expect((await other.ask('GET', '/assets')).body).toEqual({ ok: true, result: { assets: [], total: 0 } });
    const [one, two, three] = [await add('1.png', PNG), await add('2.svg', SVG), await add('3.png', PNG)];
    const list = async (query: string) => (await other.ask('GET', `/assets${query}`)).body;
    expect(await list('')).toEqual({ ok: true, result: { assets: [one, two, three], total: 3 } });
    expect(await list('?page=2&per_page=2')).toEqual({ ok: true, result: { assets: [three], total: 3 } });
    expect(await list('?content_type=image/png')).toEqual({ ok: true, result: { assets: [one, three], total: 2 } });
    expect((await other.ask('GET', '/assets', undefined, 'live')).body).toMatchObject({ result: { total: 0 } });
  });

  test.each([
    ['?page=0', /page/],
    ['?per_page=101', /per_page/],
    ['?per_page=many', /per_page/],
    ['?foo=1', /^found unpermitted parameter: :foo$/],
  ])('%s is refused', async (query, message) => {
    const { status, body } = await shop.ask('GET', `/assets${query}`);
    expect(status).toBe(400);
    expect(body).toEqual(refused(expect.stringMatching(message)));
  });
});

test('a picture whose header says absurd sizes is refused', async () => {
  const absurd = Buffer.from(PNG);
  absurd.writeUInt32BE(0xffffffff, 16);
  const { status, body } = await upload('absurd.png', absurd);
  expect({ status, body }).toEqual({
    status: 422,
    body: refused('Validation failed: Picture has more than 100000 pixels on a side'),
  });
});

describe('GET and DELETE /assets/{id}', () => {
  test('found, removed, gone', async () => {
    const { asset } = (await upload('gone.png')).body.result;
    expect(await shop.ask('GET', `/assets/${asset.id}`)).toMatchObject({
      status: 200,
      body: { ok: true, result: { asset } },
    });
    const removed = await shop.ask('DELETE', `/assets/${asset.id}`);
    expect(removed).toMatchObject({ status: 200, body: { ok: true, result: {} } });
    for (const method of ['GET', 'DELETE']) {
      const again = await shop.ask(method, `/assets/${asset.id}`);
      expect(again).toMatchObject({ status: 404, body: refused('No asset found by `id`.') });
    }
    expect((await fetchFile(asset.url)).status).toBe(404);
    expect((await upload('gone.png')).status).toBe(201);
  });

  test('of the other half, of another site, or no number', async () => {
    const { asset } = (await upload('mine.png')).body.result;
    const other = await openShop(world, { slug: 'other' });
    const missing = { status: 404, body: refused('No asset found by `id`.') };
    expect(await shop.ask('GET', `/assets/${asset.id}`, undefined, 'live')).toMatchObject(missing);
    expect(await other.ask('GET', `/assets/${asset.id}`)).toMatchObject(missing);
    expect(await other.ask('DELETE', `/assets/${asset.id}`)).toMatchObject(missing);
    expect(await shop.ask('GET', '/assets/one')).toMatchObject({ status: 404, body: { ok: false } });
  });
});
