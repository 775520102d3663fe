import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { CallbackReply, CarrierCallback } from '#carriers/carrier.js';
import { serviceAdapters } from '#carriers/service-adapters.js';
import { addCarrier, callbackUrl, removeCarrier } from '#core/carriers/index.js';
import { removeConversation } from '#core/conversations/index.js';
import { receiveMessage } from '#core/messages/index.js';
import { eventually } from '#test/eventually.js';
import { FileStore } from '#test/file-store.js';
import { fileForm, JPEG, PNG } from '#test/form.js';
import { openReceiver, type Receiver } from '#test/receiver.js';
import {
  FATES,
  TELNYX_PUBLIC_KEY,
  telnyxDialect,
  TextService,
  TWILIO_TOKEN,
  twilioDialect,
  twilioRequest,
} from '#test/text-service.js';
import { openWorld, SANDBOX_NUMBER, sandboxCarriers, type World } from '#test/world.js';

/** Pictures by services that carry them, and back. */
let world: World;
let receiver: Receiver;
/** Told by the Outreach API, which shows no pictures. */
let desk: Receiver;
let store: FileStore;
const services: TextService[] = [];
const PUBLIC_URL = 'http://127.0.0.1:8080';
const settings = { publicUrl: PUBLIC_URL };

beforeAll(async () => {
  receiver = await openReceiver();
  desk = await openReceiver();
  store = await new FileStore().open();
  world = await openWorld({
    carriers: (clock) =>
      sandboxCarriers(clock, serviceAdapters({ clock, callbackUrl: (id) => callbackUrl(settings, id) })),
  });
  const subscribed = await ask('POST', '/api/v2/subscriptions', { hookUrl: receiver.url, type: 'new_text_message' });
  expect(subscribed.status).toBe(201);
  const wanted = { url: desk.url, events: ['sms.received'] };
  expect((await ask('POST', '/api/v1/webhook_endpoints', wanted)).status).toBe(201);
});
afterAll(async () => {
  await world.close();
  for (const service of services) await service.close();
  await store.close();
  await receiver.close();
  await desk.close();
});
afterEach(async () => {
  for (const name of ['words', 'far', 'tw', 'tx']) {
    await removeCarrier(world.core, { name, actor: 'test' }).catch(() => undefined);
  }
});

const ask = (method: string, path: string, body?: object) =>
  world.request(method, path, { key: world.keys.live, ...(body === undefined ? {} : { body }) });

/** The carrier's request, as it comes to our server. */
async function callBack({ method, url, headers, body }: CarrierCallback): Promise<CallbackReply> {
  const reply = await world.platform.server.app.inject({
    method: method as 'POST',
    url: url.slice(PUBLIC_URL.length),
    headers,
    ...(body.length === 0 ? {} : { payload: body }),
  });
  return { status: reply.statusCode, body: reply.body };
}

async function twilio(): Promise<{ service: TextService; id: string }> {
  const service = await new TextService(twilioDialect).open();
  services.push(service);
  service.tell = callBack;
  const { id } = await addCarrier(world.core, {
    ...{ name: 'tw', kind: 'twilio', actor: 'test', settings: { accountSid: 'AC1', apiUrl: service.url } },
    secrets: { authToken: TWILIO_TOKEN },
  });
  return { service, id };
}

async function handedIn(bytes: Uint8Array): Promise<string> {
  const { payload, headers } = fileForm(bytes);
  const reply = await world.platform.server.app.inject({
    method: 'POST',
    url: '/api/v2/attachments',
    headers: { ...headers, authorization: `Bearer ${world.keys.live}` },
    payload,
  });
  expect(reply.statusCode, reply.body).toBe(201);
  return reply.json<{ data: { id: string } }>().data.id;
}

const path = (theirs: string): string => `/api/v2/text-conversations/${SANDBOX_NUMBER.slice(1)}-${theirs.slice(1)}`;
const fetched = (link: string) => world.request('GET', link.slice(PUBLIC_URL.length), { key: null });

interface Shown {
  status: string;
  body: string;
  attachments: { id: string; fileType: string; link: string }[];
}

async function texts(theirs: string): Promise<Shown[]> {
  return ((await ask('GET', `${path(theirs)}/messages`)).body['data'] ?? []) as Shown[];
}

/** Services answer in real time, what waits does so by the held clock: both go on. */
async function until(what: string, done: () => boolean | Promise<boolean>, stepMs = 100): Promise<void> {
  for (let steps = 0; steps < 1000; steps++) {
    await world.run(stepMs);
    if (await done()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`it does not come: ${what}`);
}

const told = (words: string) =>
  receiver.received
    .map(({ body }) => body)
    .filter((body) => body['body'] === words && body['direction'] === 'incoming');

describe('a picture that is sent', () => {
  test('is refused where no carrier takes any, and where they cannot reach this server', async () => {
    const theirs = FATES.delivers;
    const attachments = [await handedIn(JPEG)];
    const http = { kind: 'http', actor: 'test', secrets: {} } as const;
    await addCarrier(world.core, {
      ...{ ...http, name: 'words', settings: { template: { send: { url: 'https://x.example/', json: '{text}' } } } },
    });
    const none = await ask('POST', path(theirs), { body: 'Look', attachments });
    expect([none.status, none.body['errors']]).toEqual([
      422,
      { attachments: [expect.stringMatching(/^No carrier of this account .* takes pictures/) as string] },
    ]);
    await addCarrier(world.core, {
      ...{ ...http, name: 'far' },
      settings: { template: { send: { url: 'https://x.example/', json: { text: '{text}', files: '{media}' } } } },
    });
    const far = await ask('POST', path(theirs), { body: 'Look', attachments });
    expect([far.status, far.body['errors']]).toEqual([
      422,
      { attachments: [expect.stringContaining('set SIDETONE_PUBLIC_URL') as string] },
    ]);
    expect((await ask('GET', path(theirs))).status).toBe(404);
  });

  test('is fetched by its carrier, byte for byte, and delivered', async () => {
    const { service } = await twilio();
    const attachments = [await handedIn(JPEG), await handedIn(PNG)];
    const sent = await ask('POST', path(FATES.delivers), { body: 'Look at these', attachments });
    expect(sent.status, sent.raw.toString()).toBe(201);
    await until('the receipt', async () => (await texts(FATES.delivers))[0]?.status === 'delivered');
    expect(service.media).toHaveLength(2);
    for (const [index, bytes] of [JPEG, PNG].entries()) {
      const reply = await fetched(service.media[index] ?? '');
      expect([reply.status, reply.headers['content-type']]).toEqual([200, ['image/jpeg', 'image/png'][index]]);
      expect(reply.raw).toEqual(bytes);
    }
    const posted = service.asked.filter(({ method }) => method === 'POST');
    expect(posted).toHaveLength(1);
    const left = receiver.received.map(({ body }) => body).find((body) => body['body'] === 'Look at these');
    expect(left).toMatchObject({
      direction: 'outgoing',
      attachments: [{ id: attachments[0] }, { id: attachments[1] }],
    });
  });

  test('takes the carrier that takes pictures, though another comes first', async () => {
    const { service } = await twilio();
    const words = await new TextService(telnyxDialect(() => 0)).open();
    services.push(words);
    await addCarrier(world.core, {
      ...{ name: 'words', kind: 'http', actor: 'test', secrets: {}, priority: 1 },
      settings: { template: { send: { url: words.url, json: { to: '{to}', text: '{text}' } } } },
    });
    await ask('POST', path('+12125550120'), { body: 'Look', attachments: [await handedIn(PNG)] });
    await until('the text', async () => (await texts('+12125550120'))[0]?.status === 'delivered');
    expect([service.media.length, words.asked.length]).toEqual([1, 0]);
  });

  test('goes by Telnyx too, without words', async () => {
    const seconds = (): number => Math.round(world.clock.now() / 1000);
    const service = await new TextService(telnyxDialect(seconds)).open();
    services.push(service);
    service.tell = callBack;
    await addCarrier(world.core, {
      ...{ name: 'tx', kind: 'telnyx', actor: 'test' },
      settings: { apiUrl: service.url, publicKey: TELNYX_PUBLIC_KEY },
      secrets: { apiKey: 'KEY1' },
    });
    await ask('POST', path('+12125550121'), { attachments: [await handedIn(JPEG)] });
    await until('the text', async () => ['sent', 'delivered'].includes((await texts('+12125550121'))[0]?.status ?? ''));
    const [asked] = service.asked.filter(({ method }) => method === 'POST');
    expect(JSON.parse(asked?.body ?? '{}')).toMatchObject({ type: 'MMS', media_urls: service.media });
    expect((await fetched(service.media[0] ?? '')).raw).toEqual(JPEG);
  });
});

describe('a picture that comes in', () => {
  let theirs = 12125550130;
  let number: string;
  let carrierId: string;

  async function comes(words: string, media: string[], type = 'image/jpeg', id?: string): Promise<CallbackReply> {
    theirs += 1;
    number = `+${theirs}`;
    carrierId = id ?? (await twilio()).id;
    const fields = {
      ...{ MessageSid: `MM${theirs}`, SmsStatus: 'received', From: number, To: SANDBOX_NUMBER, Body: words },
      NumMedia: String(media.length),
      ...Object.fromEntries(
        media.flatMap((url, index) => [
          [`MediaUrl${index}`, url],
          [`MediaContentType${index}`, type],
        ]),
      ),
    };
    return callBack(twilioRequest(TWILIO_TOKEN, `${callbackUrl(settings, carrierId)}/incoming`, fields));
  }

  test('is fetched where it lies, and its text is told of once it is here', async () => {
    store.troubles.push(404, 503);
    expect((await comes('Two pictures', [store.keep('1', JPEG), store.keep('2', PNG)])).status).toBe(200);
    expect((await texts(number))[0]).toMatchObject({ body: 'Two pictures', attachments: [] });
    await until('the event', () => told('Two pictures').length > 0, 5000);
    const [text] = await texts(number);
    expect(text?.attachments.map(({ fileType }) => fileType)).toEqual(['image/jpeg', 'image/png']);
    for (const [index, bytes] of [JPEG, PNG].entries()) {
      expect((await fetched(text?.attachments[index]?.link ?? '')).raw).toEqual(bytes);
    }
    expect(told('Two pictures')).toMatchObject([{ attachments: text?.attachments.map(({ id }) => ({ id })) }]);
    // Its secret is for the service itself, not for where the files lie.
    expect(store.asked.map(({ authorization }) => authorization)).toEqual(store.asked.map(() => undefined));
    await world.run(20_000);
    const changed = await ask(
      'GET',
      `/api/v2/text-messages?updatedAfter=${encodeURIComponent('2026-01-01T00:00:00Z')}`,
    );
    expect((changed.body['data'] as Shown[]).at(-1)).toMatchObject({ body: 'Two pictures' });
    expect((await ask('GET', '/api/v2/text-conversations')).body['data']).toBeDefined();
  });

  test('that cannot be fetched is done without, and its text is told of at last', async () => {
    const started = world.clock.now();
    await comes('Lost', [`${store.url}/none`, store.keep('3', PNG)]);
    await world.run(30_000);
    expect(told('Lost')).toEqual([]);
    // Whoever is shown no pictures does not wait for them, and hears when the text came.
    const said = () => desk.events('sms.received').filter(({ text }) => text === 'Lost');
    expect(said()).toMatchObject([{ from: number, timestamp: new Date(started).toISOString().replace(/\.\d+Z/, 'Z') }]);
    await until('the event', () => told('Lost').length > 0, 10_000);
    expect(world.clock.now() - started).toBeLessThan(15 * 60_000);
    expect(told('Lost')).toMatchObject([{ attachments: [{ file_type: 'image/png' }] }]);
    expect((await texts(number))[0]?.attachments).toHaveLength(1);
    await world.run(60_000);
    expect([told('Lost').length, said().length]).toEqual([1, 1]);
  });

  test('is what its bytes say, and nothing that a browser runs where nobody knows them', async () => {
    await comes('Page', [store.keep('4', Buffer.from('<html><script>alert(1)</script>'))], 'text/html');
    await until('the event', () => told('Page').length > 0);
    const [file] = (await texts(number))[0]?.attachments ?? [];
    expect(file?.fileType).toBe('text/html');
    const reply = await fetched(file?.link ?? '');
    expect(reply.headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-disposition': expect.stringMatching(/^attachment/) as string,
      'x-content-type-options': 'nosniff',
    });
  });

  test('with STOP stops at once, and a layout is no picture', async () => {
    await comes('STOP', [store.keep('5', Buffer.from('<smil/>'))], 'application/smil');
    expect(told('STOP')).toHaveLength(0);
    await until('the event', () => told('STOP').length > 0);
    expect((await texts(number))[0]).toMatchObject({ attachments: [] });
    const reply = await ask('POST', path(number), { body: 'Hello?' });
    expect([reply.status, reply.body['message']]).toEqual([422, expect.stringContaining('opted out') as string]);
  });

  test('is not held up by files of others, whose store does not answer', async () => {
    const silent = await new FileStore().open();
    silent.isSilent = true;
    try {
      const files = Array.from({ length: 10 }, (_, index) => `${silent.url}/${index}`);
      await comes('Silent', files);
      await comes('Silent too', files, 'image/jpeg', carrierId);
      await comes('Prompt', [store.keep('7', JPEG)], 'image/jpeg', carrierId);
      // The clock of the test waits for whoever fetches: here nobody does so to an end.
      await eventually(() => expect(told('Prompt')).toHaveLength(1));
      expect(told('Prompt')).toMatchObject([{ attachments: [{ file_type: 'image/jpeg' }] }]);
      expect([silent.asked.length, told('Silent')]).toEqual([4, []]);
    } finally {
      const { db } = world.core;
      await db
        .updateTable('message_attachments')
        .set({ next_at: null })
        .where('url', 'like', `${silent.url}/%`)
        .execute();
      await silent.close();
    }
  });

  test('is not fetched for a conversation that was erased meanwhile', async () => {
    const log = vi.spyOn(world.core.log, 'warn').mockReturnValue(undefined);
    store.troubles.push(503);
    await comes('Never mind', [store.keep('6', JPEG)]);
    await world.run(1000);
    await removeConversation(
      world.core,
      { accountId: world.account.id, mode: 'live' },
      { id: path(number).split('/').at(-1) ?? '', actor: 'test' },
    );
    const before = store.asked.length;
    await world.run(90_000);
    expect(store.asked).toHaveLength(before);
    expect(told('Never mind')).toEqual([]);
    expect(log).toHaveBeenCalled();
    log.mockRestore();
  });

  test('that says where a private address lies is not fetched', async () => {
    const { id } = await twilio();
    const from = '+12125550149';
    const media = [{ url: 'http://169.254.169.254/latest/meta-data' }, { url: 'http://10.0.0.1/x' }];
    await receiveMessage(world.core, id, { theirId: 'MMprivate', from, to: SANDBOX_NUMBER, text: 'Inside', media });
    await until('the event', () => told('Inside').length > 0);
    expect(told('Inside')).toMatchObject([{ attachments: [] }]);
    const rows = await world.core.db
      .selectFrom('message_attachments')
      .select(['status', 'error', 'attempts', 'url'])
      .where('error', 'like', '%private%')
      .execute();
    expect(rows).toEqual(
      media.map(() => ({
        ...{ status: 'failed', attempts: 1, url: null },
        error: expect.stringContaining('private or reserved') as string,
      })),
    );
  });
});
