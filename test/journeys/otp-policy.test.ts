import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCommandLine } from '#cli/run.js';
import { createAccount } from '#core/accounts/index.js';
import { writeRunningFile } from '#running-file.js';
import { operatedWith } from '../operator.js';
import { openWorld, type World } from '../world.js';

/** `sidetone otp-policy`, from the words to the rows. */
const TOKEN = 'token-of-this-run';
let world: World;
let data: string;

beforeAll(async () => {
  data = mkdtempSync(join(tmpdir(), 'sidetone-otp-policy-'));
  world = await openWorld({ operatorDoors: operatedWith(TOKEN, data) });
  await createAccount(world.core, { name: 'Other', actor: 'test' });
  const { port } = await world.platform.server.listen();
  writeRunningFile(data, { url: `http://127.0.0.1:${port}`, token: TOKEN, pid: process.pid });
});
afterAll(async () => {
  await world.close();
  rmSync(data, { recursive: true, force: true });
});

async function sidetone(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ['', ''];
  const code = await runCommandLine(['otp-policy', ...argv], {
    env: { SIDETONE_DATA: data },
    print: (text) => void (out += text),
    note: (text) => void (err += text),
    interrupted: new AbortController().signal,
  });
  return { code, out, err };
}

async function shown(...argv: string[]): Promise<Record<string, unknown>> {
  const { code, out } = await sidetone('show', '--json', ...argv);
  expect(code).toBe(0);
  const rows = JSON.parse(out) as { name: string; value: unknown }[];
  return Object.fromEntries(rows.map(({ name, value }) => [name, value]));
}

test('shows the documented defaults, for an account and as the ceiling', async () => {
  expect(await shown()).toEqual({
    code_length: 6,
    expiry_seconds: 300,
    attempts: 3,
    call_timeout_seconds: 45,
    readings: 2,
    on_machine: 'fail',
    from: null,
    allowed_prefixes: [],
    cooldown_seconds: 60,
    per_hour: 5,
    per_day: 20,
    max_unverified_ratio: 0.8,
    min_samples: 50,
    spend_per_day: null,
  });
  expect(await shown('--ceiling')).toEqual({ cooldown_seconds: 10, per_hour: 20, per_day: 60 });
});

test.each([
  ['code_length', '4', 4],
  ['on_machine', 'press_1', 'press_1'],
  ['from', '+12125550111', '+12125550111'],
  ['allowed_prefixes', '+1, +44', ['+1', '+44']],
  ['max_unverified_ratio', '0.5', 0.5],
  ['spend_per_day', '5000', 5000],
])('sets %s to %s for one account, and takes it back', async (name, text, value) => {
  const before = await shown();
  const { code, err } = await sidetone('set', name, text);
  expect([code, err]).toEqual([0, '']);
  expect(await shown()).toEqual({ ...before, [name]: value });
  expect(await shown('--account', 'Other')).toEqual(before);
  expect((await sidetone('set', name, 'default')).code).toBe(0);
  expect(await shown()).toEqual(before);
});

test('sets the ceiling apart from the accounts', async () => {
  expect((await sidetone('set', 'per_hour', '7', '--ceiling')).out).toBe('per_hour is 7 now\n');
  expect(await shown('--ceiling')).toMatchObject({ per_hour: 7 });
  expect(await shown()).toMatchObject({ per_hour: 5 });
});

test.each([
  [['set', 'code_length', '3'], 'code_length takes a whole number from 4 to 10, not "3"'],
  [['set', 'code_length', '4.5'], 'code_length takes a whole number'],
  [['set', 'readings', ''], 'readings takes a whole number'],
  [['set', 'on_machine', 'speak'], 'either "fail" or "press_1"'],
  [['set', 'from', '12'], 'a number such as +12125550100'],
  [['set', 'allowed_prefixes', '44'], 'prefixes such as +44'],
  [['set', 'max_unverified_ratio', '1.5'], 'a number from 0 to 1'],
  [['set', 'min_samples', '10'], 'a whole number from 50'],
  [['set', 'colour', 'red'], 'There is no setting "colour" here; there are code_length,'],
  [['set', 'readings', '2', '--ceiling'], 'there are cooldown_seconds, per_hour, per_day'],
  [['show', '--account', 'Nobody'], 'Nobody'],
])('%j is refused with a sentence', async (argv, sentence) => {
  const { code, err } = await sidetone(...argv);
  expect(code).toBe(1);
  expect(err).toContain(sentence);
});

test('is in the audit log', async () => {
  await sidetone('set', 'attempts', '5');
  await sidetone('set', 'per_day', '100', '--ceiling');
  const rows = await world.core.db
    .selectFrom('audit_log')
    .select(['account_id', 'actor', 'details'])
    .where('action', '=', 'verification_policy.set')
    .orderBy('id', 'desc')
    .limit(2)
    .execute();
  expect(rows).toEqual([
    { account_id: null, actor: 'cli', details: { name: 'per_day', from: null, to: 100 } },
    { account_id: world.account.id, actor: 'cli', details: { name: 'attempts', from: null, to: 5 } },
  ]);
});
