import { createServer, type Server } from 'node:http';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adminDoor } from '#apis/admin/index.js';
import { runCommandLine } from '#cli/run.js';
import { LOOPBACK } from '#carriers/carrier.js';
import { systemClock } from '#clock.js';
import { receiveMessage } from '#core/messages/index.js';
import { changeRouting, readRouting } from '#core/routing/index.js';
import { verifyWebhook } from '#core/webhooks/index.js';
import { writeRunningFile } from '#running-file.js';
import { encodeWav } from '#speech/encode-wav.js';
import { schemaState } from '#storage/migrate.js';
import { StorageError } from '#storage/storage-error.js';
import { ScriptedEngine } from '#test/business.js';
import { openWorld, SANDBOX_NUMBER, type World } from '#test/world.js';

const TOKEN = 'token-of-this-run';
let world: World;
let data: string;
/** What `backup` was asked to write. */
const backups: string[] = [];

beforeAll(async () => {
  data = mkdtempSync(join(tmpdir(), 'sidetone-cli-'));
  world = await openWorld({
    clock: systemClock,
    live: () => scriptedNetwork(),
    operatorDoors: ({ keyRing, courier, bans }) => [
      adminDoor({
        token: TOKEN,
        keyRing,
        courier,
        bans,
        sipHost: '127.0.0.1',
        installation: {
          dataFolder: data,
          sipAddress: { host: '127.0.0.1', port: 5060 },
          schema: () => schemaState(world.core.db),
        },
        async backUp(file) {
          if (file.endsWith('taken')) throw new StorageError(`${file} exists already`);
          backups.push(file);
          return { tables: 2, rows: 3, files: 1, bytes: 4, secret: false };
        },
      }),
    ],
  });
  const { port } = await world.platform.server.listen();
  writeRunningFile(data, { url: `http://127.0.0.1:${port}`, token: TOKEN, pid: process.pid });
});
afterAll(async () => {
  await world.close();
  rmSync(data, { recursive: true, force: true });
});

/** A live network whose trunks answer and whose calls reach nobody. */
function scriptedNetwork(): ScriptedEngine {
  const engine = new ScriptedEngine();
  engine.onCommand = (command) => {
    if (command.kind === 'probe') {
      engine.emit({ kind: 'probe.done', probe: command.probe, ok: true, sipCode: 200, detail: '200 OK' });
    }
    if (command.kind === 'dial') {
      engine.emit({ kind: 'leg.ended', leg: command.leg, cause: 'unreachable', by: 'us' });
    }
  };
  return engine;
}

interface Ran {
  code: number;
  out: string;
  err: string;
  /** The JSON documents on stdout. */
  documents: Record<string, unknown>[];
}

interface Running {
  ended: Promise<Ran>;
  /** Ctrl-C. */
  interrupt(): void;
  /** Resolves when this is on stdout or stderr. */
  shows(text: string): Promise<void>;
}

function start(...argv: string[]): Running {
  const controller = new AbortController();
  let out = '';
  let err = '';
  let look: () => void = () => undefined;
  const terminal = {
    print: (text: string) => {
      out += text;
      look();
    },
    note: (text: string) => {
      err += text;
      look();
    },
    env: { SIDETONE_DATA: data },
    interrupted: controller.signal,
  };
  const ended = runCommandLine(argv, terminal).then((code) => ({
    code,
    out,
    err,
    get documents() {
      return out
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    },
  }));
  return {
    ended,
    interrupt: () => controller.abort(),
    shows: (text) =>
      new Promise((resolve, reject) => {
        look = () => {
          if (out.includes(text) || err.includes(text)) resolve();
        };
        look();
        void ended.then(({ code }) => reject(new Error(`ended with ${code} without "${text}": ${out}${err}`)));
      }),
  };
}

const run = (...argv: string[]): Promise<Ran> => start(...argv).ended;

/** Runs a command that must succeed and gives what it printed. */
async function prints(...argv: string[]): Promise<string> {
  const { code, out, err } = await run(...argv);
  expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
  return out;
}

async function documents(...argv: string[]): Promise<unknown> {
  return JSON.parse(await prints(...argv, '--json'));
}

describe('keys', () => {
  it('create prints the key alone on stdout, and it works until it is revoked', async () => {
    const { code, out, err } = await run('keys', 'create', '--mode', 'test', '--scopes', 'calls:read,calls:write');
    expect(code).toBe(0);
    expect(out).toMatch(/^st_test_\S+\n$/);
    expect(err).toContain('calls:read, calls:write');
    const key = out.trim();
    expect((await world.request('GET', '/api/v1/calls', { key })).status).toBe(200);

    const id = /key_\w+/.exec(err)?.[0] ?? '';
    const rolled = await prints('keys', 'roll', id, '--overlap', '60');
    expect(rolled).toMatch(/^st_test_\S+\n$/);
    expect((await world.request('GET', '/api/v1/calls', { key: rolled.trim() })).status).toBe(200);
    expect(await prints('keys', 'revoke', id)).toContain(`revoked ${id}`);
    expect((await world.request('GET', '/api/v1/calls', { key })).status).toBe(401);
    expect(await prints('keys', 'list')).toMatch(new RegExp(`${id}.*revoked`));
  });

  it('come in the styles that clients check', async () => {
    expect(await prints('keys', 'create', '--style', 'telroi')).toMatch(/^tlr_live_\S+\n$/);
    expect(await prints('keys', 'create', '--style', 'talkroute')).toMatch(/^tr_live_[0-9a-f]{64}\n$/);
  });

  it('are refused with one line for an unknown scope or a bad time', async () => {
    expect(await run('keys', 'create', '--scopes', 'everything')).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringMatching(/^sidetone: [^\n]*everything[^\n]*\n$/) as string,
    });
    expect((await run('keys', 'create', '--expires', 'soon')).err).toMatch(
      /^sidetone: expires_at: "soon" is not a time/,
    );
    expect((await run('keys', 'revoke', 'key_none')).code).toBe(1);
  });
});

describe('sites', () => {
  it('are created with their keys, applied from a file, shown and listed', async () => {
    expect(await prints('sites', 'list')).toContain('no sites');
    const { code, out, err } = await run(
      'sites',
      'create',
      'shop',
      '--name',
      'The Shop',
      '--url',
      'https://shop.example',
    );
    expect({ code, err }).toEqual({ code: 0, err: expect.stringContaining('shown this once') as string });
    expect(out).toMatch(/^st_live_\S+\nst_test_\S+\n[0-9a-f]{64}\n[0-9a-f]{64}\n$/);
    const [liveKey = '', testKey = '', ...securityKeys] = out.trim().split('\n');
    const ask = (key: string) => world.request('GET', '/referrals/api/v2/manage/site', { key });
    expect((await ask(liveKey)).body).toMatchObject({
      result: { site: { slug: 'shop', mode: 'live', name: 'The Shop' } },
    });

    const file = join(data, 'shop.json');
    const document = { coupon_lists: [{ name: 'Tens', amount: 10, codes: ['A-1'] }], campaigns: [{ slug: 'give' }] };
    writeFileSync(file, JSON.stringify(document));
    expect(await prints('sites', 'apply', 'shop', file, '--mode', 'test')).toBe(
      'test: coupon list "Tens": created\ntest: coupon list "Tens": 1 codes added\ntest: campaign "give": created\n',
    );
    expect(await prints('sites', 'apply', 'shop', file, '--mode', 'test')).toBe('nothing to change\n');
    expect(await prints('sites', 'apply', 'shop', file)).toContain('live: campaign "give": created\n');
    expect(await documents('sites', 'show', 'shop', '--mode', 'test')).toMatchObject({ campaigns: [{ slug: 'give' }] });
    expect(await prints('sites', 'usage', 'shop')).toMatch(/shop +live +0 +50 +250 +\d+ +0 +0 +-\n/);
    expect(await prints('sites', 'list')).toMatch(/shop +live +The Shop +https:\/\/shop\.example\/ /);

    const key = await prints('keys', 'create', '--site', 'shop', '--mode', 'test');
    expect((await ask(key.trim())).body).toMatchObject({ result: { site: { slug: 'shop', mode: 'test' } } });
    expect((await world.request('GET', '/api/v1/calls', { key: key.trim() })).status).toBe(403);
    expect((await ask(testKey)).status).toBe(200);
    const rolled = await prints('sites', 'roll-security-key', 'shop', '--mode', 'test');
    expect(rolled).toMatch(/^[0-9a-f]{64}\n$/);
    expect(securityKeys).not.toContain(rolled.trim());
    await prints('sites', 'create', 'brief');
    const unsure = await run('sites', 'remove', 'brief');
    expect(unsure).toMatchObject({ code: 1, err: expect.stringContaining('say --yes') as string });
    expect(await prints('sites', 'list')).toContain('brief');
    expect(await prints('sites', 'remove', 'brief', '--yes')).toBe('removed brief\n');
    expect(await prints('sites', 'list')).not.toContain('brief');
    expect((await run('sites', 'remove', 'brief', '--yes')).err).toBe('sidetone: slug: There is no site "brief".\n');
  });

  it('are refused with one line', async () => {
    expect((await run('sites', 'create', 'shop')).err).toBe('sidetone: slug: There is a site "shop" already.\n');
    expect((await run('sites', 'create', 'Sh op')).err).toMatch(/^sidetone: slug: A slug is [^\n]*\n$/);
    expect((await run('sites', 'show', 'none')).err).toBe('sidetone: slug: No site found by its slug.\n');
    const file = join(data, 'bad.json');
    expect((await run('sites', 'apply', 'shop', file)).err).toMatch(/bad\.json cannot be read/);
    writeFileSync(file, '{');
    expect((await run('sites', 'apply', 'shop', file)).err).toMatch(/bad\.json is not JSON/);
    writeFileSync(file, '{"campaigns":[{"slug":"x","type":"lottery"}]}');
    expect((await run('sites', 'apply', 'shop', file)).err).toMatch(/campaigns\[0\]\.type` must be one of invite/);
    expect((await run('keys', 'create', '--site', 'none')).code).toBe(1);
  });
});

describe('users and groups', () => {
  it('are added, shown, changed and removed, each mode apart', async () => {
    await prints('phones', 'add', '111', '--password', 'long enough');
    expect(
      await prints('users', 'add', 'Ann Lee', '--email', 'ann@example.com', '--role', 'owner', '--phones', '111'),
    ).toMatch(/^added usr_\w+: Ann Lee <ann@example.com>, owner, on 111\n$/);
    await prints('users', 'add', 'Bob');
    expect(await prints('users', 'list')).toMatch(
      /NAME +E-MAIL +ROLE +PHONES +ID\nAnn Lee +ann@example.com +owner +111 +usr_\w+\nBob +- +member +- +usr_\w+\n/,
    );
    expect(await prints('users', 'list', '--mode', 'test')).toContain('no users');
    expect(await prints('groups', 'add', 'Sales', '--members', 'bob, ann@example.com')).toMatch(
      /^added grp_\w+, Sales: Bob, Ann Lee\n$/,
    );
    expect(await prints('groups', 'show', 'sales')).toMatch(
      /^Sales \(grp_\w+\)\n {2}Bob: no phone\n {2}Ann Lee: 111\n$/,
    );
    expect(await prints('users', 'update', 'bob', '--name', 'Bob Roe', '--phones', '111', '--role', 'admin')).toMatch(
      /: Bob Roe, admin, on 111\n$/,
    );
    expect(await documents('users', 'update', 'ann@example.com', '--email', '', '--phones', '')).toMatchObject({
      name: 'Ann Lee',
      email: null,
      phones: [],
    });
    expect(await prints('groups', 'update', 'Sales', '--name', 'Sellers', '--members', 'Ann Lee')).toMatch(
      /, Sellers: Ann Lee\n$/,
    );
    expect(await prints('groups', 'list')).toMatch(/NAME +MEMBERS +ID\nSellers +Ann Lee +grp_\w+\n/);
    expect((await run('users', 'remove', 'ann lee')).err).toContain('the last owner of the account');
    await prints('users', 'add', 'Another owner', '--role', 'owner');
    expect(await prints('users', 'remove', 'ann lee')).toBe('removed Ann Lee\n');
    expect(await prints('groups', 'show', 'Sellers')).toMatch(/^Sellers \(grp_\w+\)\n$/);
    expect(await prints('groups', 'remove', 'Sellers')).toBe('removed Sellers\n');
    await prints('users', 'add', 'Sim', '--mode', 'test', '--phones', '+15005550020');
    expect(await documents('users', 'show', 'Sim', '--mode', 'test')).toMatchObject({ phones: ['+15005550020'] });
  });

  it('are refused with one line', async () => {
    expect(await run('users', 'add', 'Cy', '--phones', '999')).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringMatching(/^sidetone: phones.0: There is no phone "999"[^\n]*\n$/) as string,
    });
    expect((await run('users', 'show', 'nobody')).err).toBe('sidetone: user: There is no user "nobody".\n');
    expect((await run('groups', 'add', 'X', '--members', 'nobody')).err).toBe(
      'sidetone: members.0: There is no user "nobody".\n',
    );
    expect((await run('groups', 'remove', 'none')).err).toBe('sidetone: group: There is no group "none".\n');
    expect((await run('users', 'add', 'Cy', '--role', 'king')).code).toBe(2);
  });
});

describe('where calls lead', () => {
  it('is looked at, tried and taken back', async () => {
    const owner = { accountId: world.account.id, mode: 'test' } as const;
    expect(await prints('call-flow', 'versions', '--mode', 'test')).toBe('no changes yet\n');
    await changeRouting(world.core, { ...owner, author: 'test', summary: 'Two desks' }, async (draft) => {
      const desk = { userId: null, ringSeconds: 20, noAnswer: null, inDirectory: true } as const;
      const destination = { type: 'phone', id: 'p1' } as const;
      await draft.create('extension', { ...desk, number: '201', name: 'Front', destination });
      await draft.create('extension', { ...desk, number: '202', name: 'Back', destination: null });
    });
    expect(await prints('call-flow', 'problems', '--mode', 'test')).toMatch(
      /^STATE +WHERE +WHAT\nincomplete +extensions\[\d+\]\.destination +Extension 202 rings nowhere and leads nowhere\.\n$/,
    );
    expect(await prints('call-flow', 'problems')).toBe('nothing is wrong, and nothing is missing\n');
    const at = ['--at', '2026-06-03T14:00:00Z', '--mode', 'test'];
    expect(await prints('call-flow', 'simulate', '201', '--from', '202', '--answers', '201', ...at)).toBe(
      [
        '2026-06-03T14:00:00.000Z  Front (201) answers after 5 s',
        '    rings: Front (201) at p1 for 20 s',
        '2026-06-03T14:00:05.000Z  The caller speaks with Front (201)',
        'assumed: 201 answers after 5 seconds.\n',
      ].join('\n'),
    );
    expect((await run('call-flow', 'simulate', '209', ...at)).err).toBe(
      'sidetone: to: 209 is neither a number of the account nor an extension.\n',
    );
    expect((await run('call-flow', 'simulate', '201', '--at', 'soon')).err).toContain('"soon" is not a time');
    expect(await prints('call-flow', 'roll-back', '0', '--mode', 'test')).toBe(
      'version 2: Back to the beginning, 2 objects changed\n',
    );
    expect(await prints('call-flow', 'versions', '--limit', '1', '--mode', 'test')).toMatch(
      /^VERSION +AT +AUTHOR +OBJECTS +SUMMARY\n *2 +\S+ +cli +2 +Back to the beginning\n$/,
    );
    expect((await run('call-flow', 'roll-back', '9', '--mode', 'test')).err).toBe(
      'sidetone: version: There is no version 9.\n',
    );
  });
});

describe('accounts', () => {
  it('are created with a webhook secret, listed, and chosen by --account', async () => {
    const created = (await documents('accounts', 'create', 'Second')) as { id: string };
    expect(await prints('accounts', 'list')).toMatch(/NAME +ID[^]*Test account[^]*Second/);
    await prints('numbers', 'add', '+18005550501', '--account', 'Second');
    expect(await prints('numbers', 'list', '--account', created.id)).toContain('+18005550501');
    expect(await prints('numbers', 'list')).not.toContain('+18005550501');
    expect(await prints('webhooks', 'secret', 'show', '--account', 'Second')).toMatch(/^whsec_\S+\n$/);
    expect((await run('numbers', 'list', '--account', 'Third')).err).toBe('sidetone: There is no account "Third".\n');
    expect((await run('accounts', 'create', 'Second')).code).toBe(1);
  });

  it('get in once the API is opened for them', async () => {
    const created = await run('accounts', 'create', 'Waiting');
    expect(created.err).toMatch(/not let in yet: "sidetone accounts api-access enable --account acc_\w+"/);
    const key = (await prints('keys', 'create', '--account', 'Waiting', '--style', 'talkroute')).trim();
    expect(key).toMatch(/^tr_live_[0-9a-f]{64}$/);
    const status = async () => (await world.request('GET', '/api/v2/account', { key })).status;
    expect(await status()).toBe(403);
    expect(await prints('accounts', 'api-access', 'enable', '--account', 'Waiting')).toBe(
      'the API of Waiting is on now\n',
    );
    expect(await status()).toBe(200);
    await prints('accounts', 'api-access', 'disable', '--account', 'Waiting');
    expect(await status()).toBe(403);

    expect(await prints('accounts', 'api-access', 'requests')).toBe('no requests\n');
    const form = new URLSearchParams({ account: 'Waiting', name: 'Ann', email: 'ann@example.com', use_case: 'CRM' });
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    for (let count = 0; count < 2; count++) {
      await world.request('POST', '/api-access', { key: null, body: form.toString(), headers });
    }
    const [first, second] = (await documents('accounts', 'api-access', 'requests')) as { id: string }[];
    expect(await prints('accounts', 'api-access', 'grant', first?.id ?? '')).toContain('write to ann@example.com');
    expect(await status()).toBe(200);
    await prints('accounts', 'api-access', 'refuse', second?.id ?? '');
    expect(await prints('accounts', 'api-access', 'requests', '--decided')).toMatch(/refused[^]*granted/);
    expect((await run('accounts', 'api-access', 'grant', first?.id ?? '')).err).toContain('was granted already');
    expect(await prints('accounts', 'api-access', 'refuse', '--all')).toBe('refused: 0\n');
    expect((await run('accounts', 'api-access', 'refuse')).err).toContain('--all');
    const open = (await documents('accounts', 'create', 'Open', '--api')) as { api_enabled: boolean };
    expect(open.api_enabled).toBe(true);
  });

  it('have plans, a name, an address and a time zone', async () => {
    expect(await prints('plans', 'list')).toMatch(/ID +NAME[^]*1 +self_hosted +Self-hosted +0 +any/);
    const features = 'virtual_numbers=1,menus';
    expect(await prints('plans', 'set', 'small', '--shown', 'Small', '--price', '1900', '--features', features)).toBe(
      'small (2, "Small"): 1900 a month, any number of users, virtual_numbers=1,menus\n',
    );
    await prints('plans', 'set', 'small', '--users', '3');
    expect(await documents('plans', 'show', 'small')).toEqual({
      ...{ id: 2, name: 'small', display_name: 'Small', monthly_price: 1900, included_users: 3 },
      features: { virtual_numbers: 1, menus: null },
    });
    expect(await prints('accounts', 'set-plan', 'small')).toBe('the account has the plan small now\n');
    expect((await run('plans', 'remove', 'small')).err).toContain('Accounts have the plan small: Test account.');
    await prints('accounts', 'set-plan', 'self_hosted');
    expect(await prints('plans', 'remove', 'small')).toBe('removed small\n');
    expect((await run('plans', 'set', 'self_hosted', '--price', '1')).err).toContain('stays as it is');
    expect((await run('plans', 'set', 'odd', '--features', 'flying')).err).toContain('There is no feature "flying"');
    expect((await run('accounts', 'set-plan', 'small')).err).toContain('There is no plan "small".');

    const change = ['--name', 'Test account', '--email', 'office@example.com', '--timezone', 'Europe/Berlin'];
    expect(await prints('accounts', 'update', ...change)).toMatch(
      /^changed acc_\w+: Test account <office@example.com>, Europe\/Berlin\n$/,
    );
    expect((await run('accounts', 'update', '--timezone', 'Mars')).err).toContain('not a time zone');
    await prints('accounts', 'update', '--email', '', '--timezone', 'UTC');
  });

  it('give keys to their people', async () => {
    await prints('users', 'add', 'Key holder', '--mode', 'test', '--email', 'holder@example.com');
    const key = (await prints('keys', 'create', '--mode', 'test', '--user', 'holder@example.com')).trim();
    expect(await prints('keys', 'list')).toMatch(/USER[^]*usr_\w+/);
    expect((await world.request('GET', '/v1/calls', { key })).status).toBe(403);
    expect((await world.request('GET', '/v1/contacts', { key })).status).toBe(200);
    expect((await run('keys', 'create', '--user', 'holder@example.com')).err).toContain('There is no user');
  });

  it('are in development or in production', async () => {
    const set = async (stage: string) => run('accounts', 'set-stage', stage);
    expect(await set('development')).toMatchObject({ code: 0, out: expect.stringContaining('development') as string });
    expect((await run('accounts', 'list')).out).toContain('development');
    expect(await set('production')).toMatchObject({ code: 0 });
    expect(await set('holiday')).toMatchObject({ code: 1 });
  });

  it('have limits that can be set and taken back', async () => {
    expect(await prints('accounts', 'set-limit', 'concurrent_calls', '7')).toBe('concurrent_calls is 7 now\n');
    expect(await documents('accounts', 'limits')).toContainEqual(
      expect.objectContaining({ name: 'concurrent_calls', value: 7, default: 100 }),
    );
    expect(await prints('accounts', 'set-limit', 'concurrent_calls', 'default')).toBe('concurrent_calls is 100 now\n');
    for (const [name, value] of [
      ['concurrent_calls', 'many'],
      ['concurrent_calls', '1.5'],
      ['no_such_limit', '1'],
    ] as const) {
      expect((await run('accounts', 'set-limit', name, value)).code).toBe(1);
    }
  });
});

describe('webhook endpoints', () => {
  const endpoints = ['webhooks', 'endpoints'] as const;
  const URL = 'https://hooks.example.com/all';

  it('are added with a secret shown once, listed, shown, changed and removed', async () => {
    const added = await prints(...endpoints, 'add', URL, '--events', 'otp.verified,call.completed');
    const [, id = '', secret = ''] = /^added (whe_\w+)\n(whsec_\S+)\n$/.exec(added) ?? [];
    expect(await documents(...endpoints, 'show', id)).toMatchObject({
      url: URL,
      events: ['otp.verified', 'call.completed'],
    });
    const list = await prints(...endpoints, 'list');
    expect(list).toContain('otp.verified,call.completed');
    expect(list).not.toContain(secret);
    const rolled = await prints(...endpoints, 'roll', id);
    expect(rolled).toMatch(/^whsec_\S+\n$/);
    expect(rolled).not.toContain(secret);
    expect(await prints(...endpoints, 'update', id, '--enabled', 'no', '--events', 'otp.failed')).toBe(
      `${id}: ${URL}, disabled\n`,
    );
    expect((await run(...endpoints, 'test', id)).err).toMatch(/disabled/);
    expect((await run(...endpoints, 'show', id, '--mode', 'test')).code).toBe(1);
    expect(await prints(...endpoints, 'remove', id)).toBe(`removed ${id}\n`);
    expect((await run(...endpoints, 'remove', id)).err).toMatch(/There is no webhook endpoint/);
    expect(await prints(...endpoints, 'list')).toBe('no endpoints\n');
  });

  it('may have a secret of the receiver’s, and are refused with a sentence', async () => {
    const theirs = [...endpoints, 'add', URL, '--dialect', 'verify-events', '--mode', 'test', '--events'] as const;
    const added = (await documents(...theirs, 'call.missed', '--secret', 'known-to-the-receiver')) as { id: string };
    expect(added).toMatchObject({ dialect: 'verify-events', secret: 'known-to-the-receiver' });
    expect((await run(...theirs, 'call.missed')).err).toMatch(/registered already/);
    expect((await run(...theirs, 'otp.verified')).err).toMatch(/"otp.verified" is not one of call.completed/);
    expect((await run(...endpoints, 'add', URL)).code).toBe(2);
    // What follows is heard by other receivers, and this one is not there.
    expect(await prints(...endpoints, 'remove', added.id, '--mode', 'test')).toBe(`removed ${added.id}\n`);
  });
});

describe('wallet and prices', () => {
  it('take in what was paid, and show the ledger', async () => {
    expect(await prints('wallet', 'show')).toMatch(/^balance 0 \(USD 0\.00\), held 0 .*, owed 0 .*; metering off: /);
    expect(await documents('wallet', 'credit', '2500', '--note', 'Invoice 7')).toMatchObject({ balance: 2500 });
    expect(await prints('wallet', 'show')).toContain('balance 2500 (USD 25.00)');
    expect(await documents('wallet', 'entries', '--limit', '5')).toMatchObject([
      { kind: 'credit', amount: 2500, balance_after: 2500, note: 'Invoice 7' },
    ]);
    expect(await prints('wallet', 'entries')).toMatch(/credit +2500 +2500 +Invoice 7/);
    for (const amount of ['25.00', '-5', '0']) {
      expect((await run('wallet', 'credit', '--note', 'x', '--', amount)).code, amount).toBe(1);
    }
    expect((await run('wallet', 'credit', '5')).code).toBe(2);
  });

  it('belong to an account; prices without one are everybody’s', async () => {
    await prints('accounts', 'create', 'Payer');
    expect(await prints('wallet', 'show', '--account', 'Payer')).toContain('balance 0');
    expect(await prints('prices', 'set', 'voice_minute', '1.25')).toBe('voice_minute costs 1.25 now\n');
    expect(await prints('prices', 'set', 'voice_minute', '3', '--account', 'Payer')).toContain('costs 3 now');
    expect(await prints('prices', 'show')).toMatch(/voice_minute +1\.25 +installation/);
    expect(await prints('prices', 'show', '--account', 'Payer')).toMatch(/voice_minute +3 +account/);
    expect(await prints('prices', 'set', 'voice_minute', 'default', '--account', 'Payer')).toContain('costs 1.25 now');
    expect((await run('prices', 'set', 'voice_minute', 'much')).err).toMatch(/^sidetone: amount: [^\n]*\n$/);
    expect((await run('prices', 'set', 'air', '1')).err).toMatch(/^sidetone: unit: There is no unit "air"/);
    await prints('prices', 'set', 'voice_minute', 'default');
  });

  it('come with terms: metering and a currency', async () => {
    const other = ['--account', 'Payer'];
    expect(await prints('accounts', 'set-metering', 'prepaid', ...other)).toContain('metering prepaid');
    expect(await prints('accounts', 'set-metering', 'off', ...other)).toContain('metering off');
    expect((await run('accounts', 'set-metering', 'sometimes', ...other)).code).toBe(1);
    expect(await prints('accounts', 'set-currency', 'NGN', ...other)).toContain('NGN');
    expect((await run('accounts', 'set-currency', 'NGN')).err).toMatch(/^sidetone: currency: The ledger has entries/);
  });
});

describe('numbers', () => {
  it('are proven by the code that is spoken there', async () => {
    const verify = ['numbers', 'verify', '+15005550007', '--mode', 'test'];
    const called = await run(...verify);
    expect(called).toMatchObject({ code: 0, out: expect.stringContaining('--mode test --code CODE') as string });
    expect(await run(...verify, '--code', '111111')).toMatchObject({
      ...{ code: 1, err: expect.stringContaining('not the code that was spoken') as string },
    });
    expect((await run(...verify, '--code', '000000', '--json')).documents).toEqual([
      { number: '+15005550007', mode: 'test', verified: true },
    ]);
    expect(await documents('numbers', 'list', '--mode', 'test')).toContainEqual(
      expect.objectContaining({ number: '+15005550007', kind: 'verified' }),
    );
    await prints('numbers', 'remove', '+15005550007', '--mode', 'test');
    expect(await prints('numbers', 'list', '--mode', 'test')).not.toContain('+15005550007');
  });

  it('are added, also twice, listed and removed', async () => {
    expect(await prints('numbers', 'add', '+18005550199')).toContain('+18005550199 (live) added');
    await prints('numbers', 'add', '+1 800 555 0199');
    await prints('numbers', 'add', '+18005550198', '--mode', 'test');
    const listed = (await documents('numbers', 'list', '--mode', 'live')) as { number: string }[];
    expect(listed.map(({ number }) => number)).toEqual([SANDBOX_NUMBER, '+18005550199']);
    await prints('numbers', 'remove', '+18005550199');
    expect(await run('numbers', 'remove', '+18005550199')).toMatchObject({ code: 1, out: '' });
    expect((await run('numbers', 'add', '8005550199')).err).toMatch(/^sidetone: number: [^\n]+\n$/);
  });

  it('may be short codes and names, with a pace for their texts', async () => {
    await prints('numbers', 'add', '12345', '--kind', 'short_code', '--segments-per-second', '30');
    await prints('numbers', 'add', 'ACME', '--kind', 'alphanumeric');
    expect(await documents('numbers', 'list', '--mode', 'live')).toMatchObject([
      { number: SANDBOX_NUMBER, kind: 'e164', segments_per_second: 1 },
      { number: '12345', kind: 'short_code', segments_per_second: 30 },
      { number: 'ACME', kind: 'alphanumeric', segments_per_second: 1 },
    ]);
    expect((await run('numbers', 'add', '12', '--kind', 'short_code')).code).toBe(1);
    for (const number of ['12345', 'ACME']) await prints('numbers', 'remove', number);
  });
});

describe('phones', () => {
  it('are added with a number, listed and removed', async () => {
    const { code, out, err } = await run('phones', 'add', '101', '--password', 'secret', '--number', '+18005550111');
    expect(code).toBe(0);
    expect(out).toBe('added 101: it registers as 101 at 127.0.0.1:5060\n');
    expect(err).toContain('emergency');
    expect(err).toContain('shorter than 8');
    expect(err).toContain('SIDETONE_SIP_HOST');
    expect(await prints('phones', 'list')).toMatch(/101 +\+18005550111 +not registered/);
    expect(await prints('phones', 'add', '102')).toMatch(/its password, shown this once: \S{20}\n$/);
    expect((await run('phones', 'add', '101', '--password', 'other')).err).toContain('There is a phone "101" already.');
    await prints('phones', 'remove', '101');
    expect(await prints('phones', 'list')).not.toContain('101');
  });

  it('are set one by one', async () => {
    await prints('phones', 'add', '121');
    expect(await prints('phones', 'set', '121', '--do-not-disturb', 'on', '--location', 'Main Street 1')).toBe(
      'changed 121: do not disturb\n',
    );
    expect(await documents('phones', 'set', '121', '--do-not-disturb', 'off', '--forward', '102')).toMatchObject({
      do_not_disturb: false,
      forward_to: '102',
      location: 'Main Street 1',
    });
    expect(await prints('phones', 'list')).toMatch(/121 .*forwarded to 102 +Main Street 1/);
    expect(await prints('phones', 'set', '121', '--forward', '', '--location', '')).toBe('changed 121: as usual\n');
    expect((await run('phones', 'set', '121')).err).toContain('Say what is to be changed');
    expect((await run('phones', 'set', '121', '--call-waiting', 'maybe')).err).toContain(
      '--call-waiting is on or off.',
    );
    expect((await run('phones', 'set', '121', '--caller-id', '+12125550177')).err).toMatch(/caller.?id/i);
    await prints('phones', 'remove', '121');
  });

  it('that calls lead to, and numbers that groups show, are removed with another in their place', async () => {
    for (const name of ['131', '132']) await prints('phones', 'add', name);
    await prints('numbers', 'add', '+18005550131', '--phone', '131');
    await prints('numbers', 'add', '+18005550132');
    const owner = { accountId: world.account.id, mode: 'live' } as const;
    const [desk, group] = await changeRouting(world.core, { ...owner, author: 'test', summary: 'A desk' }, (draft) => {
      const callerId = [...draft.configuration.numbers].find(([, number]) => number === '+18005550131')![0];
      const rings = { strategy: 'all', maxAttempts: 1, retryAfterSeconds: 5, maxHoldSeconds: 60 } as const;
      const shown = { name: 'Desks', callerId, holdMusic: null, destination: null, members: [], ...rings };
      const destination = { type: 'phone', id: '131' } as const;
      const alone = { userId: null, ringSeconds: 20, noAnswer: null, inDirectory: true } as const;
      return Promise.all([
        draft.create('extension', { ...alone, number: '231', name: 'Desk', destination }),
        draft.create('ring_group', shown),
      ]);
    });
    const now = async () => (await readRouting(world.core, owner)).objects;
    expect((await run('phones', 'remove', '131')).err).toContain(`in use: extensions[${desk}].destination`);
    expect((await run('phones', 'remove', '131', '--replacement', '139')).code).toBe(1);
    await prints('phones', 'remove', '131', '--replacement', '132');
    expect((await now()).extension.get(desk)?.destination).toEqual({ type: 'phone', id: '132' });
    expect(await prints('numbers', 'list')).toMatch(/\+18005550131 .*132/);
    expect((await run('numbers', 'remove', '+18005550131')).err).toContain(`in use: ringGroups[${group}].callerId`);
    expect((await run('numbers', 'remove', '+18005550131', '--replacement', '+18005550139')).code).toBe(1);
    await prints('numbers', 'remove', '+18005550131', '--replacement', '+18005550132');
    const { numbers } = await readRouting(world.core, owner);
    expect(numbers.get((await now()).ring_group.get(group)!.callerId!)).toBe('+18005550132');
    await changeRouting(world.core, { ...owner, author: 'test', summary: 'No desk' }, (draft) => {
      draft.remove('extension', desk);
      draft.remove('ring_group', group);
    });
    await prints('phones', 'remove', '132');
    await prints('numbers', 'remove', '+18005550132');
  });

  it('of a second account register under its domain', async () => {
    await prints('accounts', 'create', 'Branch', '--domain', 'branch.example');
    expect(await prints('phones', 'add', '101', '--password', 'long enough', '--account', 'Branch')).toContain(
      'registers as 101@branch.example at 127.0.0.1:5060',
    );
  });
});

describe('trunks', () => {
  it('are added, tested, listed and removed', async () => {
    const uri = 'sip:127.0.0.1:5099;transport=tcp';
    await prints('trunks', 'add', 'carrier', '--uri', uri, '--username', 'me', '--password', 'mine', '--channels', '4');
    expect(await documents('trunks', 'list')).toEqual([
      expect.objectContaining({ name: 'carrier', uri, username: 'me', channels: 4, active_calls: 0, account_id: null }),
    ]);
    expect(await prints('trunks', 'test', 'carrier')).toBe('carrier: reachable: 200 OK\n');
    const changes = ['--register', '--prefix', '+44,+49', '--priority', '7', '--cps', '2.5', '--no-diversion'];
    await prints('trunks', 'update', 'carrier', '--uri', 'sip:127.0.0.1:5098;transport=tls', ...changes);
    expect(await documents('trunks', 'show', 'carrier')).toMatchObject({
      ...{ uri: 'sip:127.0.0.1:5098;transport=tls', has_password: true, register_seconds: 600, priority: 7 },
      ...{ prefixes: ['+44', '+49'], calls_per_second: 2.5, diversion: false, channels: 4, state: null },
    });
    await prints('trunks', 'update', 'carrier', '--no-register', '--prefix', '', '--tls-verify');
    const shown = await prints('trunks', 'show', 'carrier');
    expect(shown).toMatch(/^priority +7$/m);
    expect(shown).not.toMatch(/register|prefixes|mine/);
    expect(await prints('trunks', 'list')).toMatch(/carrier +\S+ +not known yet +all accounts +all +7/);
    const wrong = await run('trunks', 'update', 'carrier', '--called-form', 'roman');
    expect(wrong).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringMatching(/^sidetone: called_form: One of/) as string,
    });
    expect((await run('trunks', 'update', 'carrier', '--tls-ca', '/no/such/file')).err).toContain('--tls-ca');
    expect(await prints('trunks', 'remove', 'carrier')).toBe('removed carrier\n');
    expect(await prints('trunks', 'list')).toContain('no trunks: add one with');
    expect((await run('trunks', 'test', 'carrier')).code).toBe(1);
  });

  it('that loopback cannot reach are refused, naming the variable', async () => {
    const { code, err } = await run('trunks', 'add', 'far', '--uri', 'sip:sip.example.com');
    expect(code).toBe(1);
    expect(err).toMatch(/^sidetone: [^\n]*SIDETONE_SIP_HOST[^\n]*\n$/);
  });
});

describe('carriers', () => {
  const template = { send: { url: 'https://sms.example.com/send', json: { to: '{to}', key: '{secret.key}' } } };

  it('of every kind are added, listed, shown, changed and removed', async () => {
    const file = join(data, 'template.json');
    writeFileSync(file, JSON.stringify(template));
    const added = await prints(
      'carriers',
      'add',
      'tw',
      '--twilio',
      'AC1',
      '--token',
      'hush',
      '--sender',
      'Shop,+18005550199',
    );
    expect(added).toMatch(/receipts and incoming texts: http:\S+\/carriers\/car_\w+\/callback\n$/);
    await prints('carriers', 'add', 'tx', '--telnyx', 'hush', '--api-url', 'http://127.0.0.1:9/', '--timeout', '5');
    await prints('carriers', 'add', 'ht', '--http-template', file, '--secret', 'key=hush=hush', '--priority', '7');
    const smpp = ['--smpp', 'smpp.example.com', '--system-id', 'me', '--password', 'hush', '--tls', '--timeout', '4'];
    await prints('carriers', 'add', 'sm', ...smpp, '--prefix', '+44,+49', '--segments-per-second', '2.5');
    const usual = { account_id: null, prefixes: [], senders: [], priority: 100, segments_per_second: 10 };
    expect(await documents('carriers', 'list')).toMatchObject([
      {
        ...{ ...usual, name: 'tw', kind: 'twilio', has_secrets: true },
        ...{ senders: ['Shop', '+18005550199'], settings: { account_sid: 'AC1' } },
      },
      {
        ...{ ...usual, name: 'tx', kind: 'telnyx', has_secrets: true },
        settings: { api_url: 'http://127.0.0.1:9/', timeout_seconds: 5 },
      },
      { ...usual, name: 'ht', kind: 'http', has_secrets: true, priority: 7, settings: { template } },
      {
        ...{ ...usual, name: 'sm', kind: 'smpp', has_secrets: true, callback_url: null },
        ...{ prefixes: ['+44', '+49'], segments_per_second: 2.5 },
        settings: { host: 'smpp.example.com', port: 2775, system_id: 'me', tls: true, response_seconds: 4 },
      },
    ]);
    await prints('carriers', 'update', 'sm', '--smpp', '[::1]:2776', '--prefix', '', '--no-tls', '--timeout', '');
    expect(await documents('carriers', 'show', 'sm')).toMatchObject({
      prefixes: [],
      settings: { host: '::1', port: 2776, system_id: 'me', tls: false },
    });
    const shown = await prints('carriers', 'show', 'sm');
    expect(shown).toMatch(/^host +::1$/m);
    expect(shown).not.toMatch(/hush|callback_url/);
    expect(await prints('carriers', 'list')).toMatch(/sm +smpp +\S.* +all accounts +all +all +100 +2.5/);
    for (const name of ['tw', 'tx', 'ht', 'sm']) {
      expect(await prints('carriers', 'remove', name)).toBe(`removed ${name}\n`);
    }
    expect(await prints('carriers', 'list')).toContain('no carriers: add one with');
  });

  it.each([
    [['add', 'x'], 2, 'say which kind'],
    [['add', 'x', '--twilio', 'AC1', '--telnyx', 'key'], 1, 'one carrier is one of its kinds: twilio or telnyx'],
    [['add', 'x', '--twilio', 'AC1'], 1, 'auth_token: A carrier of the kind twilio needs it.'],
    [
      ['add', 'x', '--smpp', 'host:1', '--system-id', 'me', '--password', 'p', '--window', 'x'],
      1,
      'window: A whole number',
    ],
    [['add', 'x', '--http-template', '/no/such/file'], 1, '--http-template: /no/such/file cannot be read'],
    [['add', 'x', '--telnyx', 'key', '--secret', 'nothing'], 1, '--secret: "nothing" is not NAME=VALUE'],
    [['test', 'x'], 1, 'There is no carrier "x".'],
  ])('%j is refused', async (args, code, sentence) => {
    const wrong = await run('carriers', ...args);
    expect(wrong).toMatchObject({ code, out: '', err: expect.stringContaining(sentence) as string });
  });
});

describe('bans', () => {
  it('are listed and taken off', async () => {
    expect(await prints('bans', 'list')).toBe('nobody is banned\n');
    const since = Date.now();
    const ban = { address: '192.0.2.7', reason: 'wrong passwords', since, until: since + 600_000 };
    (world.core.engines.live as ScriptedEngine).emit({ kind: 'bans', bans: [ban] });
    expect(await prints('bans', 'list')).toMatch(/192\.0\.2\.7 +\S+ +\S+ +wrong passwords/);
    expect((await run('bans', 'remove', '192.0.2.8')).err).toBe(
      'sidetone: address: The address 192.0.2.8 is not banned.\n',
    );
    expect(await prints('bans', 'remove', '192.0.2.7')).toBe('1 ban lifted\n');
    expect((await run('bans', 'remove')).code).toBe(2);
    (world.core.engines.live as ScriptedEngine).emit({ kind: 'bans', bans: [] });
    expect(await prints('bans', 'remove', '--all')).toBe('0 bans lifted\n');
  });
});

describe('call', () => {
  it('follows an answered call to its end, a line per event', async () => {
    const args = ['call', '+12125550100', '--from', SANDBOX_NUMBER, '--say', 'Hello', '--mode', 'test'];
    const { code, out, err } = await run(...args);
    expect({ code, err }).toEqual({ code: 0, err: expect.stringMatching(/^cal_\w+ to \+12125550100\n$/) as string });
    expect(out).toMatch(/dialing[^]*ringing[^]*answered[^]*completed/);
    const { documents: events } = await run(...args, '--json');
    expect(events.at(0)).toMatchObject({ type: 'call.dialing' });
    expect(events.at(-1)).toMatchObject({ type: 'call.completed', status: 'completed' });
  });

  it('exits with 1 when nobody answers, and on a refusal', async () => {
    const from = ['--from', SANDBOX_NUMBER, '--say', 'Hello', '--mode', 'test'];
    const busy = await run('call', '+15005550020', ...from);
    expect(busy.code).toBe(1);
    expect(busy.out).toMatch(/no_answer +SIP 486 +The line was busy\.\n$/);
    const refused = await run('call', '+12125550100', '--from', '+12125550199', '--say', 'Hello');
    expect(refused).toMatchObject({ code: 1, out: '' });
    expect(refused.err).toContain('from: +12125550199 is not a live number');
    expect((await run('call', 'nobody', ...from)).code).toBe(1);
  });
});

describe('webhooks', () => {
  let receiver: Server;
  let url: string;
  beforeAll(async () => {
    receiver = createServer((_request, response) => response.end('ok'));
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
  });
  afterAll(() => void receiver.close());

  it('are printed as signed, listed, and delivered again', async () => {
    const listening = start('webhooks', 'listen', '--json');
    await listening.shows('listening');
    const placed = await world.request('POST', '/api/v1/calls', {
      body: { to: '+12125550100', from: SANDBOX_NUMBER, message: 'Hello', webhook_url: url },
    });
    expect(placed.status).toBe(201);
    await listening.shows('call.completed');
    listening.interrupt();
    const heard = await listening.ended;
    expect(heard.code).toBe(0);
    const secret = (await prints('webhooks', 'secret', 'show')).trim();
    for (const { url: to, headers, body } of heard.documents) {
      expect(to).toBe(url);
      expect(verifyWebhook(headers as Record<string, string>, body as string, secret)).toBe(true);
    }

    const deliveries = (await documents('webhooks', 'list', '--limit', '1')) as { id: string; event_type: string }[];
    expect(deliveries).toMatchObject([{ event_type: 'call.completed', url, mode: 'test' }]);
    const again = start('webhooks', 'listen');
    await again.shows('listening');
    expect(await prints('webhooks', 'replay', deliveries[0]?.id ?? '')).toBe('1 delivery goes out again\n');
    await again.shows(`webhook-id: ${deliveries[0]?.id}`);
    again.interrupt();
    expect((await again.ended).out).toContain(`POST ${url}\n`);
    expect(await prints('webhooks', 'replay', '--since', '2020-01-01T00:00:00Z')).toBe('0 deliveries go out again\n');
    expect((await run('webhooks', 'replay', 'dlv_none')).code).toBe(1);
    expect((await run('webhooks', 'replay')).code).toBe(2);
  });

  it('have a secret that can be rolled', async () => {
    const before = await prints('webhooks', 'secret', 'show');
    const rolled = await prints('webhooks', 'secret', 'roll');
    expect(rolled).toMatch(/^whsec_\S+\n$/);
    expect(rolled).not.toBe(before);
    expect(await prints('webhooks', 'secret', 'show')).toBe(rolled);
  });
});

describe('backup', () => {
  it('tells the server where to write, and that the key is not in it', async () => {
    const file = join(data, 'backup.tar.gz');
    const { code, out, err } = await run('backup', file);
    expect({ code, backups }).toEqual({ code: 0, backups: [file] });
    expect(out).toBe(`wrote ${file}: 3 rows of 2 tables and 1 files, 4 bytes\n`);
    expect(err).toContain('SIDETONE_SECRET_KEY');
    expect(await run('backup', join(data, 'taken'))).toMatchObject({
      code: 1,
      err: `sidetone: ${join(data, 'taken')} exists already\n`,
    });
  });
});

describe('doctor', () => {
  it('gives a sentence for each check, and exits with 1 when one fails', async () => {
    const { code, documents: found } = await run('doctor', '--json');
    const status = new Map(found.map((check) => [check['name'], check['status']]));
    expect(Object.fromEntries<unknown>(status as Map<string, unknown>)).toMatchObject({
      'Node.js': 'ok',
      'data folder': 'ok',
      server: 'ok',
      database: 'ok',
      trunks: 'warn',
      'text carriers': 'warn',
      'emergency calls': 'warn',
      voices: 'ok',
      'speech to text': 'ok',
      'loopback call': 'fail',
    });
    expect(code).toBe(1);
    for (const check of found) expect(check['message']).toMatch(/^[^\n]+\.$/);
  });
});

describe('everything administrative', () => {
  it('is in the audit log', async () => {
    const rows = await world.core.db.selectFrom('audit_log').select('action').where('actor', '=', 'cli').execute();
    expect(new Set(rows.map(({ action }) => action))).toEqual(
      new Set([
        'access_request.granted',
        'access_request.refused',
        'account.create',
        'account.disable_api',
        'account.enable_api',
        'account.set_currency',
        'account.set_limit',
        'account.set_metering',
        'account.set_plan',
        'account.set_stage',
        'account.update',
        'call.place',
        'carrier.add',
        'carrier.remove',
        'carrier.update',
        'coupon_list.add_codes',
        'coupon_list.create',
        'referral_campaign.create',
        'site.create',
        'site.remove',
        'site.roll_security_key',
        'group.create',
        'group.remove',
        'group.update',
        'installation.backup',
        'ban.lift',
        'key.create',
        'key.revoke',
        'key.roll',
        'number.add',
        'number.remove',
        'phone.add',
        'phone.remove',
        'phone.set',
        'plan.remove',
        'plan.set',
        'price.set',
        'routing.change',
        'trunk.add',
        'trunk.remove',
        'trunk.update',
        'user.create',
        'user.remove',
        'user.update',
        'wallet.credit',
        'webhook.replay',
        'webhook_endpoint.create',
        'webhook_endpoint.remove',
        'webhook_endpoint.roll_secret',
        'webhook_endpoint.update',
        'webhook_secret.roll',
      ]),
    );
  });
});

describe('another server’s running.json', () => {
  it('is one line and exit code 1', async () => {
    const { port } = new URL(`http://127.0.0.1:${(world.platform.server.app.server.address() as AddressInfo).port}`);
    const other = mkdtempSync(join(tmpdir(), 'sidetone-cli-'));
    try {
      writeRunningFile(other, { url: `http://127.0.0.1:${port}`, token: 'wrong', pid: 1 });
      let err = '';
      const terminal = {
        print: () => undefined,
        note: (text: string) => void (err += text),
        env: { SIDETONE_DATA: other },
        interrupted: new AbortController().signal,
      };
      expect(await runCommandLine(['keys', 'list'], terminal)).toBe(1);
      expect(err).toMatch(/^sidetone: [^\n]*token[^\n]*\n$/);
      writeFileSync(join(other, 'running.json'), '');
      err = '';
      expect(await runCommandLine(['keys', 'list'], terminal)).toBe(1);
      expect(err).toMatch(/^sidetone: the server is not running[^\n]*\n$/);
    } finally {
      rmSync(other, { recursive: true, force: true });
    }
  });
});

describe('contacts', () => {
  it('are imported from a file, listed, exported and erased', async () => {
    const file = join(data, 'people.csv');
    writeFileSync(file, 'phone,first_name,Size\n+12125550190,Ada,38\n+12125550191,Al,\n12,Nobody,\n');
    const { code, out, err } = await run('contacts', 'import', file, '--mode', 'test', '--tags', 'fair,vip');
    expect({ code, out }).toEqual({ code: 0, out: 'completed: 3 rows: 2 new, 0 changed, 0 given again, 1 refused\n' });
    const id = /imports show (imp_\w+) --refused/.exec(err)?.[1] ?? '';
    expect(await prints('imports', 'show', id, '--mode', 'test', '--refused')).toMatch(
      /^line,column,reason,.*\r\n4,phone,/,
    );
    expect(await prints('imports', 'list', '--mode', 'test')).toContain(id);
    expect(await documents('contacts', 'list', '--mode', 'test', '--tag', 'fair')).toMatchObject([
      { phone: '+12125550190', name: 'Ada', fields: { Size: '38' }, tags: ['fair', 'vip'] },
      { phone: '+12125550191' },
    ]);
    expect(await prints('contacts', 'export', '--mode', 'test', '--tag', 'fair')).toMatch(
      /^phone,name,.*\r\n\+12125550190,Ada,/,
    );
    expect(await prints('contacts', 'erase', '+12125550190', '--mode', 'test')).toContain('contacts 1');
    expect(await prints('contacts', 'list', '--mode', 'test')).not.toContain('Ada');
    const audited = await world.core.db.selectFrom('audit_log').select('action').execute();
    expect(audited.map(({ action }) => action)).toEqual(
      expect.arrayContaining(['contacts.import', 'contacts.export', 'person.erase']),
    );
  });

  it('of a file that cannot be used say why, and end with 1', async () => {
    const file = join(data, 'nameless.csv');
    writeFileSync(file, 'name\nAda\n');
    const failed = await run('contacts', 'import', file, '--mode', 'test');
    expect(failed.code).toBe(1);
    expect(failed.out).toMatch(/^failed: The file has no column "phone"/);
    const absent = await run('contacts', 'import', join(data, 'nowhere.csv'));
    expect(absent).toMatchObject({ code: 1, err: expect.stringMatching(/cannot be read/) as string });
  });
});

describe('opt-outs', () => {
  it('are entered, listed, lifted with a reason, reviewed, and read from a file', async () => {
    const phone = '+12125550195';
    const test = ['--mode', 'test'] as const;
    expect(await prints('opt-outs', 'add', phone, ...test, '--channel', 'sms', '--reason', 'a letter')).toBe(
      `${phone} has opted out\n`,
    );
    expect(await prints('opt-outs', 'add', phone, ...test, '--channel', 'sms')).toBe(
      `${phone} had opted out already\n`,
    );
    expect(await documents('opt-outs', 'list', ...test, '--phone', phone)).toMatchObject([
      { phone, scope: 'outreach', channel: 'sms', source: 'owner', reason: 'a letter', lifted_at: null },
    ]);
    expect(await prints('opt-outs', 'list')).not.toContain(phone);
    expect((await run('opt-outs', 'lift', phone, ...test)).code).toBe(2);
    expect(await prints('opt-outs', 'lift', phone, ...test, '--reason', 'signed a form')).toBe(
      `${phone} can be reached again; lifted: 1\n`,
    );
    expect(await run('opt-outs', 'lift', phone, ...test, '--reason', 'again')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/has not opted out/) as string,
    });
    expect(await documents('opt-outs', 'list', ...test, '--phone', phone, '--all')).toMatchObject([
      { phone, lifted_reason: 'signed a form' },
    ]);

    for (const words of ['please stop texting me', 'wrong number']) {
      await receiveMessage(world.core, LOOPBACK, {
        ...{ from: phone, to: SANDBOX_NUMBER, text: words },
        inReplyTo: await sandboxText(phone),
      });
      const [waiting] = (await documents('opt-outs', 'list', ...test, '--review')) as {
        id: string;
        review_text: string;
      }[];
      expect(waiting).toMatchObject({ phone, review_text: words, scope: 'marketing' });
      const verdict = words === 'wrong number' ? [] : ['--lift', 'meant somebody else'];
      expect(await prints('opt-outs', 'review', waiting?.id ?? '', ...test, ...verdict)).toContain(
        verdict.length === 0 ? 'stands' : 'is lifted',
      );
    }
    expect(await prints('opt-outs', 'list', ...test, '--review')).toContain('no opt-outs');

    const file = join(data, 'do-not-call.csv');
    writeFileSync(file, 'phone,reason\n+12125550196,"=1+1"\nx,\n');
    expect(await prints('opt-outs', 'import', file, ...test)).toContain(
      'completed: 2 rows: 1 new, 0 changed, 0 given again, 1 refused',
    );
    expect(await documents('opt-outs', 'list', ...test, '--phone', '+12125550196')).toMatchObject([
      { scope: 'marketing', source: 'import', reason: '=1+1' },
    ]);
    // What leaves runs in no spreadsheet, and goes in again as it was.
    const exported = (await world.request('GET', '/api/v1/dnc/export')).raw.toString();
    expect(exported).toContain("+12125550196,marketing,all,import,'=1+1,");
    const audited = await world.core.db.selectFrom('audit_log').select('action').where('actor', '=', 'cli').execute();
    expect(audited.map(({ action }) => action)).toEqual(
      expect.arrayContaining(['opt_out.add', 'opt_out.lift', 'opt_out.keep', 'opt_out.import']),
    );
  });
});

describe('registrations', () => {
  it('are added, changed, assigned to numbers, listed and removed', async () => {
    const test = ['--mode', 'test'] as const;
    const brand = /reg_\w+/.exec(await prints('registrations', 'add-brand', 'Acme', ...test, '--state', 'active'))?.[0];
    const added = await prints(
      ...['registrations', 'add-campaign', 'Spring', '--brand', brand ?? '', '--type', 'low_volume', ...test],
    );
    const id = /reg_\w+/.exec(added)?.[0] ?? '';
    expect(await prints('registrations', 'update', id, ...test, '--state', 'active', '--per-minute', '7')).toContain(
      'active',
    );
    expect(await prints('registrations', 'assign', id, SANDBOX_NUMBER, ...test)).toContain(SANDBOX_NUMBER);
    expect(await documents('registrations', 'list', ...test)).toMatchObject([
      { id: brand, kind: 'brand', state: 'active' },
      { id, brand_id: brand, type: 'low_volume', segments_per_minute: 7, numbers: [SANDBOX_NUMBER] },
    ]);
    expect(await prints('registrations', 'list')).not.toContain('Acme');
    expect(await run('registrations', 'update', 'reg_none', ...test, '--state', 'active')).toMatchObject({ code: 1 });
    await prints('registrations', 'remove', id, ...test);
    await prints('registrations', 'remove', brand ?? '', ...test);
    expect(await documents('registrations', 'list', ...test)).toEqual([]);
  });
});

/** Somebody is texted; gives the text's id. */
async function sandboxText(to: string): Promise<string> {
  const body = { to, from: SANDBOX_NUMBER, message: 'Hello.' };
  const reply = await world.request('POST', '/api/v1/sms', { body });
  expect(reply.status).toBe(201);
  return String(reply.body['sms_id']);
}

describe('mailboxes, sounds and blocked numbers', () => {
  it('are made, listed, changed and removed, and each act is in the audit log', async () => {
    expect(await prints('mailboxes', 'list')).toContain('no mailboxes');
    await prints('users', 'add', 'Vera', '--email', 'vera@example.com');
    const made = (await documents('mailboxes', 'add', 'Vera', '--user', 'Vera', '--greeting', 'Hello')) as {
      id: number;
    };
    const id = String(made.id);
    expect(made).toMatchObject({ name: 'Vera', greeting: { text: 'Hello' }, max_seconds: 180, has_pin: false });
    const sound = join(data, 'hello.wav');
    writeFileSync(sound, encodeWav({ pcm: new Int16Array(16_000).fill(1000), rate: 8000 }));
    const added = (await documents('sounds', 'add', sound)) as { id: number };
    expect(added).toMatchObject({ name: 'hello.wav', duration_seconds: 2 });
    const set = [
      '--greeting-sound',
      String(added.id),
      '--max-seconds',
      '60',
      '--transcribe',
      'off',
      '--emails',
      'a@b.ch',
    ];
    expect(await prints('mailboxes', 'set', id, '--name', 'Vera M', ...set)).toBe(`mailbox Vera M (${id})\n`);
    expect(await prints('mailboxes', 'pin', id, '2468')).toBe('Vera M has a new PIN\n');
    expect((await run('mailboxes', 'pin', id, '12')).err).toBe('sidetone: pin: A PIN has 4 to 10 digits.\n');
    expect(await prints('mailboxes', 'list')).toMatch(
      new RegExp(`^ID +NAME +USER +NEW +SAVED +PIN +E-MAILS\\n *${id} +Vera M +usr_\\w+ +0 +0 +set +a@b.ch\\n$`),
    );
    expect((await run('sounds', 'remove', String(added.id))).err).toContain(`in use: mailboxes[${id}].greeting`);
    const other = (await documents('sounds', 'add', sound)) as { id: number };
    await prints('sounds', 'remove', String(added.id), '--replacement', String(other.id));
    const [replaced] = (await documents('mailboxes', 'list')) as { greeting: unknown }[];
    expect(replaced?.greeting).toEqual({ sound: other.id });
    expect((await run('mailboxes', 'set', id)).err).toContain('Say what is to be changed');
    expect((await run('mailboxes', 'set', id, '--max-seconds', '0')).err).toContain('max_seconds');
    expect(await prints('mailboxes', 'pin', id, '')).toBe('no phone opens Vera M now\n');
    expect((await run('mailboxes', 'remove', id, '--mode', 'test')).code).toBe(1);
    expect(await prints('mailboxes', 'remove', id)).toBe('removed Vera M and its messages\n');
    expect(await prints('sounds', 'list')).toMatch(/hello\.wav +2 /);
    expect(await prints('sounds', 'remove', String(other.id))).toBe(`removed ${other.id}\n`);
    writeFileSync(sound, 'no sound at all');
    expect((await run('sounds', 'add', sound)).err).toContain('The sound cannot be used');

    const blocked = (await documents('blocked-numbers', 'add', '+12125550166', '--note', 'sales')) as { id: number };
    expect(await prints('blocked-numbers', 'list')).toMatch(/\+12125550166 +\S+ +sales\n$/);
    expect(await prints('blocked-numbers', 'list', '--mode', 'test')).toBe('nobody is turned away\n');
    expect((await run('blocked-numbers', 'add', 'nobody')).err).toContain('not a phone number');
    expect(await prints('blocked-numbers', 'remove', String(blocked.id))).toBe(`removed ${blocked.id}\n`);
    const { rows } = await sql<{ action: string }>`
      select action from audit_log where actor = 'cli' and action ~ '^(mailbox|sound|number\\.(un)?block)' order by id`.execute(
      world.core.db,
    );
    expect(rows.map(({ action }) => action)).toEqual([
      ...['sound.add', 'mailbox.set_pin', 'sound.add', 'sound.remove', 'mailbox.remove_pin', 'sound.remove'],
      ...['number.block', 'number.unblock'],
    ]);
  });
});
