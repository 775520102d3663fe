import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createKey } from '#core/accounts/index.js';
import { openWorld, SANDBOX_NUMBER, type World } from '../world.js';

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
beforeAll(async () => {
  world = await openWorld();
  const key = { accountId: world.account.id, mode: 'live', style: 'talkroute', actor: 'test' } as const;
  const { secret } = await createKey(world.core, key);
  const { port } = await world.platform.server.listen();
  base = `http://127.0.0.1:${port}/api`;
  client = new Client(base, secret);
});
afterAll(() => world.close());

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
