/**
 * Many live uses of every kind and end, conducted by processes that are killed again and again (`ledger-storm-child.ts`),
 * and what the ledger says in the end beside what the calls and codes say.
 */
import { fork } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { createAccount, setLimit } from '#core/accounts/index.js';
import { checkLedger, creditWallet, setMetering, setPrice, type Unit } from '#core/billing/index.js';
import { checkCalls } from '#core/calls/index.js';
import type { Db } from '#core/core.js';
import { addNumber } from '#core/numbers/index.js';
import type { Tables } from '#core/tables.js';
import { addTrunk } from '#core/trunks/index.js';
import type { Connection } from '#storage/connection.js';
import { openDatabase } from '#storage/database.js';
import { HeldClock } from './held-clock.js';
import { openWorldOn, type Ground, type World } from './world.js';

/** What a process of the storm is told. */
export interface StormOrder {
  connection: Connection;
  inhabitants: NonNullable<Ground['inhabitants']>;
  payers: Payer[];
  startMs: number;
  seed: number;
  /** Uses to begin in all, those of the processes before included. */
  uses: number;
  /** How many of them begin at the same moment. */
  together: number;
  /** The kill point at which it dies; null: it lives. */
  dieAt: number | null;
}

/** An account of the storm, with the number that it calls from. */
export interface Payer {
  accountId: string;
  number: string;
  /** Gets a little money every now and then, and never enough. */
  isPoor: boolean;
}

export interface StormResult {
  uses: Record<string, number>;
  kills: number;
  seconds: number;
  entries: number;
  /** Minor units: what was paid, less what everything cost by its own record, less what the wallets say. */
  difference: number;
  stillHeld: number;
  violations: unknown[];
}

const PRICES: Record<string, Partial<Record<Unit, string>>> = {
  later: { voice_minute: '5', voice_otp_call: '3', tts_1k_characters: '2.5' },
  rich: { voice_minute: '1.25', voice_otp_call: '0.8', tts_1k_characters: '0.3333' },
  poor: { voice_minute: '7', voice_otp_call: '4', tts_1k_characters: '1' },
  free: {},
};
const CHILD = fileURLToPath(new URL('./ledger-storm-child.js', import.meta.url));
/** Between two processes: their clocks never go back. */
const BETWEEN_MS = 1000;

/** `killEvery`: about how many kill points a process passes before it dies; `kills`: how many processes do. */
export async function runLedgerStorm(
  connection: Connection,
  { kills, killEvery, ...amount }: { kills: number; killEvery: number } & Pick<StormOrder, 'uses' | 'together'>,
): Promise<StormResult> {
  const began = performance.now();
  const { inhabitants, payers } = await settle(connection);
  const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const storage = await openDatabase<Tables>({ connection, log: silent, maxConnections: 2 });
  const db = storage.kysely;
  try {
    let killed = 0;
    for (let seed = 1; ; seed++) {
      const dieAt = killed < kills ? Math.round(killEvery * (0.3 + 1.4 * ((seed * 0.618) % 1))) : null;
      const startMs = (await lastMoment(db)).getTime() + BETWEEN_MS;
      const died = await runChild({ connection, inhabitants, payers, startMs, seed, dieAt, ...amount });
      if (!died) break;
      killed += 1;
    }
    return { ...(await result(db)), kills: killed, seconds: (performance.now() - began) / 1000 };
  } finally {
    await storage.close();
  }
}

/** A world of its own makes the accounts, and leaves. */
async function settle(connection: Connection): Promise<Pick<StormOrder, 'inhabitants' | 'payers'>> {
  const ground: Ground = {
    folder: mkdtempSync(join(tmpdir(), 'sidetone-storm-')),
    database: { connection, close: () => Promise.resolve() },
    openedAt: new Date(0),
    inhabitants: undefined,
  };
  const world = await openWorldOn(ground, new HeldClock(), {});
  const { core, platform, account, keys, webhookSecret } = world;
  await addTrunk(core, {
    ...{ name: 'carrier', uri: 'sip:127.0.0.1:9', sipHost: '127.0.0.1', actor: 'test' },
    ...{ channels: 10_000, callsPerSecond: 1000 },
  });
  const payers: Payer[] = [];
  for (const [index, [name, prices]] of Object.entries(PRICES).entries()) {
    const { id: accountId } = await createAccount(core, { name, actor: 'test' });
    const own = { accountId, actor: 'test' };
    const number = `+1800555020${index}`;
    await addNumber(core, { ...own, mode: 'live', number });
    for (const [unit, amount] of Object.entries(prices)) await setPrice(core, { ...own, unit, amount });
    for (const [limit, value] of Object.entries({ concurrent_calls: 100_000, calls_per_second: 10_000 })) {
      await setLimit({ ...core, keyRing: platform.keyRing }, { ...own, name: limit, value });
    }
    if (name === 'rich') await creditWallet(core, { ...own, amount: 10_000_000, note: 'paid before' });
    if (name === 'rich' || name === 'poor') await setMetering(core, { ...own, metering: 'prepaid' });
    payers.push({ accountId, number, isPoor: name === 'poor' });
  }
  await closeWorld(world);
  return { inhabitants: { account, keys, webhookSecret }, payers };
}

async function closeWorld(world: World): Promise<void> {
  await world.settle();
  await world.close();
}

/** Whether it died by its own SIGKILL. */
function runChild(order: StormOrder): Promise<boolean> {
  const child = fork(CHILD, {
    env: { PATH: process.env['PATH'], STORM: JSON.stringify(order) },
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
  });
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (said += text));
  return new Promise((resolve, reject) => {
    child.once('exit', (code, signal) => {
      if (signal === 'SIGKILL' && order.dieAt !== null) return resolve(true);
      if (code === 0) return resolve(false);
      reject(new Error(`a process of the storm ended with ${code ?? signal}: ${said}`));
    });
  });
}

async function lastMoment(db: Db): Promise<Date> {
  const { rows } = await sql<{ at: Date }>`
    select max(at) as at from (
      select max(created_at) as at from accounts union all select max(created_at) from ledger_entries
      union all select max(created_at) from events union all select max(created_at) from calls) as moments`.execute(db);
  return rows[0]?.at ?? new Date(0);
}

async function result(db: Db): Promise<Omit<StormResult, 'kills' | 'seconds'>> {
  const all = new Date(0);
  const [uses, money] = await Promise.all([countUses(db), compare(db)]);
  return { uses, ...money, violations: [...(await checkLedger({ db })), ...(await checkCalls({ db }, all))] };
}

async function countUses(db: Db): Promise<Record<string, number>> {
  const { rows } = await sql<{ what: string; n: number }>`
    select 'call ' || status || coalesce(' ' || reason, '')
        || case when reason = 'node_lost' and answered_at is not null then ' answered' else '' end as what, count(*) as n
      from calls where purpose <> 'verification' group by 1
    union all select 'code ' || case when delivered_at is null then 'failed ' || coalesce(reason, '') else 'heard' end,
      count(*) from verifications group by 1
    union all select 'file ' || kind, count(*) from ledger_entries
      where reference like 'spf%' and kind in ('charge', 'release') group by 1
    order by 1`.execute(db);
  return Object.fromEntries(rows.map(({ what, n }) => [what, n]));
}

/**
 * What everything cost, reckoned from the rows of calls and codes and the prices, without the ledger; only of calls that
 * died with their server, or that the balance ended, the minutes held are taken from it, and of files all.
 */
async function compare(db: Db): Promise<Pick<StormResult, 'entries' | 'difference' | 'stillHeld'>> {
  const { rows } = await sql<{ entries: number; difference: number; held: number }>`
    with minutes as (
      select c.account_id, greatest(1, ceil(round(extract(epoch from c.ended_at - c.answered_at)) / 60)) as lasted,
        case when c.reason in ('node_lost', 'insufficient_funds')
          then greatest(1, (select count(*) from ledger_entries h where h.reference = c.id and h.kind = 'hold')) end as most
      from calls c
      where c.mode = 'live' and c.answered_at is not null and c.trunk_id is not null and c.purpose <> 'verification'
    ),
    costs as (
      select account_id, 'voice_minute' as unit, least(lasted, coalesce(most, lasted)) as quantity from minutes
      union all select account_id, 'voice_otp_call', 1 from verifications where delivered_at is not null
      union all select account_id, unit, quantity from ledger_entries where kind = 'charge' and reference like 'spf%'
    )
    select (select count(*) from ledger_entries) as entries,
      ((select sum(amount) from ledger_entries where kind = 'credit')
        - (select sum(ceil(c.quantity * coalesce(p.amount, 0)))
            from costs c left join prices p on p.account_id = c.account_id and p.unit = c.unit)
        - (select sum(balance - owed) from wallets))::bigint as difference,
      (select sum(held) from wallets)::bigint as held`.execute(db);
  const [row] = rows;
  if (row === undefined) throw new Error('a select without a row');
  return { entries: row.entries, difference: row.difference, stillHeld: row.held };
}
