import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createAccount, createKey } from '#core/accounts/index.js';
import { checkLedger, creditWallet, findWallet, setMetering, setPrice } from '#core/billing/index.js';
import { addNumber } from '#core/numbers/index.js';
import { addTrunk } from '#core/trunks/index.js';
import { setPolicy } from '#core/verifications/index.js';
import type { TextToSpeech, Voice } from '#speech/tts.js';
import { openToneSpeech } from '../tone-speech.js';
import { openWorld, SANDBOX_NUMBER, type Reply, type World } from '../world.js';

/** Stories of one-time codes on the held clock: live keys lead into a second simulated network. */
let world: World;

beforeEach(async () => {
  world = await openWorld();
  await addCarrier(world);
});
afterEach(async () => {
  await world.runUntil('the end of all calls', async () => (await openCalls()) === 0);
  expect(await world.violations()).toEqual([]);
  expect(await checkLedger(world.core)).toEqual([]);
  expect(await unevenVerifications()).toEqual([]);
  await world.close();
});

async function addCarrier({ core }: World): Promise<void> {
  const trunk = { name: 'carrier', uri: 'sip:127.0.0.1:9', sipHost: '127.0.0.1', channels: 500, callsPerSecond: 100 };
  await addTrunk(core, { ...trunk, actor: 'test' });
}

async function openCalls(): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from calls where ended_at is null`.execute(world.core.db);
  return rows[0]?.n ?? 0;
}

/** Whose call is over and that do not have exactly one of the two events, or still have their code. */
async function unevenVerifications(): Promise<unknown[]> {
  const { rows } = await sql`
    select v.id, v.status from verifications v join calls c on c.id = v.call_id
    where c.ended_at is not null and (v.code_encrypted is not null or 1 <> (
      select count(*) from events e
      where e.subject = v.id and e.type in ('verification.delivered', 'verification.failed')))`.execute(world.core.db);
  return rows;
}

const ask = (body: object, key: string = world.keys.live): Promise<Reply> =>
  world.requestInTime('POST', '/v1/otp', { body, key });
const verify = (body: object, key: string = world.keys.live): Promise<Reply> =>
  world.request('POST', '/v1/otp/verify', { body, key });

async function placed(to: string, more: object = {}): Promise<string> {
  const reply = await ask({ to, ...more });
  expect(reply.status, JSON.stringify(reply.body)).toBe(201);
  return String(reply.body['id']);
}

async function look(id: string): Promise<Record<string, unknown>> {
  return (await world.request('GET', `/v1/otp/${id}`, { key: world.keys.live })).body;
}

async function ended(id: string): Promise<Record<string, unknown>> {
  await world.runUntil(`the end of the call of ${id}`, async () => {
    const { rows } = await sql<{ over: boolean }>`
      select c.ended_at is not null as over from verifications v join calls c on c.id = v.call_id
      where v.id = ${id}`.execute(world.core.db);
    return rows[0]?.over === true;
  });
  return look(id);
}

async function eventsOf(id: string): Promise<string[]> {
  const rows = await world.core.db
    .selectFrom('events')
    .select(['type', 'data'])
    .where('subject', '=', id)
    .orderBy('sequence')
    .execute();
  return rows.map(({ type, data }) => `${type}${typeof data['reason'] === 'string' ? ` ${data['reason']}` : ''}`);
}

async function codeOf(id: string): Promise<string> {
  const row = await world.core.db
    .selectFrom('verifications')
    .select('code_encrypted')
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  return world.core.secrets.open(row.code_encrypted ?? Buffer.alloc(0));
}

function setting(name: string, value: string, owner: { accountId?: string } = { accountId: world.account.id }) {
  return setPolicy(world.core, { ...owner, name, value, actor: 'test' });
}

describe('a code that is heard', () => {
  test('is delivered once it was read to its end, verified by what was heard, and erased', async () => {
    const id = await placed('+15551234567');
    const code = await codeOf(id);
    expect(await look(id)).toMatchObject({ status: 'calling', delivered_at: null });
    await world.runUntil('delivery', async () => (await look(id))['status'] === 'delivered');
    expect((await verify({ id, code })).body).toMatchObject({ verified: true });
    expect(await ended(id)).toMatchObject({ status: 'verified', failure: null });
    expect(await eventsOf(id)).toEqual(['verification.delivered', 'verification.checked']);
  });

  test('typed before the reading is over counts as heard', async () => {
    const id = await placed('+15551234567');
    expect((await verify({ id, code: await codeOf(id) })).body).toMatchObject({ verified: true });
    await ended(id);
    expect(await eventsOf(id)).toEqual(['verification.delivered', 'verification.checked']);
  });

  test('locked while it is read has ended once it was heard', async () => {
    const id = await placed('+15551234567');
    const wrong = (await codeOf(id)) === '123456' ? '654321' : '123456';
    for (let tries = 0; tries < 3; tries++) await verify({ id, code: wrong });
    const story = await ended(id);
    expect(story).toMatchObject({ status: 'locked', failure: null });
    expect([story['delivered_at'], story['ended_at']]).toEqual([expect.any(String), expect.any(String)]);
  });

  test('is read digit by digit, and no sentence with it is ever given to a voice', async () => {
    const tts = openToneSpeech();
    const spoken = await openWorld({ tts });
    try {
      await addCarrier(spoken);
      const body = { to: '+15551234567', code: '90210' };
      expect((await spoken.requestInTime('POST', '/v1/otp', { body, key: spoken.keys.live })).status).toBe(201);
      await spoken.run(60_000);
      expect(tts.sentences).toEqual(expect.arrayContaining(['nine', 'zero', 'two', 'one']));
      for (const sentence of tts.sentences) expect(sentence).not.toMatch(/nine.*zero|9|02/);
    } finally {
      await spoken.close();
    }
  });

  test('is spoken in the language asked for where a voice has it', async () => {
    const tts = withSpanish();
    const spoken = await openWorld({ tts });
    try {
      await addCarrier(spoken);
      const body = { to: '+15551234567', code: '4071', language: 'es-MX' };
      const reply = await spoken.requestInTime('POST', '/v1/otp', { body, key: spoken.keys.live });
      expect(reply.body).toMatchObject({ language_used: 'es-ES' });
      await spoken.run(60_000);
      expect(tts.sentences).toEqual(expect.arrayContaining(['cuatro', 'cero', 'siete', 'uno']));
    } finally {
      await spoken.close();
    }
  });

  test('keys that are pressed meanwhile are kept nowhere: they may be the code', async () => {
    const id = await placed('+15005550005');
    const { call } = await ended(id);
    const row = await world.core.db
      .selectFrom('calls')
      .select('digits')
      .where('id', '=', String(call))
      .executeTakeFirstOrThrow();
    expect(row.digits).toBe('');
    expect(await eventsOf(String(call))).not.toContain('call.digit');
  });
});

/** The tones, and a Spanish voice beside them. */
function withSpanish(): TextToSpeech & { sentences: readonly string[] } {
  const tones = openToneSpeech();
  const spanish: Voice = {
    id: 'es-ES-Standard-F',
    language: 'es-ES',
    gender: 'female',
    quality: 'standard',
    native: 'high',
  };
  return { ...tones, voices: [...tones.voices, spanish] };
}

describe('a code that is not heard', () => {
  test.each([
    ['+15005550020', 'busy'],
    ['+15005550021', 'rejected'],
    ['+15005550022', 'ring_timeout'],
    ['+15005550025', 'unreachable'],
    ['+15005550026', 'hung_up'],
    ['+15005550040', 'voicemail'],
    ['+15005550041', 'voicemail'],
    ['+15005550042', 'voicemail'],
    ['+15005550043', 'fax'],
    ['+15005550044', 'network_announcement'],
    ['+15005550045', 'voicemail'],
    ['+15005550046', 'voicemail'],
    ['+15005550047', 'voicemail'],
    ['+15005550049', 'voicemail'],
  ])('%s fails as %s, once, and cannot be verified any more', async (to, reason) => {
    const id = await placed(to);
    const story = await ended(id);
    expect(story).toMatchObject({ status: 'failed', delivered_at: null, failure: { reason } });
    expect((story['failure'] as { message: string }).message).toMatch(/[a-z].*\.$/);
    expect(await eventsOf(id)).toEqual([`verification.failed ${reason}`]);
    expect((await verify({ id, code: '123456' })).body).toMatchObject({ status: 'expired', verified: false });
  });

  test('is not verified by the test code either, before its call has failed', async () => {
    const reply = await ask({ to: '+15005550022' }, world.keys.test);
    const id = String(reply.body['id']);
    expect((await verify({ id, code: '000000' }, world.keys.test)).body).toMatchObject({ status: 'mismatch' });
    await ended(id);
    expect((await verify({ id, code: '000000' }, world.keys.test)).body).toMatchObject({ status: 'expired' });
    expect(await eventsOf(id)).toEqual(['verification.checked', 'verification.failed ring_timeout']);
  });

  test('because a newer one took its place: its call is hung up', async () => {
    const id = await placed('+15005550022');
    await world.run(11_000);
    await setting('cooldown_seconds', '5');
    const second = await placed('+15005550022');
    expect(await ended(id)).toMatchObject({ status: 'expired', failure: { reason: 'replaced' } });
    expect(await eventsOf(id)).toEqual(['verification.failed replaced']);
    expect((await look(second))['status']).toBe('calling');
  });

  test('because its time was over: the call that still rings is hung up', async () => {
    await setting('expiry_seconds', '60');
    await setting('call_timeout_seconds', '120');
    const id = await placed('+15005550022');
    await world.run(75_000);
    expect(await ended(id)).toMatchObject({ status: 'expired', failure: { reason: 'expired' } });
    expect(await eventsOf(id)).toEqual(['verification.failed expired']);
  });

  test('because the server was stopped', async () => {
    const id = await placed('+15005550022');
    world = await world.restart();
    expect(await look(id)).toMatchObject({ status: 'failed', failure: { reason: 'server_stopped' } });
    expect(await eventsOf(id)).toEqual(['verification.failed server_stopped']);
  });
});

describe('press 1', () => {
  test('a mailbox hears no code, whoever presses 1 does', async () => {
    await setting('on_machine', 'press_1');
    const mailbox = await placed('+15005550040');
    expect(await ended(mailbox)).toMatchObject({ status: 'failed', failure: { reason: 'voicemail' } });
    const pressing = await placed('+15005550049');
    expect(await ended(pressing)).toMatchObject({ status: 'delivered' });
    const silent = await placed('+15005550046');
    expect(await ended(silent)).toMatchObject({ status: 'failed', failure: { reason: 'voicemail' } });
  });
});

describe('limits', () => {
  const refused = async (to: string, retryAfter: number, message: RegExp, key?: string): Promise<void> => {
    const reply = await ask({ to }, key);
    expect([reply.status, reply.headers['retry-after']]).toEqual([429, String(retryAfter)]);
    const { error } = reply.body as { error: { code: string; message: string } };
    expect(error.code).toBe('rate_limited');
    expect(error.message).toMatch(message);
    expect(error.message).toContain(`Retry after ${retryAfter}s.`);
  };

  test('are the account’s: cooldown before hour before day', async () => {
    const to = '+15551230001';
    await setting('per_hour', '1');
    await setting('per_day', '1');
    await placed(to);
    const { headers } = await ask({ to });
    const left = Number(headers['retry-after']);
    expect(left).toBeGreaterThan(30);
    expect(left).toBeLessThanOrEqual(60);
    await world.run(61_000);
    await refused(to, 3600, /within an hour/);
    await setting('per_hour', '5');
    await refused(to, 86_400, /within a day/);
    await sql`update verifications set created_at = created_at - interval '1 day'`.execute(world.core.db);
    await placed(to);
  });

  test('over all accounts hold whoever asks', async () => {
    const other = await createAccount(world.core, { name: 'Another', actor: 'test' });
    const { secret } = await createKey(world.core, { accountId: other.id, mode: 'live', actor: 'test' });
    await addNumber(world.core, { accountId: other.id, mode: 'live', number: '+12125550199', actor: 'test' });
    const to = '+15551230002';
    await setting('cooldown_seconds', '600', {});
    await placed(to);
    await world.run(61_000);
    const { status, headers } = await ask({ to }, secret);
    expect(status).toBe(429);
    expect(Number(headers['retry-after'])).toBeGreaterThan(400);
    await setting('cooldown_seconds', '0', {});
    expect((await ask({ to }, secret)).status).toBe(201);
  });

  test('prefixes narrow where codes may go', async () => {
    await setting('allowed_prefixes', '+1555,+1212');
    await placed('+15551230003');
    const reply = await ask({ to: '+13105550100' });
    expect(reply.status).toBe(400);
    expect(reply.body).toMatchObject({ error: { message: expect.stringContaining('+1555 or +1212') as string } });
  });

  test('the policy’s own number calls', async () => {
    await world.run(1000);
    await addNumber(world.core, { accountId: world.account.id, mode: 'live', number: '+12125550111', actor: 'test' });
    const from = async (id: string): Promise<unknown> => {
      const { rows } = await sql<{ from_number: string }>`
        select c.from_number from calls c join verifications v on v.call_id = c.id where v.id = ${id}`.execute(
        world.core.db,
      );
      return rows[0]?.from_number;
    };
    expect(await from(await placed('+15551230004'))).toBe(SANDBOX_NUMBER);
    await setting('from', '+12125550111');
    expect(await from(await placed('+15551230005'))).toBe('+12125550111');
  });

  test('a country whose codes nobody uses gets no more, and another does; codes of the client’s own do not count', async () => {
    const old = await placed('+15551230006');
    await ended(old);
    // As if fifty had been asked for half an hour ago and three of them used.
    const fill = (own: boolean, used: number, country: string): Promise<unknown> =>
      sql`insert into verifications (id, account_id, mode, to_number, country, channel, status, client_supplied,
          code_hash, language, language_used, attempts_left, created_at, expires_at)
        select 'otp_' || ${country} || ${own} || n, account_id, mode, '+' || ${country} || '20000' || n, ${country}, channel,
          case when n <= ${used} then 'verified' else 'expired' end, ${own}, code_hash, language, language_used, 3,
          created_at - interval '30 minutes', created_at - interval '25 minutes'
        from verifications, generate_series(1, 50) as n where id = ${old}`.execute(world.core.db);
    await fill(true, 0, '1');
    await placed('+15551230007');
    await fill(false, 3, '44');
    await addNumber(world.core, { accountId: world.account.id, mode: 'live', number: '+442079460000', actor: 'test' });
    await refused('+442079460001', 3600, /Of the last 50 codes for numbers of \+44 47 were never used/);
    await placed('+15551230008');
    await setting('max_unverified_ratio', '0.95');
    await placed('+442079460001');
  });
});

describe('the wallet', () => {
  beforeEach(async () => {
    await setPrice(world.core, { unit: 'voice_otp_call', amount: '7', actor: 'test' });
    await setMetering(world.core, { accountId: world.account.id, metering: 'prepaid', actor: 'test' });
  });
  const credit = (amount: number): Promise<unknown> =>
    creditWallet(world.core, { accountId: world.account.id, amount, note: 'test', actor: 'test' });
  const balance = async (): Promise<number> => (await findWallet(world.core, world.account.id)).balance;

  test('without funds nothing is dialled: 502 insufficient_funds', async () => {
    await credit(6);
    const reply = await ask({ to: '+15551234567' });
    expect([reply.status, reply.body]).toEqual([502, { error: { code: 'otp_failed', message: 'insufficient_funds' } }]);
    expect(await balance()).toBe(6);
    expect(await openCalls()).toBe(0);
    const simulated = await ask({ to: '+15551234567' }, world.keys.test);
    expect(simulated.status).toBe(201);
  });

  test('a code that is heard is paid, one that is not is given back', async () => {
    await credit(20);
    const heard = await placed('+15551234567');
    expect(await balance()).toBe(13);
    await ended(heard);
    expect(await balance()).toBe(13);
    const unheard = await placed('+15005550040');
    expect(await balance()).toBe(6);
    await ended(unheard);
    expect(await balance()).toBe(13);
    expect((await ask({ to: '+15005550024' })).status).toBe(502);
    expect(await balance()).toBe(13);
  });

  test('a cap on spending is exact when many ask at once', async () => {
    await credit(1000);
    await setting('spend_per_day', '21');
    let over = false;
    const coming = Promise.all(
      Array.from({ length: 12 }, (_, n) =>
        world.request('POST', '/v1/otp', { body: { to: `+1555124000${n % 10}${n}` }, key: world.keys.live }),
      ),
    ).finally(() => (over = true));
    await world.runUntil('the replies', () => over);
    const statuses = (await coming).map(({ status }) => status).sort();
    expect(statuses).toEqual([201, 201, 201, 429, 429, 429, 429, 429, 429, 429, 429, 429]);
  });
});
