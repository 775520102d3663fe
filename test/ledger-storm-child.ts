/** One process of the storm: begins uses, conducts them on a held clock, and dies where it is told to. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { creditWallet, holdFunds, releaseAbandoned, releaseFunds, settleFunds } from '#core/billing/index.js';
import { cancelCall, placeCall } from '#core/calls/index.js';
import { CoreError } from '#core/errors.js';
import { newId } from '#core/ids.js';
import { requestVerification } from '#core/verifications/index.js';
import type { Engine } from '#voice/engine.js';
import { SimulatedEngine } from '#voice/simulated/simulated-engine.js';
import { HeldClock } from './held-clock.js';
import type { Payer, StormOrder } from './ledger-storm.js';
import { openWorldOn } from './world.js';

/** The last two digits of whoever is called choose one of these; all others answer and listen. */
const FATES = [
  '20',
  '21',
  '22',
  '23',
  '24',
  '25',
  '26',
  '27',
  '28',
  '30',
  '31',
  '40',
  '41',
  '42',
  '43',
  '44',
  '46',
  '48',
];
/** How many uses are begun side by side: fewer than the database has connections. */
const BEGINNERS = 6;

const order = JSON.parse(process.env['STORM'] ?? '') as StormOrder;
const clock = new HeldClock(order.startMs);
let untilDeath = order.dieAt;
/** The points are passed in the order of the work, wherever a commit has just been made or is about to be. */
const killPoint = (): void => {
  if (untilDeath !== null && --untilDeath <= 0) process.kill(process.pid, 'SIGKILL');
};

let state = order.seed;
/** Numbers as by chance, the same in every run (mulberry32). */
function chance(): number {
  state = (state + 0x6d2b79f5) | 0;
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}
const among = <T>(things: readonly T[]): T => things[Math.floor(chance() * things.length)]!;

/** The simulated network, where a number's last two digits lead to one with a fate. */
function fatefulNetwork(): Engine {
  const engine = new SimulatedEngine(clock);
  return {
    on: (listener) => engine.on(listener),
    close: () => engine.close(),
    send(command) {
      if (command.kind !== 'dial' || command.to.kind !== 'trunk') return engine.send(command);
      const { number } = command.to;
      const fate = number.startsWith('+1212') && FATES.includes(number.slice(-2)) ? number.slice(-2) : undefined;
      const to = fate === undefined ? command.to : { ...command.to, number: `+150055500${fate}` };
      engine.send({ ...command, to });
    },
  };
}

const world = await openWorldOn(
  {
    folder: mkdtempSync(join(tmpdir(), 'sidetone-storm-')),
    database: { connection: order.connection, close: () => Promise.resolve() },
    openedAt: new Date(order.startMs),
    inhabitants: order.inhabitants,
  },
  clock,
  { live: fatefulNetwork, killPoint },
);
const { core } = world;
const now = (): Date => new Date(clock.now());

const everyCallOver = async (): Promise<void> => {
  while ((await countOpen()) > 0) await world.run(2000);
};
// What the processes before left waiting.
await everyCallOver();
for (let begun = await countBegun(); begun < order.uses; begun = await countBegun()) {
  const calls: { id: string; accountId: string }[] = [];
  for (const payer of order.payers.filter(({ isPoor }) => isPoor)) await topUp(payer);
  let left = Math.min(order.together, order.uses - begun);
  const beginners = Array.from({ length: BEGINNERS }, async () => {
    while (left-- > 0) {
      const id = await begin(among(order.payers)).catch(unlessRefused);
      if (id !== undefined) calls.push(id);
    }
  });
  await Promise.all(beginners);
  await world.run(3000);
  for (const call of calls.filter(() => chance() < 0.08)) {
    await cancelCall(core, { accountId: call.accountId, mode: 'live' }, call.id).catch(unlessRefused);
  }
  await everyCallOver();
}
// What was held for files whose process died is given back by the hour.
await releaseAbandoned({ db: core.db, clock: { ...clock, now: () => clock.now() + 7_200_000 } as never });
untilDeath = null;
await world.close();
process.disconnect();

async function begin(payer: Payer): Promise<{ id: string; accountId: string } | undefined> {
  const kind = chance();
  if (kind < 0.15) return begunCode(payer);
  if (kind < 0.3) return begunFile(payer);
  const call = await placeCall(core, {
    accountId: payer.accountId,
    mode: 'live',
    to: someNumber(),
    from: payer.number,
    // Four words take a second: up to 80 of them.
    message: 'a '.repeat(1 + Math.floor(chance() ** 3 * 320)),
    machine: { detect: chance() < 0.5 },
    dialect: 'none',
  });
  return { id: call.id, accountId: payer.accountId };
}

/** Codes of the client's own, which no ratio of unverified ones stops. */
async function begunCode({ accountId }: Payer): Promise<undefined> {
  await requestVerification(core, { accountId, mode: 'live', to: someNumber(), code: '123456', dialect: 'none' });
}

/** Money held, then in a transaction of its own charged or given back; in between is where a process may die. */
async function begunFile({ accountId }: Payer): Promise<undefined> {
  const use = { accountId, mode: 'live', reference: newId('spf', clock.now()), at: now() } as const;
  const price = { unit: 'tts_1k_characters', quantity: Math.round(1 + chance() * 5000) / 1000 } as const;
  const held = await core.db.transaction().execute((tx) => holdFunds(tx, { ...use, ...price }));
  killPoint();
  if (held === 'insufficient_funds') return;
  const failed = chance() < 0.2;
  await core.db.transaction().execute((tx) => (failed ? releaseFunds(tx, use) : settleFunds(tx, { ...use, ...price })));
  killPoint();
}

function someNumber(): string {
  return `+1212${String(Math.floor(chance() * 1e7)).padStart(7, '0')}`;
}

async function topUp({ accountId }: Payer): Promise<void> {
  await creditWallet(core, { accountId, amount: 200, note: 'a little', actor: 'test' });
}

/** Refusals are part of the storm. */
function unlessRefused(error: unknown): undefined {
  if (!(error instanceof CoreError)) throw error;
}

async function countBegun(): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select (select count(*) from calls) + (select count(distinct reference) from ledger_entries
      where reference like 'spf%') as n`.execute(core.db);
  return Number(rows[0]?.n);
}

async function countOpen(): Promise<number> {
  const { rows } = await sql<{ n: number }>`select count(*) as n from calls where ended_at is null`.execute(core.db);
  return Number(rows[0]?.n);
}
