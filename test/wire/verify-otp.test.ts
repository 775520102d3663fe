import { sql } from 'kysely';
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAccount, createKey } from '#core/accounts/index.js';
import { addTrunk } from '#core/trunks/index.js';
import { requestVerification } from '#core/verifications/index.js';
import { eventually } from '../eventually.js';
import type { HeldClock } from '../held-clock.js';
import { openWorld, type Reply, type World } from '../world.js';

/** Request -> response, for the one-time codes of the Verify door. */
let world: World;

beforeAll(async () => {
  world = await openWorld();
  // Live keys lead into a second simulated network.
  const trunk = { name: 'carrier', uri: 'sip:127.0.0.1:9', sipHost: '127.0.0.1', channels: 100, callsPerSecond: 50 };
  await addTrunk(world.core, { ...trunk, actor: 'test' });
});
afterAll(async () => {
  expect(await world.violations()).toEqual([]);
  await world.close();
});

let lastNumber = 15_551_230_000;
/** One that had no code yet. */
function freshNumber(): string {
  return `+${++lastNumber}`;
}

const ask = (body: unknown, key?: string): Promise<Reply> =>
  world.requestInTime('POST', '/v1/otp', { body, ...(key === undefined ? {} : { key }) });
const verify = (body: unknown, key?: string): Promise<Reply> =>
  world.request('POST', '/v1/otp/verify', { body, ...(key === undefined ? {} : { key }) });
const look = async (id: unknown, key?: string): Promise<Record<string, unknown>> =>
  (await world.request('GET', `/v1/otp/${String(id)}`, key === undefined ? {} : { key })).body;

function error(code: string, message: unknown = expect.any(String)): unknown {
  return { error: { code, message } };
}

async function rowsWritten(): Promise<unknown> {
  const { rows } = await sql`
    select (select count(*) from calls) as calls, (select count(*) from verifications) as verifications,
      (select count(*) from events) as events`.execute(world.core.db);
  return rows[0];
}

/** Reads the code that the live call will speak, as only the process with the secret key can. */
async function codeOf(id: unknown): Promise<string> {
  const row = await world.core.db
    .selectFrom('verifications')
    .select('code_encrypted')
    .where('id', '=', String(id))
    .executeTakeFirstOrThrow();
  if (row.code_encrypted === null) throw new Error('the code was erased');
  return world.core.secrets.open(row.code_encrypted);
}

async function ended(id: unknown, key?: string): Promise<Record<string, unknown>> {
  await world.runUntil(`the end of the call of ${String(id)}`, async () => {
    const { rows } = await sql<{ over: boolean }>`
      select calls.ended_at is not null as over from verifications
      join calls on calls.id = verifications.call_id where verifications.id = ${String(id)}`.execute(world.core.db);
    return rows[0]?.over === true;
  });
  await world.settle();
  return look(id, key);
}

describe('POST /v1/otp', () => {
  test('with a test key answers with the documented simulated object', async () => {
    const to = freshNumber();
    const reply = await ask({ to });
    expect(reply.status, JSON.stringify(reply.body)).toBe(201);
    expect(reply.body).toEqual({
      object: 'otp',
      simulated: true,
      livemode: false,
      id: expect.stringMatching(/^otp_test_[0-9a-z]{26}$/) as string,
      to,
      status: 'delivered',
      channel: 'voice',
      language_used: 'en-US',
      expires_in: 300,
      sandbox_code: '000000',
    });
  });

  test('with a live key says calling, and when the code expires', async () => {
    const to = freshNumber();
    const reply = await ask({ to }, world.keys.live);
    expect(reply.status, JSON.stringify(reply.body)).toBe(201);
    expect(reply.body).toEqual({
      object: 'otp',
      livemode: true,
      id: expect.stringMatching(/^otp_[0-9a-z]{26}$/) as string,
      to,
      status: 'calling',
      channel: 'voice',
      language_used: 'en-US',
      expires_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) as string,
    });
    expect(await codeOf(reply.body['id'])).toMatch(/^\d{6}$/);
  });

  test('with a code of the client’s own says so, gives no expiry and does not show the code', async () => {
    for (const key of [world.keys.live, world.keys.test]) {
      const reply = await ask({ to: freshNumber(), code: '482915' }, key);
      expect(reply.status).toBe(201);
      expect(reply.body).toMatchObject({ object: 'otp', verification: 'client' });
      expect(reply.body).not.toHaveProperty('expires_at');
      expect(reply.body).not.toHaveProperty('expires_in');
      expect(reply.body).not.toHaveProperty('sandbox_code');
      expect(reply.raw.toString()).not.toContain('482915');
      if (key === world.keys.live) expect(await codeOf(reply.body['id'])).toBe('482915');
    }
  });

  test('makes a shorter code where one is asked for, and no longer one than the policy allows', async () => {
    for (const [asked, made] of [
      [4, 4],
      [6, 6],
      [10, 6],
    ]) {
      const reply = await ask({ to: freshNumber(), code_length: asked }, world.keys.live);
      expect(reply.status).toBe(201);
      expect(await codeOf(reply.body['id'])).toHaveLength(made as number);
    }
  });

  test('speaks English where no voice speaks the language, and says so', async () => {
    expect((await ask({ to: freshNumber(), language: 'xh-ZA' })).body).toMatchObject({ language_used: 'en-US' });
    expect((await ask({ to: freshNumber(), language: 'en-GB' })).body).toMatchObject({ language_used: 'en-US' });
  });

  test.each([
    [{}, /to/],
    [{ to: 5551234567 }, /to/],
    [{ to: '5551234567' }, /^to: Not an E\.164 number/],
    [{ to: '911' }, /^to: /],
    [{ to: '+15551230000', code_length: 3 }, /code_length/],
    [{ to: '+15551230000', code_length: 11 }, /code_length/],
    [{ to: '+15551230000', code_length: 4.5 }, /code_length/],
    [{ to: '+15551230000', code: '123' }, /code/],
    [{ to: '+15551230000', code: 'abcdef' }, /code/],
    [{ to: '+15551230000', code: '123456', code_length: 6 }, /^code_length: /],
    [{ to: '+15551230000', language: '' }, /language/],
    [{ to: '+15551230000', language: 'not a language' }, /language/],
    [{ to: '+15551230000', channel: 'fax' }, /channel/],
    [{ to: '+15551230000', codelength: 4 }, /codelength/],
    [{ to: '+442079460000' }, /^to: Calls to \+442079460000 are not allowed/],
    [{ to: '+19005550100' }, /^to: Calls to \+19005550100 are not allowed/],
  ])('%j is refused by the name of its field, and nothing else happens', async (body, message) => {
    await world.settle();
    const before = await rowsWritten();
    for (const key of [world.keys.live, world.keys.test]) {
      const reply = await world.request('POST', '/v1/otp', { body, key });
      expect(reply.status).toBe(400);
      expect(reply.body).toEqual(error('invalid', expect.stringMatching(message)));
    }
    expect(await rowsWritten()).toEqual(before);
  });

  test('needs a key with otp:write', async () => {
    expect((await world.request('POST', '/v1/otp', { body: { to: '+15551230000' }, key: null })).status).toBe(401);
    const input = { accountId: world.account.id, mode: 'test' as const, scopes: ['calls:read'], actor: 'test' };
    const { secret } = await createKey(world.core, input);
    const reply = await world.request('POST', '/v1/otp', { body: { to: '+15551230000' }, key: secret });
    expect(reply.status).toBe(403);
    expect(reply.body).toEqual(error('forbidden', expect.stringContaining('otp:write')));
  });

  test('without a number to call from says how to add one', async () => {
    const other = await createAccount(world.core, { name: 'No number', actor: 'test' });
    const { secret } = await createKey(world.core, { accountId: other.id, mode: 'live', actor: 'test' });
    const reply = await ask({ to: freshNumber() }, secret);
    expect(reply.status).toBe(502);
    expect(reply.body).toEqual(error('otp_failed', expect.stringContaining('sidetone numbers add')));
  });

  test('a number that is blocked for everything is not called; one that opted out of messages is', async () => {
    const [blocked, optedOut] = [freshNumber(), freshNumber()];
    for (const [address, scope] of [
      [blocked, 'all'],
      [optedOut, 'outreach'],
    ] as const) {
      await world.core.db
        .insertInto('suppressions')
        .values({
          id: `sup_${scope}`,
          account_id: world.account.id,
          mode: 'test',
          address,
          scope,
          channel: 'all',
          source: 'owner',
          reason: null,
          call_id: null,
          created_at: new Date(world.clock.now()),
          lifted_at: null,
          lifted_reason: null,
        })
        .execute();
    }
    const reply = await ask({ to: blocked });
    expect(reply.status).toBe(403);
    expect(reply.body).toEqual(error('forbidden', expect.stringContaining(blocked)));
    expect((await ask({ to: optedOut })).status).toBe(201);
  });

  test('repeated with the same Idempotency-Key calls once', async () => {
    const to = freshNumber();
    const options = { body: { to }, headers: { 'idempotency-key': 'a login of today' } };
    const first = await world.requestInTime('POST', '/v1/otp', options);
    const again = await world.requestInTime('POST', '/v1/otp', options);
    expect(first.status).toBe(201);
    expect([again.status, again.body]).toEqual([201, first.body]);
    const { rows } = await sql`select id from calls where to_number = ${to}`.execute(world.core.db);
    expect(rows).toHaveLength(1);
  });
});

describe('a call that cannot be placed', () => {
  test('is told to a repetition too that comes while the first still waits', async () => {
    const options = { body: { to: '+15005550024' }, headers: { 'idempotency-key': 'an impatient try' } };
    const first = world.request('POST', '/v1/otp', options);
    await eventually(() => expect(world.core.firstAnswers.watched).toBe(1));
    const again = world.request('POST', '/v1/otp', options);
    let over = false;
    const both = Promise.all([first, again]).finally(() => (over = true));
    await world.settle();
    await world.runUntil('the replies', () => over);
    expect((await both).map(({ status }) => status)).toEqual([502, 502]);
  });

  test('for want of a trunk says so, counts in no cap, and is over', async () => {
    const bare = await openWorld();
    try {
      const options = { body: { to: '+15551234567' }, key: bare.keys.live };
      for (let tries = 0; tries < 3; tries++) {
        const reply = await bare.requestInTime('POST', '/v1/otp', options);
        expect(reply.status).toBe(502);
        expect(reply.body).toEqual(error('otp_failed', expect.stringContaining('No trunk leads there')));
      }
      const { rows } = await sql`
        select status, reason, counted, code_encrypted from verifications`.execute(bare.core.db);
      expect(rows).toEqual(
        Array.from({ length: 3 }, () => ({
          status: 'failed',
          reason: 'no_trunk',
          counted: false,
          code_encrypted: null,
        })),
      );
    } finally {
      await bare.close();
    }
  });

  test.each([
    ['+15005550023', 'The number does not exist'],
    ['+15005550024', 'The network refused the call'],
    ['+15005550027', 'The trunk refused our credentials'],
    ['+15005550028', 'no codec of ours'],
    ['+15005550031', 'does not allow it to go there'],
  ])('%s is 502 otp_failed with the reason', async (to, sentence) => {
    const reply = await ask({ to });
    expect(reply.status, JSON.stringify(reply.body)).toBe(502);
    expect(reply.body).toEqual(error('otp_failed', expect.stringContaining(sentence)));
  });

  test('is tried anew under the same Idempotency-Key, for a refusal by the network is not kept', async () => {
    const options = { body: { to: '+15005550024' }, headers: { 'idempotency-key': 'a try' } };
    expect((await world.requestInTime('POST', '/v1/otp', options)).status).toBe(502);
    expect((await world.requestInTime('POST', '/v1/otp', options)).status).toBe(502);
    const { rows } = await sql`
      select id from calls where to_number = '+15005550024' and purpose = 'verification'`.execute(world.core.db);
    expect(rows.length).toBeGreaterThanOrEqual(2);
  });

  test.each(['+15005550020', '+15005550021', '+15005550022', '+15005550025'])(
    'but %s, whose phone may be there, is 201',
    async (to) => {
      const reply = await ask({ to });
      expect(reply.status, JSON.stringify(reply.body)).toBe(201);
      expect(await ended(reply.body['id'])).toMatchObject({ status: 'failed' });
    },
  );
});

describe('POST /v1/otp/verify', () => {
  async function placed(): Promise<{ id: string; to: string; code: string; wrong: string }> {
    const to = freshNumber();
    const { body } = await ask({ to }, world.keys.live);
    const code = await codeOf(body['id']);
    return { id: String(body['id']), to, code, wrong: code === '123456' ? '654321' : '123456' };
  }
  const answer = (status: string, left: number): unknown => ({
    object: 'otp_verification',
    livemode: true,
    status,
    verified: status === 'verified',
    attempts_left: left,
  });

  test('verifies by id and by number, once', async () => {
    for (const by of ['id', 'to'] as const) {
      const otp = await placed();
      const body = { code: otp.code, [by]: otp[by] };
      const reply = await verify(body, world.keys.live);
      expect([reply.status, reply.body]).toEqual([200, answer('verified', 3)]);
      expect((await verify(body, world.keys.live)).body).toEqual(answer('already_verified', 3));
      expect(await look(otp.id, world.keys.live)).toMatchObject({ status: 'verified', attempts_left: 3 });
    }
  });

  test('counts wrong codes down, and the last one locks', async () => {
    const { id, code, wrong } = await placed();
    for (const left of [2, 1]) {
      const reply = await verify({ id, code: wrong }, world.keys.live);
      expect([reply.status, reply.body]).toEqual([200, answer('mismatch', left)]);
    }
    expect((await verify({ id, code: wrong }, world.keys.live)).body).toEqual(answer('locked', 0));
    expect((await verify({ id, code }, world.keys.live)).body).toEqual(answer('locked', 0));
    expect(await look(id, world.keys.live)).toMatchObject({ status: 'locked' });
  });

  test('counts exactly when all come at once', async () => {
    const { id, code, wrong } = await placed();
    const replies = await Promise.all(Array.from({ length: 20 }, () => verify({ id, code: wrong }, world.keys.live)));
    const statuses = replies.map(({ body }) => `${String(body['status'])} ${String(body['attempts_left'])}`);
    expect(statuses.filter((status) => status.startsWith('mismatch')).sort()).toEqual(['mismatch 1', 'mismatch 2']);
    expect(statuses.filter((status) => status === 'locked 0')).toHaveLength(18);
    expect((await verify({ id, code }, world.keys.live)).body).toEqual(answer('locked', 0));
  });

  test('lets one of several right ones through', async () => {
    const { id, code } = await placed();
    const replies = await Promise.all(Array.from({ length: 10 }, () => verify({ id, code }, world.keys.live)));
    expect(replies.filter(({ body }) => body['verified'] === true)).toHaveLength(1);
  });

  test('expires', async () => {
    const { id, code } = await placed();
    await world.run(301_000);
    expect((await verify({ id, code }, world.keys.live)).body).toEqual(answer('expired', 3));
    expect(await look(id, world.keys.live)).toMatchObject({ status: 'expired', failure: null });
  });

  test('knows only the newest code of a number', async () => {
    const old = await placed();
    await world.run(61_000);
    const reply = await ask({ to: old.to }, world.keys.live);
    expect(reply.status).toBe(201);
    expect((await verify({ id: old.id, code: old.code }, world.keys.live)).body).toEqual(answer('expired', 3));
    expect(await look(old.id, world.keys.live)).toMatchObject({ status: 'expired', failure: { reason: 'replaced' } });
    const code = await codeOf(reply.body['id']);
    expect((await verify({ to: old.to, code }, world.keys.live)).body).toEqual(answer('verified', 3));
  });

  test('does not check a code of the client’s own', async () => {
    const { body } = await ask({ to: freshNumber(), code: '482915' }, world.keys.live);
    const reply = await verify({ id: body['id'], code: '482915' }, world.keys.live);
    expect([reply.status, reply.body]).toEqual([422, error('not_verifiable')]);
  });

  test('says not_found for what is unknown, of another account, or of the other mode', async () => {
    const { id, to, code } = await placed();
    const other = await createAccount(world.core, { name: 'Another', actor: 'test' });
    const { secret } = await createKey(world.core, { accountId: other.id, mode: 'live', actor: 'test' });
    for (const body of [
      { id: 'otp_nothing', code },
      { to: '+15559999999', code },
    ]) {
      expect((await verify(body, world.keys.live)).body).toEqual(answer('not_found', 0));
    }
    for (const body of [
      { id, code },
      { to, code },
      { id, code: '000000' },
    ]) {
      expect((await verify(body, secret)).body).toMatchObject({ status: 'not_found', verified: false });
      expect((await verify(body)).body).toMatchObject({ status: 'not_found', verified: false });
    }
    expect((await world.request('GET', `/v1/otp/${id}`)).status).toBe(404);
    expect((await world.request('GET', `/v1/otp/${id}`, { key: secret })).status).toBe(404);
    expect((await verify({ id, code }, world.keys.live)).body).toEqual(answer('verified', 3));
  });

  test.each([
    [{}, 'code and one of id or to are required'],
    [{ code: '123456' }, 'code and one of id or to are required'],
    [{ to: '+15551230000' }, 'code and one of id or to are required'],
    [{ to: '+15551230000', code: '123' }, expect.stringContaining('code')],
    [{ to: '+15551230000', code: 123456 }, expect.stringContaining('code')],
    [{ to: '+15551230000', code: '12345678901' }, expect.stringContaining('code')],
    [{ id: 7, code: '123456' }, expect.stringContaining('id')],
    [{ otp: 'x', code: '123456' }, expect.stringContaining('otp')],
  ])('%j is malformed', async (body, message) => {
    const reply = await verify(body);
    expect([reply.status, reply.body]).toEqual([400, error('invalid', message)]);
  });

  test('000000 verifies a test code always, also after wrong tries and expiry, and never a live one', async () => {
    for (const spoil of [
      async () => undefined,
      async (to: string) => {
        for (let tries = 0; tries < 5; tries++) await verify({ to, code: '111111' });
      },
      async () => world.run(400_000),
    ]) {
      const to = freshNumber();
      const { body } = await ask({ to });
      await spoil(to);
      expect((await verify({ id: body['id'], code: '000000' })).body).toMatchObject({
        object: 'otp_verification',
        livemode: false,
        simulated: true,
        status: 'verified',
        verified: true,
      });
    }
    const live = await placed();
    if (live.code === '000000') return;
    expect((await verify({ id: live.id, code: '000000' }, world.keys.live)).body).toEqual(answer('mismatch', 2));
  });
});

describe('GET /v1/otp/{id}', () => {
  test('tells the whole story', async () => {
    const to = freshNumber();
    const { body } = await ask({ to, language: 'en-GB' });
    const story = await ended(body['id']);
    expect(story).toEqual({
      object: 'otp',
      simulated: true,
      livemode: false,
      id: body['id'],
      to,
      status: 'delivered',
      channel: 'voice',
      language: 'en-GB',
      language_used: 'en-US',
      verification: 'server',
      attempts_left: 3,
      call: expect.stringMatching(/^cal_/) as string,
      created_at: expect.any(String) as string,
      expires_at: expect.any(String) as string,
      delivered_at: expect.any(String) as string,
      verified_at: null,
      ended_at: null,
      failure: null,
    });
  });
});

describe('of two that ask at once', () => {
  test('the one whose turn comes later is the newer, however long it waited for it', async () => {
    const to = freshNumber();
    let asked: Promise<{ createdAt: Date }> | undefined;
    await world.core.db.transaction().execute(async (tx) => {
      await sql`select pg_advisory_xact_lock(hashtextextended(${`verification test ${to}`}, 0))`.execute(tx);
      asked = requestVerification(world.core, { accountId: world.account.id, mode: 'test', to, dialect: 'verify' });
      await eventually(async () => {
        const { rows } = await sql`
          select pid from pg_locks where locktype = 'advisory' and not granted
            and database = (select oid from pg_database where datname = current_database())`.execute(tx);
        expect(rows).toHaveLength(1);
      });
      (world.clock as HeldClock).advance(2000);
    });
    expect((await asked)?.createdAt).toEqual(new Date(world.clock.now()));
  });
});

describe('caps of a number', () => {
  const refusal = (reply: Reply): unknown[] => [reply.status, reply.headers['retry-after'], reply.body];
  const limited = (seconds: number): unknown[] => [
    429,
    String(seconds),
    error('rate_limited', expect.stringMatching(new RegExp(` Retry after ${seconds}s\\.$`))),
  ];

  test('cooldown, then hour, then day', async () => {
    const to = freshNumber();
    expect((await ask({ to }, world.keys.live)).status).toBe(201);
    const soon = await ask({ to }, world.keys.live);
    expect(soon.status).toBe(429);
    expect(soon.body).toEqual(error('rate_limited', expect.stringMatching(/ Retry after \d+s\.$/)));
    expect(Number(soon.headers['retry-after'])).toBeGreaterThan(50);
    for (let sent = 1; sent < 5; sent++) {
      await world.run(61_000);
      expect((await ask({ to }, world.keys.live)).status).toBe(201);
    }
    await world.run(61_000);
    expect(refusal(await ask({ to }, world.keys.live))).toEqual(limited(3600));
  });

  test('are exact when fifty ask at once', async () => {
    const to = freshNumber();
    const coming = Promise.all(
      Array.from({ length: 50 }, () => world.request('POST', '/v1/otp', { body: { to }, key: world.keys.live })),
    );
    let over = false;
    void coming.finally(() => (over = true));
    await world.runUntil('the replies', () => over);
    const replies = await coming;
    expect(replies.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(replies.filter(({ status }) => status === 429)).toHaveLength(49);
    const { rows } = await sql`select id from calls where to_number = ${to}`.execute(world.core.db);
    expect(rows).toHaveLength(1);
  });

  test('do not hold in the sandbox', async () => {
    const to = freshNumber();
    for (let sent = 0; sent < 7; sent++) expect((await ask({ to })).status).toBe(201);
  });
});

test('a code is nowhere but under its seal: not in rows, events, scripts, nor in what was spoken', async () => {
  const to = freshNumber();
  const { body } = await ask({ to, code: '8642097531' }, world.keys.live);
  const tables = ['calls', 'call_attempts', 'verifications', 'events', 'deliveries', 'idempotency_keys', 'audit_log'];
  for (const table of tables) {
    const { rows } = await sql<{ text: string }>`select t::text as text from ${sql.table(table)} t`.execute(
      world.core.db,
    );
    expect(rows.filter(({ text }) => text.includes('8642097531'))).toEqual([]);
  }
  await ended(body['id'], world.keys.live);
  const row = await world.core.db
    .selectFrom('verifications')
    .select(['code_encrypted', 'code_hash'])
    .where('id', '=', String(body['id']))
    .executeTakeFirstOrThrow();
  expect(row.code_encrypted).toBeNull();
  expect(row.code_hash).toHaveLength(32);
});

test('what tells a repeated request from another does not tell whoever copies the database the code in it', async () => {
  const body = JSON.stringify({ to: freshNumber(), code: '4711' });
  const headers = { 'idempotency-key': 'with a code' };
  expect((await world.requestInTime('POST', '/v1/otp', { body, headers })).status).toBe(201);
  const { body_hash } = await world.core.db
    .selectFrom('idempotency_keys')
    .select('body_hash')
    .where('key', '=', 'with a code')
    .executeTakeFirstOrThrow();
  const sha256 = (...parts: (string | Buffer)[]): Buffer =>
    parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();
  expect(body_hash).not.toEqual(sha256('/v1/otp\n', sha256(body)));
  expect(body_hash).not.toEqual(sha256(body));
});
