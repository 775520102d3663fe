import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { serviceAdapters } from '#carriers/service-adapters.js';
import { createKey } from '#core/accounts/index.js';
import { addCarrier } from '#core/carriers/index.js';
import { findObject } from '#core/routing/index.js';
import { keepMessage } from '#core/voicemail/keep-message.js';
import { encodeWav } from '#speech/encode-wav.js';
import { addPastCalls } from '../past-calls.js';
import { FATES, TextService, TWILIO_TOKEN, twilioDialect } from '../text-service.js';
import { openWorld, SANDBOX_NUMBER, sandboxCarriers, type World } from '../world.js';

/**
 * A client as integrations of the published API are written: `{base}/v2/…`, a key that begins `tr_live_`, `page` and
 * `pageSize=100` until the last page, answers bare or under `data`, flat bodies, errors by `message`. It knows nothing of ours.
 */
class Client {
  constructor(
    private readonly base: string,
    private readonly key: string,
  ) {
    if (!/^tr_live_[0-9a-f]{64}/.test(key)) throw new Error('This does not look like an API key.');
  }

  async request<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(`${this.base}/v2${path}`, {
      method,
      headers: {
        Accept: 'application/json',
        Authorization: `Bearer ${this.key}`,
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const json = (text === '' ? undefined : JSON.parse(text)) as Record<string, unknown> | undefined;
    if (!response.ok) throw new ClientError(response.status, json ?? {});
    const data = json !== undefined && 'data' in json ? json['data'] : json;
    // Some answers are a list of one.
    return (method === 'POST' && Array.isArray(data) ? data[0] : data) as T;
  }

  async *all<T>(path: string, filters: Record<string, string> = {}): AsyncGenerator<T> {
    for (let page = 1; ; page++) {
      const query = new URLSearchParams({ ...filters, page: String(page), pageSize: '100' });
      const response = await fetch(`${this.base}/v2${path}?${query.toString()}`, {
        headers: { Authorization: `Bearer ${this.key}` },
      });
      const { data, pagination } = (await response.json()) as {
        data: T[];
        pagination: { currentPage: number; totalPages: number; total: number };
      };
      yield* data;
      if (pagination.currentPage >= pagination.totalPages) return;
    }
  }

  async list<T>(path: string, filters: Record<string, string> = {}): Promise<T[]> {
    const found: T[] = [];
    for await (const item of this.all<T>(path, filters)) found.push(item);
    return found;
  }
}

class ClientError extends Error {
  constructor(
    readonly status: number,
    { message, error, errors }: Record<string, unknown>,
  ) {
    super([message, error].find((text) => typeof text === 'string') ?? JSON.stringify(errors));
  }
}

interface Thing {
  id: number;
  name: string;
}

let world: World;
let base: string;
let client: Client;
let carrier: TextService;
beforeAll(async () => {
  world = await openWorld({
    carriers: (clock) => sandboxCarriers(clock, serviceAdapters({ clock, callbackUrl: () => 'http://127.0.0.1:9/' })),
  });
  carrier = await new TextService(twilioDialect).open();
  await addCarrier(world.core, {
    ...{ name: 'tw', kind: 'twilio', actor: 'test', settings: { accountSid: 'AC1', apiUrl: carrier.url } },
    secrets: { authToken: TWILIO_TOKEN },
  });
  const key = { accountId: world.account.id, mode: 'live', style: 'talkroute', actor: 'test' } as const;
  const { secret } = await createKey(world.core, key);
  const { port } = await world.platform.server.listen();
  base = `http://127.0.0.1:${port}/api`;
  client = new Client(base, secret);
});
afterAll(async () => {
  await world.close();
  await carrier.close();
});

describe('a client of the published API', () => {
  test('checks its key with the cheapest call', async () => {
    expect(await client.request('GET', '/account')).toMatchObject({ name: 'Test account', trial: false });
    const wrong = new Client(base, `tr_live_${'0'.repeat(64)}`);
    await expect(wrong.request('GET', '/account')).rejects.toMatchObject({ status: 401 });
  });

  test('moves a business over: numbers, phones elsewhere, a group, a menu, hours', async () => {
    const [number] = await client.list<{ id: number; phoneNumber: string }>('/virtual-numbers');
    expect(number?.phoneNumber).toBe(SANDBOX_NUMBER);
    const forwarding = await client.request<Thing>('POST', '/forwarding-numbers', {
      number: '+12125550170',
      description: 'Front desk',
      announceAndVoicemailEnabled: true,
    });
    const group = await client.request<Thing & { destination: object }>('POST', '/ring-groups', {
      strategy: 'sequence',
      retryAfter: 5,
      maxHoldTime: 60,
      maxAttempts: 2,
      destination: { type: 'hangup' },
    });
    await client.request('PUT', `/ring-groups/${group.id}/members`, [
      {
        enabled: true,
        forwardingDeviceId: forwarding.id,
        forwardingSchedule: null,
        sequencePosition: 1,
        ringTimeout: 20,
      },
    ]);
    expect(await client.request('GET', `/ring-groups/${group.id}/members`)).toMatchObject([
      { forwardingDevice: { id: forwarding.id, number: '+12125550170' }, enabled: true, sequencePosition: 1 },
    ]);
    const menu = await client.request<Thing>('POST', '/menus', { name: 'Main', greeting: 'Press one.' });
    await client.request('PUT', `/menus/${menu.id}/options`, [
      { digit: '1', label: 'Front desk', destination: { type: 'ring_group', id: group.id }, enabled: true },
    ]);
    await client.request('PATCH', '/hours/settings', {
      timezone: 'America/Chicago',
      weekly: [{ day: 'monday', open: '09:00', close: '17:00' }],
      openDestination: { type: 'menu', id: menu.id },
      closedDestination: { type: 'hangup' },
    });
    await client.request('PUT', '/hours-override', { mode: 'open' });
    expect(await client.request('GET', '/hours/settings')).toMatchObject({ mode: 'open', isOpen: true });
    await client.request('PATCH', `/virtual-numbers/${number?.id}`, { destination: { type: 'hours' } });
    expect(await client.request('GET', `/virtual-numbers/${number?.id}`)).toMatchObject({
      destination: { type: 'hours', id: null },
    });

    // What the vendor's own paper asks for, and its server ignores, changes nothing without a word.
    const wrapped = client.request('PATCH', `/ring-groups/${group.id}`, { data: { maxHoldTime: 90 } });
    await expect(wrapped).rejects.toMatchObject({ status: 422, message: 'There is no field "data" here.' });
    const flat = { maxHoldTime: 90, destination: { type: 'menu', id: menu.id } };
    expect(await client.request('PATCH', `/ring-groups/${group.id}`, flat)).toMatchObject(flat);
  });

  test('reads every page, and no thing twice', async () => {
    const contacts = Array.from({ length: 250 }, (_, index) => ({
      firstName: `Person ${index}`,
      phoneNumbers: [{ label: 'mobile', number: `+1212556${String(index).padStart(4, '0')}` }],
    }));
    expect(await client.request('POST', '/contacts/import', contacts)).toMatchObject({ counts: { created: 250 } });
    const found = await client.list<{ id: string; firstName: string }>('/contacts');
    expect(new Set(found.map(({ id }) => id)).size).toBe(250);
    expect(new Set(found.map(({ firstName }) => firstName)).size).toBe(250);
    expect(await client.list('/contacts', { search: 'Person 24' })).toHaveLength(11);
  });

  test('subscribes to what happens, once for each URL and kind', async () => {
    const wanted = { hookUrl: 'http://127.0.0.1:9/hook?type=new_voicemail&secret=abc', type: 'new_voicemail' };
    const made = await client.request<Thing>('POST', '/subscriptions', wanted);
    expect(made).toMatchObject(wanted);
    expect(await client.list('/subscriptions')).toMatchObject([wanted]);
    await client.request('DELETE', `/subscriptions/${made.id}`);
    expect(await client.list('/subscriptions')).toEqual([]);
  });

  test('reads the history by direction and period', async () => {
    const noon = Date.parse('2026-03-01T12:00:00Z');
    const past = { mode: 'live', seconds: 5 } as const;
    const [, called] = await addPastCalls(world.core, world.account.id, [
      { ...past, at: noon },
      { ...past, at: noon + 60_000, callerName: 'Anna' },
      { ...past, at: noon + 90_000, direction: 'out' },
      { ...past, at: noon + 120_000 },
    ]);
    const filters = {
      direction: 'inbound',
      after: '2026-03-01T12:01:00+00:00',
      before: '2026-03-01T12:02:00+00:00',
    };
    expect(await client.list('/call-history', filters)).toMatchObject([
      { id: called, direction: 'inbound', externalName: 'Anna', duration: 5, callDate: '2026-03-01T12:01:00.000000Z' },
    ]);
    expect(await client.list('/call-history', { direction: 'outbound' })).toHaveLength(1);
    expect(await client.list('/call-history')).toHaveLength(4);
  });

  test('writes to somebody with whom there was no conversation, and reads it', async () => {
    const id = `${SANDBOX_NUMBER.slice(1)}-${FATES.delivers.slice(1)}`;
    const body = 'Your order is ready.';
    const sent = await client.request<{ id: string }>('POST', `/text-conversations/${id}`, { body });
    expect(sent).toMatchObject({ conversation_id: id, body, direction: 'outgoing' });
    expect(await client.list(`/text-conversations/${id}/messages`)).toMatchObject([{ id: sent.id, body }]);
    expect(await client.list('/text-conversations', { since: '2026-03-01T00:00:00+00:00' })).toMatchObject([
      { conversation_id: id, contact_number: FATES.delivers, messages_count: 1 },
    ]);
    expect(await client.list('/text-conversations', { unread: 'true' })).toEqual([]);
    await world.runUntil('the carrier has it', () => carrier.asked.length > 0);
    expect(carrier.asked.map((asked) => new URLSearchParams(asked.body).get('Body'))).toEqual([body]);
  });

  test('reads what callers left, and fetches how it sounds by a link without a key', async () => {
    const box = await client.request<Thing>('POST', '/voice-mailboxes', { name: 'Orders', transcription: false });
    const owner = { accountId: world.account.id, mode: 'live' } as const;
    const { body: mailbox } = await findObject(world.core, owner, 'mailbox', box.id);
    const said = Int16Array.from({ length: 8000 }, (_, at) => Math.round(5000 * Math.sin(at / 3)));
    const caller = { caller: '+13055550112', callerName: undefined, called: SANDBOX_NUMBER };
    const id = await keepMessage(
      world.core,
      { owner, mailboxId: box.id, mailbox, callId: 'cal_none', ...caller },
      said,
    );
    expect(await client.list('/voice-messages')).toMatchObject([{ id, read: false, callerNumber: '+13055550112' }]);
    const { url } = await client.request<{ url: string }>('GET', `/voice-messages/${id}/audio-url`);
    const sound = await fetch(url.replace(world.core.settings.publicUrl, base.replace(/\/api$/, '')));
    expect([sound.status, sound.headers.get('content-type')]).toEqual([200, 'audio/wav']);
    expect(Buffer.from(await sound.arrayBuffer()).equals(encodeWav({ pcm: said, rate: 8000 }))).toBe(true);
    expect(await client.request('PATCH', `/voice-messages/${id}`, { read: true })).toMatchObject({ id, read: true });
  });

  test('keeps users, extensions and the callers who are turned away', async () => {
    const who = { firstName: 'Ruth', lastName: 'Gold', email: 'ruth@example.com', role: 'user', extension: '204' };
    const user = await client.request<{ id: string; extensionId: number }>('POST', '/users', who);
    expect(await client.list<{ id: string }>('/users')).toContainEqual(
      expect.objectContaining({ ...who, id: user.id }),
    );
    expect(await client.list('/extensions')).toMatchObject([
      { id: user.extensionId, name: 'Ruth Gold', number: '204' },
    ]);
    const blocked = await client.request<Thing>('POST', '/blocked-numbers', { number: '+13055550113' });
    expect(await client.list('/blocked-numbers')).toMatchObject([{ id: blocked.id, number: '+13055550113' }]);
    await client.request('DELETE', `/blocked-numbers/${blocked.id}`);
    expect(await client.list('/blocked-numbers')).toEqual([]);
  });

  test('is told in a sentence what it may not, and what is not there', async () => {
    await expect(client.request('GET', '/menus/987654')).rejects.toMatchObject({
      status: 404,
      message: 'There is no menu 987654.',
    });
    await expect(client.request('POST', '/menus', {})).rejects.toMatchObject({
      status: 422,
      message: 'The field "name" is missing.',
    });
    await expect(client.request('POST', '/calls', { to: '+12125550100' })).rejects.toMatchObject({ status: 404 });
  });
});
