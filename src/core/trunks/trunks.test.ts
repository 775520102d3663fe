import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configureEngine } from '#core/engine-configuration.js';
import { addTrunk, listTrunks, removeTrunk, testTrunk } from '#core/trunks/index.js';
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
    [{ username: '' }, 'username'],
    [{ username: 'a"b' }, 'username'],
    [{ password: 'without a name' }, 'username'],
    [{ username: 'me', password: '\u0007' }, 'password'],
    [{ channels: 0 }, 'channels'],
    [{ channels: 1.5 }, 'channels'],
    [{ callsPerSecond: 0 }, 'calls_per_second'],
    [{ callsPerSecond: Number.NaN }, 'calls_per_second'],
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
