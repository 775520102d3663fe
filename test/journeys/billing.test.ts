import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  checkLedger,
  creditWallet,
  findWallet,
  listEntries,
  setMetering,
  setPrice,
  type LedgerEntry,
} from '#core/billing/index.js';
import { configureEngine } from '#core/engine-configuration.js';
import { addNumber } from '#core/numbers/index.js';
import { addPhone } from '#core/phones/index.js';
import { addTrunk } from '#core/trunks/index.js';
import type { EngineCommand } from '#voice/engine.js';
import { SimulatedEngine } from '#voice/simulated/simulated-engine.js';
import { openWorld, SANDBOX_NUMBER, type World } from '../world.js';

/** What live calls that leave by a trunk cost, on a simulated network behind the trunk. */
const A_MINUTE = 5;
let world: World;
let commands: EngineCommand[];

beforeEach(async () => {
  commands = [];
  world = await openWorld({
    live: (clock) => {
      const engine = new SimulatedEngine(clock);
      return {
        on: (listener) => engine.on(listener),
        close: () => engine.close(),
        send(command) {
          commands.push(command);
          engine.send(command);
        },
      };
    },
  });
  const wide = { channels: 100, callsPerSecond: 100 };
  await addTrunk(world.core, { name: 'carrier', uri: 'sip:127.0.0.1:9', sipHost: '127.0.0.1', ...wide, actor: 'test' });
  await configureEngine(world.core);
  await setPrice(world.core, { unit: 'voice_minute', amount: String(A_MINUTE), actor: 'test' });
});
afterEach(async () => {
  expect(await world.violations()).toEqual([]);
  expect(await checkLedger(world.core)).toEqual([]);
  await world.close();
});

const prepaid = (balance: number) => Promise.all([credit(balance), meter()]);
const meter = () => setMetering(world.core, { accountId: world.account.id, metering: 'prepaid', actor: 'test' });
const credit = async (amount: number): Promise<void> => {
  if (amount === 0) return;
  await creditWallet(world.core, { accountId: world.account.id, amount, note: 'paid', actor: 'test' });
};
const wallet = () => findWallet(world.core, world.account.id);

/** A message of so many seconds: four words take one. */
function request(to: string, seconds = 1, key = world.keys.live, headers = {}) {
  const message = 'a '.repeat(seconds * 4);
  const body = { to, from: SANDBOX_NUMBER, message, amd: { enabled: false } };
  return world.request('POST', '/api/v1/calls', { key, body, headers });
}

async function place(to: string, seconds?: number): Promise<string> {
  const { status, body } = await request(to, seconds);
  expect(status, JSON.stringify(body)).toBe(201);
  return String(body['call_id']);
}

async function ended(id: string): Promise<Record<string, unknown>> {
  let call: Record<string, unknown> = {};
  await world.runUntil(`the end of ${id}`, async () => {
    call = (await world.request('GET', `/api/v1/calls/${id}`, { key: world.keys.live })).body;
    return call['completed_at'] !== null;
  });
  return call;
}

async function entriesOf(id: string): Promise<string[]> {
  const entries = await listEntries(world.core, { accountId: world.account.id, limit: 500 });
  return entries
    .filter(({ reference }) => reference === id)
    .map(({ kind, amount }: LedgerEntry) => `${kind} ${amount}`)
    .reverse();
}

describe('a call that is answered', () => {
  beforeEach(() => prepaid(100));

  test('is paid for minute by minute and charged when it ends', async () => {
    const id = await place('+12125550101', 130);
    expect(await ended(id)).toMatchObject({ status: 'completed', error: null });
    expect(await entriesOf(id)).toEqual(['hold -5', 'hold -5', 'hold -5', 'release 15', 'charge -15']);
    expect(await wallet()).toMatchObject({ balance: 85, held: 0, owed: 0 });
  });

  test('is charged for the minutes that began, not for those that were held', async () => {
    const id = await place('+12125550101', 50);
    await ended(id);
    expect(await entriesOf(id)).toEqual(['hold -5', 'hold -5', 'release 10', 'charge -5']);
  });

  test('to a mailbox or a fax machine is one, too', async () => {
    const body = { to: '+15005550043', from: SANDBOX_NUMBER, message: 'a' };
    const placed = await world.request('POST', '/api/v1/calls', { key: world.keys.live, body });
    const id = String(placed.body['call_id']);
    expect(await ended(id)).toMatchObject({ status: 'failed', error: { code: 'fax' } });
    expect(await entriesOf(id)).toEqual(['hold -5', 'release 5', 'charge -5']);
  });

  test('that a redirect sent on is charged once', async () => {
    const id = await place('+15005550030');
    expect(await ended(id)).toMatchObject({ status: 'completed', attempts: 2 });
    expect(await entriesOf(id)).toEqual(['hold -5', 'release 5', 'charge -5']);
  });

  test('costs nothing in the sandbox', async () => {
    const placed = await request('+12125550101', 1, world.keys.test);
    await world.run(20_000);
    expect(await entriesOf(String(placed.body['call_id']))).toEqual([]);
    expect(await wallet()).toMatchObject({ balance: 100 });
  });
});

describe('a call that is not answered', () => {
  test.each([
    ['+15005550020', 'busy'],
    ['+15005550021', 'rejected'],
    ['+15005550022', 'no_answer'],
    ['+15005550023', 'failed'],
    ['+15005550025', 'failed'],
    ['+15005550031', 'failed'],
  ])('to %s: %s, costs nothing', async (to, status) => {
    await prepaid(A_MINUTE);
    const id = await place(to);
    expect(await ended(id)).toMatchObject({ status });
    expect(await entriesOf(id)).toEqual(['hold -5', 'release 5']);
    expect(await wallet()).toMatchObject({ balance: A_MINUTE, held: 0 });
  });

  test('because it was canceled holds nothing any longer', async () => {
    await prepaid(A_MINUTE);
    const id = await place('+15005550022');
    await world.runUntil('the dial', () => commands.some(({ kind }) => kind === 'dial'));
    expect(await wallet()).toMatchObject({ balance: 0, held: A_MINUTE });
    await world.request('POST', `/api/v1/calls/${id}/cancel`, { key: world.keys.live });
    expect(await ended(id)).toMatchObject({ status: 'canceled' });
    expect(await wallet()).toMatchObject({ balance: A_MINUTE, held: 0 });
  });
});

describe('a balance that is used up', () => {
  test('ends a call with the minute that was paid, after a warning', async () => {
    await prepaid(2 * A_MINUTE + 4);
    const id = await place('+12125550101', 300);
    const call = await ended(id);
    expect(call).toMatchObject({ status: 'completed', duration_seconds: 120, error: { code: 'insufficient_funds' } });
    expect(await entriesOf(id)).toEqual(['hold -5', 'hold -5', 'release 10', 'charge -10']);
    expect(await wallet()).toMatchObject({ balance: 4, held: 0, owed: 0 });
    expect(commands.filter((command) => command.kind === 'play' && command.job === 'warning')).toHaveLength(1);
  });

  test('that is filled in time ends none', async () => {
    await prepaid(A_MINUTE);
    const id = await place('+12125550101', 80);
    await world.run(30_000);
    await credit(A_MINUTE);
    expect(await ended(id)).toMatchObject({ status: 'completed', error: null });
    expect(await wallet()).toMatchObject({ balance: 0, held: 0, owed: 0 });
  });

  test('refuses calls before they are accepted, alone or together, with a key or without', async () => {
    await prepaid(A_MINUTE - 1);
    const refused = { status: 402, body: { error: { code: 'insufficient_funds' } } };
    expect(await request('+12125550101')).toMatchObject(refused);
    expect(await request('+12125550101', 1, world.keys.live, { 'idempotency-key': 'a' })).toMatchObject(refused);
    expect((await request('+12125550101', 1, world.keys.test)).status).toBe(201);
    await credit(1);
    expect((await request('+12125550101')).status).toBe(201);
  });

  test('fails the calls that it does not pay for, undialled', async () => {
    await prepaid(2 * A_MINUTE);
    const ids = await Promise.all(Array.from({ length: 5 }, () => place('+12125550101')));
    const calls = [];
    for (const id of ids) calls.push(await ended(id));
    const failed = calls.filter(({ status }) => status === 'failed');
    expect(failed).toHaveLength(3);
    for (const call of failed) expect(call).toMatchObject({ attempts: 0, error: { code: 'insufficient_funds' } });
    expect(commands.filter(({ kind }) => kind === 'dial')).toHaveLength(2);
    expect(await wallet()).toMatchObject({ balance: 0, held: 0, owed: 0 });
  });

  test('does not keep anybody from calling the phones of the installation', async () => {
    await meter();
    const ours = '+12125550177';
    await addPhone(world.core, { accountId: world.account.id, name: '101', actor: 'test' });
    await addNumber(world.core, {
      ...{ accountId: world.account.id, mode: 'live', number: ours, phone: '101', actor: 'test' },
    });
    for (const to of ['101', ours]) {
      const id = await place(to);
      await ended(id);
      expect(await entriesOf(id)).toEqual([]);
    }
  });
});

describe('an account that pays later', () => {
  test('calls with an empty balance, and owes what it used', async () => {
    const id = await place('+12125550101', 70);
    expect(await ended(id)).toMatchObject({ status: 'completed', error: null });
    expect(await wallet()).toMatchObject({ balance: 0, held: 0, owed: 2 * A_MINUTE });
    await place('+15005550020');
    await credit(3 * A_MINUTE);
    expect(await wallet()).toMatchObject({ balance: A_MINUTE, owed: 0 });
  });
});

describe('a call without a price', () => {
  beforeEach(async () => {
    await setPrice(world.core, { unit: 'voice_minute', amount: null, actor: 'test' });
    await meter();
  });

  test('is entered, whatever the balance', async () => {
    const id = await place('+12125550101', 70);
    await ended(id);
    expect(await entriesOf(id)).toEqual(['charge 0']);
    const [entry] = await listEntries(world.core, { accountId: world.account.id, limit: 1 });
    expect(entry).toMatchObject({ unit: 'voice_minute', quantity: '2', price: '0' });
  });

  test('stays free when it gets a price while it goes on', async () => {
    const id = await place('+12125550101', 70);
    await world.run(5000);
    await setPrice(world.core, { unit: 'voice_minute', amount: '5', actor: 'test' });
    expect(await ended(id)).toMatchObject({ status: 'completed', error: null });
    expect(await entriesOf(id)).toEqual(['charge 0']);
  });
});
