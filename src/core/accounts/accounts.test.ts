import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createAccount,
  createKey,
  findAccount,
  KEYS_CHANNEL,
  KeyRing,
  LIMITS,
  listAccounts,
  listKeys,
  revokeKey,
  rollKey,
  setApiAccess,
  setLimit,
} from '#core/accounts/index.js';
import type { Tables } from '#core/tables.js';
import { Background } from '#jobs/background.js';
import { openDatabase, type Storage } from '#storage/database.js';
import { createTestDatabase, type TestDatabase } from '#test/database.js';
import { HeldClock } from '#test/held-clock.js';

let database: TestDatabase;
let storage: Storage<Tables>;
let clock: HeldClock;
let background: Background;
let keyRing: KeyRing;
let core: { db: Storage<Tables>['kysely']; clock: HeldClock; background: Background; keyRing: KeyRing };
const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const actor = 'cli';

beforeAll(async () => {
  database = await createTestDatabase();
  storage = await openDatabase<Tables>({ connection: database.connection, log });
  clock = new HeldClock();
  background = new Background((error) => {
    throw error;
  });
  const parts = { db: storage.kysely, clock, background };
  keyRing = new KeyRing(parts);
  core = { ...parts, keyRing };
});
afterAll(async () => {
  await keyRing.close();
  await storage.close();
  await database.close();
});

const audit = async (accountId: string) =>
  (await core.db.selectFrom('audit_log').selectAll().where('account_id', '=', accountId).orderBy('id').execute()).map(
    ({ actor: who, action, subject, details }) => ({ who, action, subject, details }),
  );

describe('an account', () => {
  it('has a name of its own and a domain for its phones', async () => {
    const account = await createAccount(core, { name: ' Müller & Söhne ', actor });
    expect(account).toMatchObject({
      name: 'Müller & Söhne',
      domain: 'muller-sohne.sidetone.internal',
      apiEnabled: true,
      createdAt: new Date(clock.now()),
    });
    expect(await findAccount(core, account.id)).toEqual(account);
    expect(await findAccount(core, 'Müller & Söhne')).toEqual(account);
    expect(await listAccounts(core)).toContainEqual(account);
    expect(await audit(account.id)).toEqual([
      {
        who: 'cli',
        action: 'account.create',
        subject: account.id,
        details: { name: account.name, domain: account.domain },
      },
    ]);
  });

  it('gets some domain for a name without a Latin letter', async () => {
    expect((await createAccount(core, { name: '日本', actor })).domain).toMatch(/^[0-9a-z]{12}\.sidetone\.internal$/);
  });

  it('is refused with a reason', async () => {
    await createAccount(core, { name: 'Taken', domain: 'taken.example', actor });
    const refused = (input: { name: string; domain?: string }) => createAccount(core, { ...input, actor });
    await expect(refused({ name: 'Taken' })).rejects.toMatchObject({ code: 'account.name_taken', field: 'name' });
    await expect(refused({ name: 'New', domain: 'TAKEN.example' })).rejects.toMatchObject({
      code: 'account.name_taken',
      field: 'domain',
    });
    await expect(refused({ name: ' ' })).rejects.toMatchObject({ code: 'account.bad_input', field: 'name' });
    await expect(refused({ name: 'a'.repeat(101) })).rejects.toMatchObject({ code: 'account.bad_input' });
    await expect(refused({ name: 'x', domain: 'no domain' })).rejects.toMatchObject({ field: 'domain' });
    await expect(findAccount(core, 'New')).rejects.toMatchObject({ code: 'account.not_found' });
  });

  it('has limits that can be set and set back', async () => {
    const { id: accountId } = await createAccount(core, { name: 'Limited', actor });
    const set = (name: string, value: number | null) => {
      clock.advance(1);
      return setLimit(core, { accountId, name, value, actor });
    };
    expect((await findAccount(core, accountId)).limits).toMatchObject({
      outreach_requests_per_minute: 600,
      concurrent_calls: 100,
      calls_per_second: 10,
    });
    expect((await set('concurrent_calls', 3)).limits.concurrent_calls).toBe(3);
    expect((await set('calls_per_second', 0)).limits).toMatchObject({ concurrent_calls: 3, calls_per_second: 0 });
    expect((await set('concurrent_calls', null)).limits.concurrent_calls).toBe(LIMITS.concurrent_calls.default);
    expect((await audit(accountId)).slice(1).map(({ details }) => details)).toEqual([
      { name: 'concurrent_calls', from: null, to: 3 },
      { name: 'calls_per_second', from: null, to: 0 },
      { name: 'concurrent_calls', from: 3, to: null },
    ]);
    await expect(set('wishes', 3)).rejects.toMatchObject({ code: 'account.unknown_limit', field: 'name' });
    await expect(set('toString', 3)).rejects.toMatchObject({ code: 'account.unknown_limit' });
    for (const value of [-1, 1.5, Infinity, 100_001]) {
      await expect(set('concurrent_calls', value)).rejects.toMatchObject({ code: 'account.bad_input', field: 'value' });
    }
    await expect(
      setLimit(core, { accountId: 'acc_0', name: 'concurrent_calls', value: 1, actor }),
    ).rejects.toMatchObject({
      code: 'account.not_found',
    });
  });
});

describe('a key', () => {
  let accountId: string;
  beforeAll(async () => {
    accountId = (await createAccount(core, { name: 'Keys', actor })).id;
  });

  it('is shown once and kept as a hash', async () => {
    const { key, secret } = await createKey(core, {
      accountId,
      mode: 'test',
      scopes: ['calls:read', 'calls:read'],
      actor,
    });
    expect(key).toMatchObject({
      mode: 'test',
      style: 'sidetone',
      scopes: ['calls:read'],
      expiresAt: null,
      revokedAt: null,
    });
    expect(await listKeys(core, accountId)).toContainEqual(key);
    const everything = JSON.stringify([
      await core.db.selectFrom('api_keys').selectAll().execute(),
      await core.db.selectFrom('audit_log').selectAll().execute(),
    ]);
    expect(everything).not.toContain(secret);
    expect(everything).not.toContain(secret.slice(8, -4));
  });

  it('is refused with a reason', async () => {
    const refused = (input: object) => createKey(core, { accountId, mode: 'live', actor, ...input });
    await expect(refused({ scopes: ['calls:delete'] })).rejects.toMatchObject({
      code: 'key.bad_input',
      field: 'scopes',
    });
    await expect(refused({ scopes: [] })).rejects.toMatchObject({ code: 'key.bad_input', field: 'scopes' });
    await expect(refused({ style: 'other' })).rejects.toMatchObject({ code: 'key.bad_input', field: 'style' });
    await expect(refused({ expiresAt: new Date(clock.now()) })).rejects.toMatchObject({ field: 'expiresAt' });
    await expect(refused({ accountId: 'acc_0' })).rejects.toMatchObject({ code: 'account.not_found' });
  });

  it('says who calls, until it expires', async () => {
    const expiresAt = new Date(clock.now() + 60_000);
    const { key, secret } = await createKey(core, {
      accountId,
      mode: 'live',
      scopes: ['calls:read'],
      expiresAt,
      actor,
    });
    expect(await keyRing.authenticate(secret)).toMatchObject({
      accountId,
      keyId: key.id,
      mode: 'live',
      scopes: ['calls:read'],
      apiEnabled: true,
      limits: { concurrent_calls: 100 },
    });
    clock.advance(59_999);
    expect(await keyRing.authenticate(secret)).toBeDefined();
    clock.advance(1);
    expect(await keyRing.authenticate(secret)).toBeUndefined();
  });

  it('is unknown when it is another of the same form', async () => {
    const { secret } = await createKey(core, { accountId, mode: 'live', actor });
    await core.db
      .deleteFrom('api_keys')
      .where('hint', 'like', `%${secret.slice(-4)}`)
      .execute();
    expect(await keyRing.authenticate(secret)).toBeUndefined();
  });

  it('is rolled with an overlap, once, into one of the same rights', async () => {
    const old = await createKey(core, { accountId, mode: 'test', style: 'telroi', scopes: ['calls:read'], actor });
    const roll = (overlapSeconds?: number) =>
      rollKey(core, {
        accountId,
        keyId: old.key.id,
        actor,
        ...(overlapSeconds === undefined ? {} : { overlapSeconds }),
      });
    await expect(roll(-1)).rejects.toMatchObject({ code: 'key.bad_input', field: 'overlapSeconds' });
    const fresh = await roll(3600);
    expect(fresh.key).toMatchObject({ mode: 'test', style: 'telroi', scopes: ['calls:read'] });
    expect((await listKeys(core, accountId)).find(({ id }) => id === old.key.id)).toMatchObject({
      expiresAt: new Date(clock.now() + 3_600_000),
      replacedBy: fresh.key.id,
    });
    await expect(roll()).rejects.toMatchObject({ code: 'key.bad_input' });
    clock.advance(3_600_000);
    expect(await keyRing.authenticate(old.secret)).toBeUndefined();
    expect(await keyRing.authenticate(fresh.secret)).toBeDefined();
  });

  it('is not found by another account', async () => {
    const { key } = await createKey(core, { accountId, mode: 'live', actor });
    const other = await createAccount(core, { name: 'Not theirs', actor });
    const theirs = { accountId: other.id, keyId: key.id, actor };
    await expect(revokeKey(core, theirs)).rejects.toMatchObject({ code: 'key.not_found' });
    await expect(rollKey(core, theirs)).rejects.toMatchObject({ code: 'key.not_found' });
    expect(await listKeys(core, other.id)).toEqual([]);
  });

  it('ends at once for this process, and for the others when they hear of it', async () => {
    const elsewhere = new KeyRing(core);
    let heard: () => void = () => undefined;
    const hearing = new Promise<void>((resolve) => (heard = resolve));
    const unlisten = await storage.listen(KEYS_CHANNEL, {
      onNotify() {
        elsewhere.forget();
        heard();
      },
      onLost: () => elsewhere.forget(),
    });
    const { key, secret } = await createKey(core, { accountId, mode: 'live', actor });
    expect(await keyRing.authenticate(secret)).toBeDefined();
    expect(await elsewhere.authenticate(secret)).toBeDefined();
    clock.advance(1);
    const revoked = await revokeKey(core, { accountId, keyId: key.id, actor });
    expect(await keyRing.authenticate(secret)).toBeUndefined();
    await hearing;
    expect(await elsewhere.authenticate(secret)).toBeUndefined();
    expect(await revokeKey(core, { accountId, keyId: key.id, actor })).toEqual(revoked);
    const acts = (await audit(accountId)).filter(({ subject }) => subject === key.id);
    expect(acts.map(({ action }) => action)).toEqual(['key.create', 'key.revoke']);
    unlisten();
  });

  it('is asked for again after half a minute, should a notification be lost', async () => {
    const { key, secret } = await createKey(core, { accountId, mode: 'live', actor });
    expect(await keyRing.authenticate(secret)).toBeDefined();
    await core.db.updateTable('api_keys').set({ revoked_at: new Date() }).where('id', '=', key.id).execute();
    clock.advance(30_000);
    expect(await keyRing.authenticate(secret)).toBeDefined();
    clock.advance(1);
    expect(await keyRing.authenticate(secret)).toBeUndefined();
  });

  it('says that the API of its account is off', async () => {
    const { secret } = await createKey(core, { accountId, mode: 'live', actor });
    expect(await keyRing.authenticate(secret)).toMatchObject({ apiEnabled: true });
    await setApiAccess(core, { accountId, enabled: false, actor });
    expect(await keyRing.authenticate(secret)).toMatchObject({ apiEnabled: false });
    await setApiAccess(core, { accountId, enabled: true, actor });
    await expect(setApiAccess(core, { accountId: 'acc_0', enabled: true, actor })).rejects.toMatchObject({
      code: 'account.not_found',
    });
  });

  it('remembers its last use, written together with others’ after ten seconds', async () => {
    const { key, secret } = await createKey(core, { accountId, mode: 'live', actor });
    const lastUse = async () => (await listKeys(core, accountId)).find(({ id }) => id === key.id)?.lastUsedAt;
    await keyRing.authenticate(secret);
    clock.advance(5_000);
    await keyRing.authenticate(secret);
    const used = new Date(clock.now());
    expect(await lastUse()).toBeNull();
    clock.advance(5_000);
    await background.idle();
    expect(await lastUse()).toEqual(used);

    clock.advance(1000);
    await keyRing.authenticate(secret);
    await keyRing.flush();
    expect(await lastUse()).toEqual(new Date(used.getTime() + 6000));
  });
});
