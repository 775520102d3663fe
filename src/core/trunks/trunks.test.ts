import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configureEngine } from '#core/engine-configuration.js';
import {
  addTrunk,
  listTrunks,
  recordTrunkState,
  removeTrunk,
  showTrunk,
  testTrunk,
  updateTrunk,
} from '#core/trunks/index.js';
import { openBusiness, type Business } from '#test/business.js';
import type { TrunkConfig } from '#voice/engine.js';

let business: Business;
let ours: string;
let theirs: string;
beforeAll(async () => {
  business = await openBusiness();
  ours = await business.account('ours');
  theirs = await business.account('theirs');
});
afterAll(() => business.close());

const actor = 'test';
const refusal = (code: string, field: string): object => expect.objectContaining({ code, field }) as object;
const anywhere = { actor, sipHost: '0.0.0.0' };

function configured(): TrunkConfig[] {
  const last = business.live.commands.at(-1);
  return last?.kind === 'configure' ? last.trunks : [];
}

describe('adding', () => {
  it('keeps the password sealed and tells the engine', async () => {
    const trunk = await addTrunk(business, {
      ...anywhere,
      name: 'carrier',
      uri: 'sip:SIP.example.com:5061;transport=tcp',
      username: 'me',
      password: 'mine',
    });
    expect(trunk).toMatchObject({ accountId: null, hasPassword: true, channels: 10, callsPerSecond: 1 });
    expect(configured()).toEqual([
      {
        id: trunk.id,
        name: 'carrier',
        uri: 'sip:sip.example.com:5061;transport=tcp',
        username: 'me',
        password: 'mine',
      },
    ]);
    const row = await business.db.selectFrom('trunks').select('password_encrypted').executeTakeFirstOrThrow();
    expect(row.password_encrypted?.includes('mine')).toBe(false);
  });

  it('tells the engine what the carrier wants otherwise than is usual', async () => {
    const trunk = await addTrunk(business, {
      ...anywhere,
      name: 'particular',
      uri: 'sips:sip.example.com',
      username: 'me',
      registerSeconds: 300,
      healthSeconds: 0,
      prefixes: ['+44', '+49'],
      priority: 5,
      calledForm: 'national',
      callerForm: 'bare',
      countryCode: '44',
      nationalPrefix: '0',
      internationalPrefix: '011',
      techPrefix: '9#',
      calledFrom: 'to',
      callerIdHeader: 'p-asserted-identity',
      fromHost: 'sip.example.com',
      fromUser: 'username',
      diversion: false,
      inboundAddresses: ['192.0.2.0/24', '2001:db8::1'],
      tlsVerify: false,
    });
    expect(trunk).toMatchObject({ prefixes: ['+44', '+49'], priority: 5 });
    expect(configured().find(({ id }) => id === trunk.id)).toEqual({
      id: trunk.id,
      name: 'particular',
      uri: 'sips:sip.example.com',
      username: 'me',
      register: { expiresSeconds: 300 },
      healthEverySeconds: 0,
      numbers: {
        called: 'national',
        caller: 'bare',
        countryCode: '44',
        nationalPrefix: '0',
        internationalPrefix: '011',
        technicalPrefix: '9#',
        calledFrom: 'to',
      },
      callerId: {
        header: 'p-asserted-identity',
        fromHost: 'sip.example.com',
        fromUser: 'username',
        diversion: false,
      },
      inboundAddresses: ['192.0.2.0/24', '2001:db8::1'],
      tls: { verify: false },
    });
  });

  it('refuses a name that is taken', async () => {
    await addTrunk(business, { ...anywhere, name: 'twice', uri: 'sip:192.0.2.1' });
    await expect(addTrunk(business, { ...anywhere, name: 'twice', uri: 'sip:192.0.2.2' })).rejects.toEqual(
      refusal('trunk.name_taken', 'name'),
    );
  });

  it('refuses what loopback cannot reach, naming the variable', async () => {
    const input = { actor, name: 'far', uri: 'sip:192.0.2.1', sipHost: '127.0.0.1' };
    await expect(addTrunk(business, input)).rejects.toEqual(refusal('trunk.unreachable_from_here', 'uri'));
    await expect(addTrunk(business, input)).rejects.toThrow('SIDETONE_SIP_HOST');
    await addTrunk(business, { ...input, name: 'near', uri: 'sip:127.0.0.1:5099' });
    await addTrunk(business, { ...input, sipHost: '192.0.2.50' });
  });

  it.each([
    [{ name: 'a b' }, 'name'],
    [{ uri: 'http://example.com' }, 'uri'],
    [{ uri: 'sip:192.0.2.1;transport=ws' }, 'uri'],
    [{ username: '' }, 'username'],
    [{ username: 'a"b' }, 'username'],
    [{ password: 'without a name' }, 'username'],
    [{ username: 'me', password: '\u0007' }, 'password'],
    [{ channels: 0 }, 'channels'],
    [{ channels: 1.5 }, 'channels'],
    [{ callsPerSecond: 0 }, 'calls_per_second'],
    [{ callsPerSecond: Number.NaN }, 'calls_per_second'],
    [{ prefixes: ['44'] }, 'prefixes'],
    [{ prefixes: ['+44', '+'] }, 'prefixes'],
    [{ priority: 0 }, 'priority'],
    [{ priority: 1.5 }, 'priority'],
    [{ registerSeconds: 600 }, 'username'],
    [{ username: 'me', registerSeconds: 1 }, 'register_seconds'],
    [{ healthSeconds: 1 }, 'health_seconds'],
    [{ calledForm: 'roman' as 'e164' }, 'called_form'],
    [{ callerForm: 'national' as const }, 'country_code'],
    [{ countryCode: '+44' }, 'country_code'],
    [{ nationalPrefix: 'x' }, 'national_prefix'],
    [{ internationalPrefix: '+' }, 'international_prefix'],
    [{ techPrefix: 'abc' }, 'tech_prefix'],
    [{ calledFrom: 'anywhere' as 'to' }, 'called_from'],
    [{ callerIdHeader: 'x-caller' as 'from' }, 'caller_id_header'],
    [{ fromHost: 'a b' }, 'from_host'],
    [{ fromUser: 'username' as const }, 'username'],
    [{ inboundAddresses: ['192.0.2.0/33'] }, 'inbound_addresses'],
    [{ inboundAddresses: ['sip.example.com'] }, 'inbound_addresses'],
    [{ tlsCa: 'no certificate' }, 'tls_ca'],
  ])('refuses %j', async (wrong, field) => {
    await expect(addTrunk(business, { ...anywhere, name: 'wrong', uri: 'sip:192.0.2.1', ...wrong })).rejects.toEqual(
      refusal('trunk.bad_input', field),
    );
  });
});

describe('of accounts', () => {
  it('an account sees the installation’s and its own, and reaches no other', async () => {
    await addTrunk(business, { ...anywhere, accountId: theirs, name: 'theirs', uri: 'sip:192.0.2.3' });
    const seen = async (accountId: string): Promise<string[]> =>
      (await listTrunks(business, { accountId })).map(({ name }) => name);
    expect(await seen(theirs)).toContain('theirs');
    expect(await seen(theirs)).toContain('carrier');
    expect(await seen(ours)).not.toContain('theirs');
    await expect(removeTrunk(business, { actor, accountId: ours, name: 'theirs' })).rejects.toEqual(
      refusal('trunk.not_found', 'name'),
    );
  });
});

it('writes what was done to the audit log, without the password', async () => {
  await addTrunk(business, {
    ...anywhere,
    actor: 'someone',
    accountId: ours,
    name: 'noted',
    uri: 'sip:192.0.2.7',
    username: 'me',
    password: 'mine',
  });
  await removeTrunk(business, { actor: 'someone', accountId: ours, name: 'noted' });
  const rows = await business.db
    .selectFrom('audit_log')
    .select(['account_id', 'action', 'details'])
    .where('actor', '=', 'someone')
    .orderBy('action')
    .execute();
  expect(rows).toEqual([
    { account_id: ours, action: 'trunk.add', details: { name: 'noted', uri: 'sip:192.0.2.7' } },
    { account_id: ours, action: 'trunk.remove', details: { name: 'noted' } },
  ]);
});

describe('changing', () => {
  const change = { ...anywhere, name: 'changing' };
  const seen = () => configured().find(({ name }) => name === 'changing');

  it('changes what is given, takes back what is null, and leaves the rest', async () => {
    await addTrunk(business, {
      ...change,
      uri: 'sip:192.0.2.20',
      username: 'me',
      password: 'mine',
      channels: 4,
      techPrefix: '9',
      registerSeconds: 600,
    });
    await updateTrunk(business, { ...change, channels: 5, techPrefix: null, prefixes: ['+1'], fromHost: 'a.example' });
    expect(seen()).toMatchObject({ password: 'mine', register: { expiresSeconds: 600 } });
    expect(seen()).toMatchObject({ callerId: { fromHost: 'a.example' } });
    expect(seen()).not.toHaveProperty('numbers');
    const trunk = await updateTrunk(business, { ...change, channels: null, password: null, registerSeconds: null });
    expect(trunk).toMatchObject({ channels: 10, prefixes: ['+1'], hasPassword: false, username: 'me' });
    expect(seen()).not.toHaveProperty('register');
  });

  it('checks the whole, and changes nothing when something is wrong', async () => {
    await updateTrunk(business, { ...change, password: 'mine', registerSeconds: 60 });
    await expect(updateTrunk(business, { ...change, username: null, channels: 7 })).rejects.toEqual(
      refusal('trunk.bad_input', 'username'),
    );
    await expect(updateTrunk(business, { ...change, sipHost: '127.0.0.1' })).rejects.toEqual(
      refusal('trunk.unreachable_from_here', 'uri'),
    );
    expect(await showTrunk(business, { name: 'changing' })).toMatchObject({ channels: 10, username: 'me' });
    await expect(updateTrunk(business, { ...change, accountId: 'acc_none', name: 'none' })).rejects.toEqual(
      refusal('trunk.not_found', 'name'),
    );
  });
});

describe('the state of a trunk', () => {
  const audits = () =>
    business.db.selectFrom('audit_log').select('action').where('actor', '=', 'engine').orderBy('id').execute();

  it('is kept with the time of its last change, and trouble is written down once', async () => {
    const { id: trunkId } = await addTrunk(business, { ...anywhere, name: 'stated', uri: 'sip:192.0.2.30' });
    const state = async () => (await showTrunk(business, { name: 'stated' })).state;
    expect(await state()).toBeUndefined();
    const say = async (up: boolean, registered: boolean | undefined, detail: string): Promise<number> => {
      business.clock.advance(1000);
      await recordTrunkState(business, { trunkId, up, registered, sipCode: undefined, detail });
      return business.clock.now();
    };
    await say(true, undefined, '200 OK');
    expect(await audits()).toEqual([]);
    const since = await say(false, undefined, 'nothing answers');
    await say(false, undefined, 'still nothing answers');
    expect(await state()).toMatchObject({ up: false, detail: 'still nothing answers', since: new Date(since) });
    expect(await audits()).toEqual([{ action: 'trunk.trouble' }]);
    await say(true, true, 'registered');
    await say(true, false, '403');
    expect(await state()).toMatchObject({ up: true, registered: false });
    expect((await audits()).map(({ action }) => action)).toEqual(['trunk.trouble', 'trunk.recovered', 'trunk.trouble']);
  });

  it('is forgotten when the trunk leads elsewhere, and ignored once it is removed', async () => {
    await updateTrunk(business, { ...anywhere, name: 'stated', uri: 'sip:192.0.2.31' });
    const { id: trunkId, state } = await showTrunk(business, { name: 'stated' });
    expect(state).toBeUndefined();
    await removeTrunk(business, { actor, name: 'stated' });
    await recordTrunkState(business, { trunkId, up: false, registered: undefined, sipCode: 503, detail: 'late' });
    const rows = await business.db.selectFrom('trunk_states').selectAll().where('trunk_id', '=', trunkId).execute();
    expect(rows).toEqual([]);
  });
});

describe('the state of a trunk that is asked no more', () => {
  it.each([
    ['for a registration', { registerSeconds: null }],
    ['for its health', { healthSeconds: 0 }],
  ])('%s is forgotten: it would be in trouble for ever', async (what, change) => {
    const name = `asked ${what}`.replaceAll(' ', '-');
    const { id: trunkId } = await addTrunk(business, {
      ...anywhere,
      name,
      uri: 'sip:192.0.2.5',
      username: 'u',
      registerSeconds: 600,
    });
    const states = () => business.db.selectFrom('trunk_states').selectAll().where('trunk_id', '=', trunkId).execute();
    await recordTrunkState(business, { trunkId, up: false, registered: false, sipCode: 403, detail: '403' });
    await updateTrunk(business, { ...anywhere, name, priority: 5 });
    expect(await states()).toHaveLength(1);
    await updateTrunk(business, { ...anywhere, name, ...change });
    expect(await states()).toEqual([]);
  });
});

describe('removing', () => {
  it('says how many calls go on, and tells the engine', async () => {
    const trunk = await addTrunk(business, { ...anywhere, name: 'old', uri: 'sip:192.0.2.4' });
    await business.db
      .insertInto('calls')
      .values({
        id: 'cal_running',
        account_id: ours,
        mode: 'live',
        purpose: 'transactional',
        priority: 3,
        status: 'answered',
        to_number: '+12125550100',
        from_number: '+18005550199',
        script: '{}',
        dialect: 'outreach',
        ring_timeout_seconds: 30,
        max_duration_seconds: 600,
        record: false,
        created_at: new Date(business.clock.now()),
        due_at: new Date(business.clock.now()),
        trunk_id: trunk.id,
        node_id: 1,
      })
      .execute();
    expect((await listTrunks(business, {})).find(({ name }) => name === 'old')?.activeCalls).toBe(1);
    expect(await removeTrunk(business, { actor, name: 'old' })).toEqual({ activeCalls: 1 });
    expect(configured().some(({ id }) => id === trunk.id)).toBe(false);
    await expect(removeTrunk(business, { actor, name: 'old' })).rejects.toEqual(refusal('trunk.not_found', 'name'));
  });
});

describe('testing', () => {
  it('gives the answer to its own probe', async () => {
    const { id } = await addTrunk(business, { ...anywhere, name: 'probed', uri: 'sip:192.0.2.5' });
    business.live.onCommand = (command) => {
      if (command.kind !== 'probe') return;
      expect(command.trunk).toBe(id);
      business.live.emit({ kind: 'probe.done', probe: 'another', ok: false, detail: 'no' });
      business.live.emit({ kind: 'probe.done', probe: command.probe, ok: true, sipCode: 200, detail: '200 OK' });
    };
    expect(await testTrunk(business, { name: 'probed' })).toEqual({ ok: true, sipCode: 200, detail: '200 OK' });
    business.live.onCommand = () => undefined;
    expect(business.live.listenerCount).toBe(0);
  });

  it('gives up on an engine that does not report back', async () => {
    await addTrunk(business, { ...anywhere, name: 'silent', uri: 'sip:192.0.2.6' });
    const sent = new Promise<void>((resolve) => {
      business.live.onCommand = (command) => {
        if (command.kind === 'probe') resolve();
      };
    });
    const test = testTrunk(business, { name: 'silent' });
    await sent;
    business.clock.advance(40_000);
    expect(await test).toMatchObject({ ok: false, sipCode: undefined });
    expect(business.live.listenerCount).toBe(0);
  });
});

it('never sends an older configuration after a newer one', async () => {
  const before = business.live.commands.length;
  await Promise.all([
    configureEngine(business),
    addTrunk(business, { ...anywhere, name: 'racer-1', uri: 'sip:192.0.2.8' }),
    addTrunk(business, { ...anywhere, name: 'racer-2', uri: 'sip:192.0.2.9' }),
  ]);
  expect(business.live.commands.slice(before)).toHaveLength(3);
  expect(configured().filter(({ name }) => name.startsWith('racer'))).toHaveLength(2);
});
