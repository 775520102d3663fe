import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { createAccount, createKey } from '#core/accounts/index.js';
import { ATTACHMENT_LIMITS } from '#core/attachments/index.js';
import { erasePerson } from '#core/contacts/index.js';
import { addNumber } from '#core/numbers/index.js';
import { purgeOld } from '#core/retention/index.js';
import { fileForm, JPEG, PNG } from '../form.js';
import { HeldClock } from '../held-clock.js';
import { openReceiver, type Receiver } from '../receiver.js';
import { openWorld, type Reply, type World } from '../world.js';

/** Pictures and files of texts: request -> response, in the sandbox. */
let world: World;
let receiver: Receiver;
beforeAll(async () => {
  receiver = await openReceiver();
  world = await openWorld();
  const { id: accountId } = world.account;
  await addNumber(world.core, { accountId, mode: 'test', number: OURS, actor: 'test' });
});
afterAll(async () => {
  await world.close();
  await receiver.close();
});
beforeEach(() => wait(61_000));

const OURS = '+15005550123';
const PUBLIC_URL = 'http://127.0.0.1:8080';
const idWith = (theirs: string): string => `${OURS.slice(1)}-${theirs.slice(1)}`;

async function wait(ms: number): Promise<void> {
  if (world.clock instanceof HeldClock) world.clock.advance(ms);
  await world.settle();
}

const data = (reply: Reply): Record<string, unknown> => reply.body['data'] as Record<string, unknown>;

async function handIn(bytes: Uint8Array, key = world.keys.test): Promise<Reply> {
  const { payload, headers } = fileForm(bytes);
  const reply = await world.platform.server.app.inject({
    method: 'POST',
    url: '/api/v2/attachments',
    headers: { ...headers, authorization: `Bearer ${key}` },
    payload,
  });
  return {
    status: reply.statusCode,
    headers: reply.headers,
    body: reply.json<Record<string, unknown>>(),
    raw: reply.rawPayload,
  };
}

async function handedIn(bytes: Uint8Array, key = world.keys.test): Promise<string> {
  const reply = await handIn(bytes, key);
  expect(reply.status, reply.raw.toString()).toBe(201);
  return String(data(reply)['id']);
}

const write = (theirs: string, body: object, key = world.keys.test) =>
  world.request('POST', `/api/v2/text-conversations/${idWith(theirs)}`, { body, key });

async function texts(theirs: string): Promise<Record<string, unknown>[]> {
  const reply = await world.request('GET', `/api/v2/text-conversations/${idWith(theirs)}/messages`);
  return reply.body['data'] as Record<string, unknown>[];
}

interface File {
  id: string;
  fileType: string;
  file_type: string;
  link: string;
}
const filesOf = (text: Record<string, unknown> | undefined) => text?.['attachments'] as File[];
const fetched = (link: string): Promise<Reply> => world.request('GET', link.slice(PUBLIC_URL.length), { key: null });

/** What lies in the folder of uploads of the account. */
function onDisk(): string[] {
  try {
    return readdirSync(join(dirname(world.mailFolder), 'uploads', world.account.id, 'attachments')).sort();
  } catch {
    return [];
  }
}

describe('a picture that is handed in', () => {
  test('is kept for a day, and has a link that needs no key', async () => {
    const reply = await handIn(PNG);
    const at = world.clock.now();
    const moment = (ms: number): string => new Date(ms).toISOString().replace('Z', '000Z');
    expect(reply.status).toBe(201);
    expect(data(reply)).toEqual({
      ...{ id: expect.stringMatching(/^att_/) as string, fileType: 'image/png', file_type: 'image/png' },
      ...{ bytes: PNG.length, createdAt: moment(at), expiresAt: moment(at + 86_400_000) },
      link: expect.stringMatching(/^http:\/\/127\.0\.0\.1:8080\/files\/.+\.png$/) as string,
    });
    const link = String(data(reply)['link']);
    const file = await fetched(link);
    expect(file.status).toBe(200);
    expect(file.raw).toEqual(PNG);
    expect(file.headers).toMatchObject({
      ...{ 'content-type': 'image/png', 'content-length': String(PNG.length) },
      ...{ 'x-content-type-options': 'nosniff', 'cache-control': 'private, no-store' },
      'content-disposition': expect.stringMatching(/^inline; filename="att_.+\.png"$/) as string,
      'content-security-policy': "default-src 'none'; sandbox",
    });
    const head = await world.request('HEAD', link.slice(PUBLIC_URL.length), { key: null });
    expect([head.status, head.headers['content-length'], head.raw.length]).toEqual([200, String(PNG.length), 0]);
    // Without parts many a telephone plays no video.
    const part = await world.request('GET', link.slice(PUBLIC_URL.length), {
      key: null,
      headers: { range: 'bytes=1-3' },
    });
    expect([part.status, part.headers['content-range'], part.raw.toString()]).toEqual([
      ...[206, `bytes 1-3/${PNG.length}`, 'PNG'],
    ]);
    const last = link.length - 6;
    const other = link[last] === 'A' ? 'B' : 'A';
    expect((await fetched(link.slice(0, last) + other + link.slice(last + 1))).status).toBe(404);
    expect((await fetched(`${PUBLIC_URL}/files/nothing.png`)).status).toBe(404);
    expect(onDisk()).toContain(String(data(reply)['id']));
    await wait(86_401_000);
    expect((await fetched(link)).status).toBe(404);
    await purgeOld(world.core);
    expect(onDisk()).not.toContain(String(data(reply)['id']));
    const late = await write('+13055550150', { body: 'Late', attachments: [String(data(reply)['id'])] });
    expect(late.status).toBe(422);
  });

  test.each<[string, Buffer, RegExp]>([
    ['a page that calls itself a picture', Buffer.from('<html><script>1</script>'), /of no kind that can be sent/],
    ['nothing', Buffer.alloc(0), /empty/],
  ])('is refused where it is %s', async (_what, bytes, sentence) => {
    const reply = await handIn(bytes);
    expect(reply.status).toBe(422);
    expect(reply.body['errors']).toEqual({ file: [expect.stringMatching(sentence) as string] });
  });

  test('is refused where it is too large, is no file, or has no room', async () => {
    const large = Buffer.alloc(ATTACHMENT_LIMITS.bytes + 1);
    PNG.copy(large);
    expect((await handIn(large)).body['errors']).toEqual({ file: ['The file is larger than 5 MB.'] });
    expect((await handIn(Buffer.alloc(ATTACHMENT_LIMITS.bytes + 100_000))).status).toBe(413);
    expect((await world.request('POST', '/api/v2/attachments', { body: { file: 'x' } })).status).toBe(422);
    const full = new Error('ENOSPC: no space left on device');
    const toDisk = vi.spyOn(world.core.uploads, 'write').mockRejectedValue(full);
    const log = vi.spyOn(world.core.log, 'error').mockReturnValue(undefined);
    const before = onDisk();
    expect((await handIn(PNG)).status).toBe(507);
    for (const spy of [toDisk, log]) spy.mockRestore();
    expect(onDisk()).toEqual(before);
  });

  test('waits with so many others, and no more', async () => {
    const account = await createAccount(world.core, { name: 'Full', actor: 'test' });
    const { secret } = await createKey(world.core, { accountId: account.id, mode: 'test', actor: 'test' });
    const at = new Date(world.clock.now());
    await world.core.db
      .insertInto('message_attachments')
      .values(
        Array.from({ length: ATTACHMENT_LIMITS.unsent }, (_, index) => ({
          ...{ id: `att_full${index}`, account_id: account.id, mode: 'test' as const, message_id: null },
          ...{ file: `none${index}`, media_type: 'image/png', bytes: 1, status: 'kept' as const, created_at: at },
          expires_at: new Date(at.getTime() + 1000),
        })),
      )
      .execute();
    expect((await handIn(PNG, secret)).status).toBe(422);
    expect((await handIn(PNG)).status).toBe(201);
  });
});

describe('a text with pictures', () => {
  test('is one message, shows them in their order, and needs no words', async () => {
    const theirs = '+13055550151';
    const [png, jpeg] = [await handedIn(PNG), await handedIn(JPEG)];
    const sent = await write(theirs, { attachments: [jpeg, png] });
    expect(sent.status, sent.raw.toString()).toBe(201);
    expect(data(sent)).toMatchObject({ body: '', attachments: [{ id: jpeg, fileType: 'image/jpeg' }, { id: png }] });
    await world.run(5000);
    const [text] = await texts(theirs);
    expect(text).toMatchObject({ status: 'delivered', body: '' });
    const files = filesOf(text);
    expect(files.map(({ id, file_type }) => [id, file_type])).toEqual([
      [jpeg, 'image/jpeg'],
      [png, 'image/png'],
    ]);
    for (const [index, bytes] of [JPEG, PNG].entries()) {
      expect((await fetched(files[index]?.link ?? '')).raw).toEqual(bytes);
    }
    const long = await handedIn(PNG);
    await write(theirs, { body: 'long '.repeat(100), attachments: [long] });
    await world.run(5000);
    const rows = await world.core.db
      .selectFrom('messages')
      .select(['segments', 'attachments', 'status'])
      .where('to_address', '=', theirs)
      .orderBy('id')
      .execute();
    expect(rows).toEqual([
      { segments: 1, attachments: 2, status: 'delivered' },
      { segments: 1, attachments: 1, status: 'delivered' },
    ]);
    const conversation = await world.request('GET', `/api/v2/text-conversations/${idWith(theirs)}`);
    expect(filesOf(data(conversation)['last_message'] as Record<string, unknown>)).toMatchObject([{ id: long }]);
  });

  test.each<[string, () => Promise<unknown[]>, string, RegExp]>([
    ['is there twice', async () => Array(2).fill(await handedIn(PNG)) as string[], 'attachments.1', /twice/],
    ['is nobody’s', async () => ['att_nobody'], 'attachments.0', /no file att_nobody/],
    ['is of a live key', async () => [await handedIn(PNG, world.keys.live)], 'attachments.0', /no file/],
    ['is not alone in being too much', async () => Array(11).fill('att_x') as string[], 'attachments', /./],
    ['is no id', async () => [{ id: 'att_x' }], 'attachments.0', /./],
  ])('is refused where one %s, and nothing is sent', async (_what, ids, field, sentence) => {
    const theirs = '+13055550152';
    const reply = await write(theirs, { body: 'Look', attachments: await ids() });
    expect(reply.status, reply.raw.toString()).toBe(422);
    expect(reply.body['errors']).toEqual({ [field]: [expect.stringMatching(sentence) as string] });
    expect((await world.request('GET', `/api/v2/text-conversations/${idWith(theirs)}`)).status).toBe(404);
  });

  test('is refused where they are too large together, and they can still be sent', async () => {
    const large = Buffer.alloc(ATTACHMENT_LIMITS.bytes / 2 + 1);
    PNG.copy(large);
    const ids = [await handedIn(large), await handedIn(large)];
    const reply = await write('+13055550153', { attachments: ids });
    expect(reply.body['errors']).toEqual({ attachments: ['Together they are larger than 5 MB.'] });
    expect((await write('+13055550153', { attachments: ids.slice(1) })).status).toBe(201);
  });

  test('without words and without pictures is none', async () => {
    for (const body of [{}, { body: '' }, { body: ' ', attachments: [] }]) {
      const reply = await write('+13055550154', body);
      expect([reply.status, reply.body['errors']]).toEqual([422, { body: ['The message is empty.'] }]);
    }
  });

  test('goes once under one Idempotency-Key, and a picture goes with one text', async () => {
    const id = await handedIn(PNG);
    const path = `/api/v2/text-conversations/${idWith('+13055550155')}`;
    const asked = { body: { attachments: [id] }, headers: { 'idempotency-key': 'picture-1' } };
    const [first, again] = [await world.request('POST', path, asked), await world.request('POST', path, asked)];
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(data(again)['id']).toBe(data(first)['id']);
    // What is kept of it for a day has no link that would lead whoever reads it to the picture.
    const kept = world.core.db.selectFrom('idempotency_keys').select('reply').where('key', '=', 'picture-1');
    expect((await kept.executeTakeFirstOrThrow()).reply).not.toContain('/files/');
    for (const reply of [first, again]) expect((await fetched(filesOf(data(reply))[0]?.link ?? '')).raw).toEqual(PNG);
    expect((await write('+13055550155', { attachments: [id] })).status).toBe(422);
    expect(await texts('+13055550155')).toHaveLength(1);
    await wait(61_000);
    await world.request('DELETE', path);
    expect((await world.request('POST', path, asked)).body).toEqual({});
  });

  test('is of its account alone', async () => {
    const other = await createAccount(world.core, { name: 'Strangers', actor: 'test' });
    const { secret } = await createKey(world.core, { accountId: other.id, mode: 'test', actor: 'test' });
    await addNumber(world.core, { accountId: other.id, mode: 'test', number: '+15005550124', actor: 'test' });
    const id = await handedIn(PNG);
    const path = '/api/v2/text-conversations/15005550124-13055550156';
    const reply = await world.request('POST', path, { key: secret, body: { attachments: [id] } });
    expect(reply.body['errors']).toEqual({ 'attachments.0': [expect.stringContaining(id) as string] });
    expect((await write('+13055550156', { attachments: [id] })).status).toBe(201);
  });

  test('to somebody who opted out is refused like any other, and the picture stays to be sent', async () => {
    const theirs = '+15005550080';
    await write(theirs, { body: 'Hello' });
    await world.run(10_000);
    const id = await handedIn(PNG);
    const reply = await write(theirs, { attachments: [id] });
    expect([reply.status, reply.body['message']]).toEqual([422, expect.stringContaining('opted out') as string]);
    expect((await write('+13055550157', { attachments: [id] })).status).toBe(201);
  });
});

describe('a text that comes in with a picture', () => {
  test('is in its conversation at once, and is told of with a link once the picture is here', async () => {
    const theirs = '+15005550087';
    const subscribed = await world.request('POST', '/api/v2/subscriptions', {
      body: { hookUrl: receiver.url, type: 'new_text_message' },
    });
    expect(subscribed.status, subscribed.raw.toString()).toBe(201);
    await write(theirs, { body: 'Show me' });
    await world.run(10_000);
    const [text] = await texts(theirs);
    expect(text).toMatchObject({ direction: 'incoming', body: 'Here it is', attachments: [{ fileType: 'image/png' }] });
    const [file] = filesOf(text);
    const picture = await fetched(file?.link ?? '');
    expect(picture.headers['content-type']).toBe('image/png');
    const told = receiver.received.map(({ body }) => body).filter((body) => body['direction'] === 'incoming');
    expect(told).toHaveLength(1);
    expect(told[0]).toMatchObject({ body: 'Here it is', attachments: [{ id: file?.id, file_type: 'image/png' }] });
    expect((await fetched((told[0]?.['attachments'] as File[])[0]?.link ?? '')).raw).toEqual(picture.raw);
  });
});

describe('a picture is gone for good', () => {
  async function sentTo(theirs: string): Promise<{ text: string; file: string; link: string }> {
    const file = await handedIn(PNG);
    const text = String(data(await write(theirs, { body: 'Look', attachments: [file] }))['id']);
    await world.run(5000);
    const link = filesOf((await texts(theirs))[0])[0]?.link ?? '';
    expect((await fetched(link)).status).toBe(200);
    expect(onDisk()).toContain(file);
    return { text, file, link };
  }

  test.each<[string, string, (sent: { text: string; theirs: string }) => Promise<unknown>]>([
    [
      'its text',
      '+13055550161',
      ({ text, theirs }) => world.request('DELETE', `/api/v2/text-conversations/${idWith(theirs)}/messages/${text}`),
    ],
    [
      'its conversation',
      '+13055550162',
      ({ theirs }) => world.request('DELETE', `/api/v2/text-conversations/${idWith(theirs)}`),
    ],
    [
      'the person',
      '+13055550163',
      ({ theirs }) =>
        erasePerson(world.core, { accountId: world.account.id, mode: 'test', phone: theirs, actor: 'test' }),
    ],
    [
      'what texts said, by retention',
      '+13055550164',
      async () => {
        await wait(31 * 86_400_000);
        await purgeOld(world.core);
      },
    ],
  ])('with %s', async (_what, theirs, remove) => {
    const { text, file, link } = await sentTo(theirs);
    await remove({ text, theirs });
    expect((await fetched(link)).status).toBe(404);
    expect(onDisk()).not.toContain(file);
    const left = await world.core.db.selectFrom('message_attachments').select('id').where('id', '=', file).execute();
    expect(left).toEqual([]);
  });
});
