/**
 * What a change of where calls lead costs with 5,000 extensions: lock, the draft, the check of the whole, the version; what a
 * second process pays to follow it; what a call pays to read the configuration. Prints figures, asserts nothing.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { systemClock } from '#clock.js';
import { checkFlow, FlowMachine } from '#core/call-flow/index.js';
import { changeRouting, readRouting, rollBack } from '#core/routing/index.js';
import type { Tables } from '#core/tables.js';
import { startEmbedded } from '#storage/embedded.js';
import { openDatabase } from '#storage/database.js';
import { makeTemplate, onDatabase } from '../database-template.js';

const EXTENSIONS = 5000;
const CHANGES = 60;
const CALLS = 2000;

const dataFolder = mkdtempSync(join(tmpdir(), 'sidetone-bench-'));
const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: console.error };
const server = await startEmbedded({ dataFolder, log });
try {
  const connection = onDatabase(server.connection, await makeTemplate(server.connection));
  const open = () => openDatabase<Tables>({ connection, log });
  const [ours, other] = [await open(), await open()];
  const core = { db: ours.kysely, clock: systemClock };
  const at = new Date(systemClock.now());
  await core.db.insertInto('accounts').values({ id: 'acc', name: 'Big', domain: 'big.test', created_at: at }).execute();
  const owner = { accountId: 'acc', mode: 'test' } as const;
  const author = { ...owner, author: 'bench', summary: 'bench' };
  const users = Array.from({ length: EXTENSIONS }, (_, n) => ({
    id: `usr_${n}`,
    name: `Person ${n}`,
    phones: [`p${n}`],
  }));
  for (let from = 0; from < users.length; from += 1000) {
    const more = { account_id: 'acc', mode: 'test', role: 'member', created_at: at, updated_at: at } as const;
    const rows = users.slice(from, from + 1000).map((user) => ({ ...user, ...more }));
    await core.db.insertInto('users').values(rows).execute();
  }

  let ids: number[] = [];
  const building = await timed(async () => {
    ids = await changeRouting(core, author, async (draft) => {
      const made: number[] = [];
      for (const [n, { id, name }] of users.entries()) {
        const number = String(100_000 + n);
        const body = {
          number,
          name,
          userId: id,
          destination: null,
          ringSeconds: 20,
          noAnswer: null,
          inDirectory: true,
        };
        made.push(await draft.create('extension', body));
      }
      return made;
    });
  });
  console.log(`${EXTENSIONS} extensions with their users in one change: ${building.toFixed(0)} ms`);

  const changes: number[] = [];
  const follows: number[] = [];
  const calls: number[] = [];
  await readRouting({ db: other.kysely }, owner);
  for (let n = 0; n < CHANGES; n++) {
    const id = ids[(n * 77) % ids.length] ?? 0;
    const change = () => changeRouting(core, author, (draft) => draft.update('extension', id, { ringSeconds: 5 + n }));
    changes.push(await timed(change));
    follows.push(await timed(() => readRouting({ db: other.kysely }, owner)));
  }
  const configuration = await readRouting(core, owner);
  const call = { caller: undefined, callerName: undefined, from: 'inside' } as const;
  for (let n = 0; n < CALLS; n++) {
    calls.push(
      await timed(async () => {
        const begin = { destination: { type: 'extension', id: ids[n % ids.length] ?? 0 } } as const;
        const machine = new FlowMachine(await readRouting(core, owner), { ...call, begin }, { turns: () => undefined });
        machine.begin(at);
      }),
    );
  }
  print('one extension changed, checked and written', changes);
  print('  a second process follows it', follows);
  print('a call reads the configuration and begins', calls);
  const checks: number[] = [];
  for (let n = 0; n < 20; n++) checks.push(await timed(async () => checkFlow({ ...configuration })));
  print('the check of the whole alone', checks);
  console.log(`back to the first version: ${(await timed(() => rollBack(core, author, 1))).toFixed(0)} ms`);
  await ours.close();
  await other.close();
} finally {
  await server.close();
  rmSync(dataFolder, { recursive: true, force: true });
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

function print(what: string, times: number[]): void {
  const sorted = [...times].sort((a, b) => a - b);
  const [half, most] = [0.5, 0.95].map((part) => (sorted[Math.floor(sorted.length * part)] ?? 0).toFixed(1));
  console.log(`${what.padEnd(46)} p50 ${half} ms   p95 ${most} ms`);
}
