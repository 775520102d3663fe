import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkLedger, creditWallet, setMetering, setPrice } from '#core/billing/index.js';
import { configureCarriers } from '#core/carriers/index.js';
import { checkMessages } from '#core/messages/index.js';
import { acceptAll, addScripted, ScriptedCarrier } from '../queued-texts.js';
import { openWorld, sandboxCarriers, type Reply, type World } from '../world.js';

/** Stories of one-time codes that come as texts; live ones go to a carrier that the test speaks for. */
let world: World;
let carrier: ScriptedCarrier;
let carrierId: string;
const TO = '+15551234567';

beforeEach(async () => {
  carrier = new ScriptedCarrier();
  world = await openWorld({ carriers: (clock) => sandboxCarriers(clock, { http: carrier.open }) });
  carrierId = await addScripted(world.core, 'carrier');
  await configureCarriers(world.core);
});
afterEach(async () => {
  expect(await checkLedger(world.core)).toEqual([]);
  expect(await checkMessages(world.core, new Date(0))).toEqual([]);
  await world.close();
});

const ask = (more: object = {}, key: string = world.keys.live): Promise<Reply> =>
  world.requestInTime('POST', '/v1/otp', { body: { to: TO, channel: 'sms', ...more }, key });

async function look(id: unknown, key: string = world.keys.live): Promise<Record<string, unknown>> {
  return (await world.request('GET', `/v1/otp/${String(id)}`, { key })).body;
}

async function eventsOf(id: unknown): Promise<string[]> {
  const { rows } = await sql<{ type: string }>`
    select type from events where subject = ${String(id)} order by sequence`.execute(world.core.db);
  return rows.map(({ type }) => type);
}

async function receipt(state: 'delivered' | 'undelivered'): Promise<void> {
  const text = carrier.submitted.at(-1);
  await carrier.listener?.onReceipt(carrierId, { theirId: `${text?.id ?? ''}-1`, state });
  await world.settle();
}

function codeSent(): string {
  return /\d{4,10}/.exec(carrier.submitted.at(-1)?.text ?? '')?.[0] ?? 'no code';
}

test('a code comes as a text, is delivered and verified, and stands nowhere', async () => {
  const reply = await ask();
  expect(reply.status, JSON.stringify(reply.body)).toBe(201);
  expect(reply.body).toMatchObject({ channel: 'sms', status: 'calling', language_used: 'en-US' });
  const { id } = reply.body;
  await world.settle();
  expect(carrier.submitted).toHaveLength(1);
  expect(carrier.submitted[0]).toMatchObject({ to: TO, from: '+15005550100', of: 1, encoding: 'gsm7' });
  expect(carrier.submitted[0]?.text).toMatch(/^Your code is \d{6}\.$/);
  expect(await look(id)).toMatchObject({ status: 'calling', channel: 'sms' });
  await receipt('delivered');
  expect(await look(id)).toMatchObject({ status: 'delivered' });
  const code = codeSent();
  const { rows } = await sql`
    select from messages m where m::text like ${`%${code}%`}
    union all select from events e where e.data::text like ${`%${code}%`}
    union all select from verifications v where v.code_encrypted is not null`.execute(world.core.db);
  expect(rows).toEqual([]);
  const checked = await world.request('POST', '/v1/otp/verify', { body: { id, code }, key: world.keys.live });
  expect(checked.body).toMatchObject({ verified: true });
  expect(await eventsOf(id)).toEqual(['verification.delivered', 'verification.checked']);
});

test.each([
  ['es', 'es', /^Su código es \d{6}\.$/, 'ucs2'],
  ['fr-CA', 'fr-CA', /^Votre code est \d{6}\.$/, 'gsm7'],
  ['xh', 'en-US', /^Your code is \d{6}\.$/, 'gsm7'],
])('in %s it is written in %s', async (language, used, text, encoding) => {
  expect((await ask({ language })).body).toMatchObject({ language_used: used });
  await world.settle();
  expect(carrier.submitted[0]?.text).toMatch(text);
  expect(carrier.submitted[0]).toMatchObject({ encoding, of: 1 });
});

test('without a carrier that leads there it is 502, and nothing is written', async () => {
  await sql`update carriers set prefixes = '{+49}'`.execute(world.core.db);
  const reply = await ask();
  expect(reply.status).toBe(502);
  expect(JSON.stringify(reply.body)).toContain('sidetone carriers add');
  const { rows } = await sql`select from messages union all select from verifications`.execute(world.core.db);
  expect(rows).toEqual([]);
});

test('where the carrier refuses it is 502, and fails', async () => {
  carrier.answer = (text) => text.parts.map(() => ({ kind: 'refused', code: '11', detail: 'No such number.' }));
  const reply = await ask();
  expect(reply.status).toBe(502);
  expect(JSON.stringify(reply.body)).toContain('The carrier refused the text.');
  const row = await world.core.db.selectFrom('verifications').selectAll().executeTakeFirstOrThrow();
  expect(row).toMatchObject({ status: 'failed', reason: 'refused', code_encrypted: null });
  expect(await eventsOf(row.id)).toEqual(['verification.failed']);
});

test('one that cannot be delivered fails, and one that nobody answers for expires', async () => {
  const { id } = (await ask()).body;
  await world.settle();
  await receipt('undelivered');
  expect(await look(id)).toMatchObject({ status: 'failed' });
  expect(await eventsOf(id)).toEqual(['verification.failed']);

  await world.run(61_000);
  const { id: other } = (await ask({ to: '+15551234568' })).body;
  await world.run(311_000);
  expect(await look(other)).toMatchObject({ status: 'expired' });
  expect(await eventsOf(other)).toEqual(['verification.failed']);
  await receipt('delivered');
  expect(await eventsOf(other)).toEqual(['verification.failed']);
});

test('whoever knows the code has read it, also when the carrier did not say whether it took the text', async () => {
  carrier.answer = (text) => text.parts.map(() => ({ kind: 'unknown', detail: 'Silence.' }));
  const { id } = (await ask()).body;
  await world.settle();
  expect(await look(id)).toMatchObject({ status: 'calling' });
  const checked = await world.request('POST', '/v1/otp/verify', {
    body: { id, code: codeSent() },
    key: world.keys.live,
  });
  expect(checked.body).toMatchObject({ verified: true });
});

test('a newer code takes back a text that still waits', async () => {
  carrier.answer = (text) => text.parts.map(() => ({ kind: 'throttled', code: '88', retryAfterMs: 120_000 }));
  const { id } = (await ask()).body;
  await world.run(65_000);
  carrier.answer = acceptAll;
  await sql`update carriers set next_segment_at = null`.execute(world.core.db);
  const { id: newer } = (await ask()).body;
  await world.settle();
  expect(await look(id)).toMatchObject({ status: 'expired' });
  expect(await eventsOf(id)).toEqual(['verification.failed']);
  expect(newer).not.toBe(id);
});

test('the text is what it costs, held with the request', async () => {
  const accountId = world.account.id;
  await setPrice(world.core, { unit: 'sms_segment', amount: '3', actor: 'test' });
  await setMetering(world.core, { accountId, metering: 'prepaid', actor: 'test' });
  expect((await ask()).status).toBe(502);
  await creditWallet(world.core, { accountId, amount: 5, note: 'paid', actor: 'test' });
  expect((await ask()).status).toBe(201);
  await world.settle();
  await receipt('delivered');
  const { rows } = await sql<{ kind: string; amount: number }>`
    select kind, amount from ledger_entries where unit = 'sms_segment' order by sequence`.execute(world.core.db);
  expect(rows).toEqual([
    { kind: 'hold', amount: -3 },
    { kind: 'release', amount: 3 },
    { kind: 'charge', amount: -3 },
  ]);
});

test('with a test key the sandbox delivers it', async () => {
  const reply = await ask({}, world.keys.test);
  expect(reply.body).toMatchObject({ simulated: true, channel: 'sms', sandbox_code: '000000' });
  const { id } = reply.body;
  await world.runUntil('its delivery', async () => (await look(id, world.keys.test))['status'] === 'delivered');
  const checked = await world.request('POST', '/v1/otp/verify', { body: { id, code: '000000' } });
  expect(checked.body).toMatchObject({ verified: true });
  expect((await ask({ to: '+15005550071' }, world.keys.test)).status).toBe(502);
});
