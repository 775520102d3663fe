/**
 * A live campaign by voice over the real engine to sipp, where people answer, press keys, opt out, hang up, are busy,
 * decline, let it ring or are machines; the server is killed on the way. Then what both sides say is compared.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { checkCalls } from '#core/calls/index.js';
import type { Db, KillPoint } from '#core/core.js';
import type { Tables } from '#core/tables.js';
import type { Connection } from '#storage/connection.js';
import { openDatabase } from '#storage/database.js';
import { speak } from './detection/voices.js';
import { databaseUrl, KillableServer, postUntilAnswered } from './killable-server.js';
import { sippIsACrowd, type Sipp } from './peers/sipp.js';
import { tone } from './phones.js';
import { SANDBOX_NUMBER } from './world.js';

export interface CampaignStormPlan {
  recipients: number;
  /** Where the server dies, in turn; `any`: between two looks at the clock. */
  deaths: readonly ('any' | KillPoint)[];
  channels: number;
  callsPerSecond: number;
}

export interface CampaignStormResult {
  status: string;
  /** As the campaign says at its end. */
  stats: Record<string, unknown>;
  /** The same figures, added up from what sipp noted. */
  seen: Record<string, number>;
  /** Calls in the database; INVITEs that sipp got. */
  calls: number;
  invites: number;
  /** Calls that were under way when the server died, and ended as `node_lost`. */
  lost: number;
  /** Recipients of whose last try that is true. */
  lostAtLast: number;
  optOuts: number;
  kills: number;
  /** What the two sides do not agree on. */
  wrong: string[];
  violations: unknown[];
  /** From the first INVITE to the campaign's end, the time in which no server ran included. */
  seconds: number;
  /** Of the last server. */
  peakMegabytes: number;
}

/** What people do: the eighth digit of their number, what sipp notes of it, and what it counts as. */
const KINDS = {
  confirms: { digit: 1, note: 'hung-up', outcome: 'answered', status: 'completed', keys: '1' },
  optsOut: { digit: 2, note: 'hung-up', outcome: 'opted_out', status: 'completed', keys: '9' },
  leaves: { digit: 3, note: 'left', outcome: 'answered', status: 'completed', keys: '' },
  busy: { digit: 4, note: 'busy', outcome: 'busy', status: 'busy', keys: '' },
  declines: { digit: 5, note: 'declined', outcome: 'rejected', status: 'rejected', keys: '' },
  rings: { digit: 6, note: 'rang', outcome: 'no_answer', status: 'no_answer', keys: '' },
  machine: { digit: 7, note: 'hung-up', outcome: 'voicemail', status: 'voicemail', keys: '' },
  nobody: { digit: 8, note: 'unknown', outcome: 'failed', status: 'failed', keys: '' },
  listens: { digit: 9, note: 'hung-up', outcome: 'answered', status: 'completed', keys: '' },
} as const;
type Kind = keyof typeof KINDS;

/** Of twenty in a row; who listens to the end takes longest, and is one in five hundred. */
const MIX: readonly Kind[] = [
  ...(['confirms', 'busy', 'confirms', 'machine', 'leaves', 'confirms', 'rings', 'confirms', 'optsOut'] as const),
  ...(['declines', 'confirms', 'leaves', 'busy', 'confirms', 'nobody', 'machine', 'confirms', 'optsOut'] as const),
  ...(['rings', 'confirms'] as const),
];
const KEYS = { '1': { action: 'hangup' }, '9': { action: 'optout' } };
const RETRY = { max_attempts: 2, on: ['busy', 'no_answer', 'failed'], minutes_between: 1 };
/** In minutes, once the campaign is there: nobody waits in real time. */
const RETRY_DELAY = 0.05;
const GREETER = { native: 'rms', size: 1, speed: 1 };
const MAILBOX =
  'Hello, you have reached the Miller family. We cannot come to the phone right now, so please leave us a message after the tone.';
const LOST_MS = 45_000;
const EVERY_MS = 100;

export async function runCampaignStorm(
  connection: Connection,
  plan: CampaignStormPlan,
  tell: (line: string) => void = () => undefined,
): Promise<CampaignStormResult> {
  const folder = mkdtempSync(join(tmpdir(), 'sidetone-campaign-storm-'));
  const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const storage = await openDatabase<Tables>({ connection, log: silent, maxConnections: 2 });
  const hello = { sound: speak('Hello?', GREETER) };
  const sipp = await sippIsACrowd({
    lostMs: LOST_MS,
    captures: {
      greets: [hello, pause(4000)],
      confirms: [hello, pause(1500), { digits: '1' }, pause(2000)],
      'opts-out': [hello, pause(1500), { digits: '9' }, pause(2000)],
      mailbox: [{ sound: speak(MAILBOX, GREETER) }, pause(300), { sound: tone(1000, -12, 500) }, pause(8000)],
    },
  });
  const storm = new CampaignStorm(storage.kysely, sipp, plan, tell, () =>
    KillableServer.start({
      DATABASE_URL: databaseUrl(connection),
      SIDETONE_DATA: folder,
      SIDETONE_SECRET_KEY: 'the same for all servers of the storm',
      TEST_TRUNK_URI: `sip:127.0.0.1:${sipp.port}`,
      TEST_TRUNK_CHANNELS: String(plan.channels),
      TEST_TRUNK_PACE: String(plan.callsPerSecond),
    }),
  );
  try {
    return await storm.run();
  } finally {
    await storm.close();
    await sipp.close();
    await storage.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function pause(ms: number): { sound: Int16Array } {
  return { sound: new Int16Array(ms * 8) };
}

class CampaignStorm {
  #server: KillableServer | undefined;
  #key = '';
  #kills = 0;
  #told = -1;

  constructor(
    private readonly db: Db,
    private readonly sipp: Sipp,
    private readonly plan: CampaignStormPlan,
    private readonly tell: (line: string) => void,
    private readonly start: () => Promise<KillableServer>,
  ) {}

  async run(): Promise<CampaignStormResult> {
    const startedAt = new Date();
    this.#server = await this.start();
    this.#key = this.#server.ready.keys?.live ?? '';
    const { channels, callsPerSecond } = this.plan;
    const limits = { concurrent_calls: channels * 2, calls_per_second: callsPerSecond };
    await sql`update accounts set limits = limits || ${JSON.stringify(limits)}::jsonb`.execute(this.db);
    const id = await this.#post();
    const delay = JSON.stringify({ delayMinutes: RETRY_DELAY });
    await sql`update campaigns set retry = retry || ${delay}::jsonb where id = ${id}`.execute(this.db);
    await this.#look(id, 'started', ({ calls }) => calls > 0);
    const began = performance.now();
    for (const [index, death] of this.plan.deaths.entries()) {
      const part = Math.round((this.plan.recipients * (index + 1)) / (this.plan.deaths.length + 1));
      await this.#look(id, `${part} tried`, ({ tried }) => tried >= part);
      await this.#die(death);
    }
    await this.#look(id, 'ended', ({ status }) => status === 'completed');
    const seconds = (performance.now() - began) / 1000;
    return { ...(await this.#compare(id, startedAt)), seconds };
  }

  async close(): Promise<void> {
    if (this.#server?.running === true) await this.#server.kill();
  }

  async #post(): Promise<string> {
    const contacts = Array.from({ length: this.plan.recipients }, (_, index) => ({ phone: numberOf(index) }));
    const { status, body } = await postUntilAnswered(() => this.#server?.ready.url, '/api/v1/campaigns', {
      key: this.#key,
      idempotencyKey: 'the campaign of the storm',
      body: {
        ...{ name: 'Storm', purpose: 'transactional', from: SANDBOX_NUMBER, contacts, dtmf: KEYS, retry: RETRY },
        message: 'Press one to confirm, or nine to hear no more of us.',
        amd: { machine_message: 'Please call us back.' },
        ring_timeout_seconds: 5,
      },
    });
    if (status !== 201) throw new Error(`${status} ${JSON.stringify(body).slice(0, 500)}`);
    return String(body['campaign_id']);
  }

  async #die(death: 'any' | KillPoint): Promise<void> {
    if (death === 'any') process.kill(this.#server?.pid ?? 0, 'SIGKILL');
    else await this.#server?.dieAt(death);
    await this.#server?.exited;
    this.#kills += 1;
    this.tell(`killed at ${death}`);
    this.#server = await this.start();
  }

  /** Looks at the database until it is so. */
  async #look(
    id: string,
    what: string,
    done: (now: { status: string; calls: number; tried: number }) => boolean,
  ): Promise<void> {
    for (;;) {
      const { rows } = await sql<{ status: string; calls: number; tried: number }>`
        select status, (select count(*)::int from calls where campaign_id = c.id) as calls,
          (select count(*)::int from campaign_recipients r
            where r.campaign_id = c.id and (r.status in ('done', 'skipped') or r.tries > 1)) as tried
        from campaigns c where id = ${id}`.execute(this.db);
      const now = rows[0];
      if (now !== undefined && done(now)) return;
      const tenth = Math.floor(((now?.tried ?? 0) * 10) / this.plan.recipients);
      if (tenth > this.#told) this.tell(`${now?.tried ?? 0} of ${this.plan.recipients} recipients were tried`);
      this.#told = Math.max(this.#told, tenth);
      if (this.#server?.running === false) throw new Error(`the server died by itself before: ${what}`);
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    }
  }

  async #compare(id: string, startedAt: Date): Promise<Omit<CampaignStormResult, 'seconds'>> {
    const response = await fetch(`${this.#server?.ready.url ?? ''}/api/v1/campaigns/${id}`, {
      headers: { authorization: `Bearer ${this.#key}` },
    });
    const campaign = (await response.json()) as { status: string; stats: Record<string, unknown> };
    const notes = await this.#notes();
    const { rows: calls } = await sql<CallSeen>`
      select to_number as number, status, reason, digits, try from calls where campaign_id = ${id}
      order by to_number, try`.execute(this.db);
    const wrong: string[] = [];
    const seen: Record<string, number> = {};
    let lostAtLast = 0;
    for (let index = 0; index < this.plan.recipients; index++) {
      const number = numberOf(index);
      const tries = calls.filter((call) => call.number === number);
      wrong.push(...compareOne(kindOf(index), number, tries, notes.get(number.slice(1)) ?? []));
      const isLost = tries.at(-1)?.reason === 'node_lost';
      if (isLost) lostAtLast += 1;
      const outcome = isLost ? 'failed' : KINDS[kindOf(index)].outcome;
      seen[outcome] = (seen[outcome] ?? 0) + 1;
    }
    const { rows: optOuts } = await sql<{ n: number }>`select count(*)::int as n from suppressions`.execute(this.db);
    const peakMegabytes = peakOf(this.#server?.pid ?? 0);
    return {
      ...{ status: campaign.status, stats: campaign.stats, seen, wrong, lostAtLast, kills: this.#kills, peakMegabytes },
      calls: calls.length,
      invites: [...notes.values()].flat().filter((note) => note === 'invited').length,
      lost: calls.filter(({ reason }) => reason === 'node_lost').length,
      optOuts: optOuts[0]?.n ?? 0,
      violations: await checkCalls({ db: this.db }, startedAt),
    };
  }

  /** By number, what sipp noted, in order. */
  async #notes(): Promise<Map<string, string[]>> {
    const notes = new Map<string, string[]>();
    for (const [, what = '', number = ''] of (await this.sipp.notes()).matchAll(/^([a-z-]+) (\d+)$/gm)) {
      notes.set(number, [...(notes.get(number) ?? []), what]);
    }
    return notes;
  }
}

interface CallSeen {
  number: string;
  status: string;
  reason: string | null;
  digits: string;
  try: number;
}

/** Each try is one INVITE and ends as sipp says; of one whose server died it may be none, and any end. */
function compareOne(kind: Kind, number: string, tries: readonly CallSeen[], notes: readonly string[]): string[] {
  const { note, status, keys } = KINDS[kind];
  const invites = notes.filter((each) => each === 'invited').length;
  const ends = notes.filter((each) => each === note).length;
  const lost = tries.filter(({ reason }) => reason === 'node_lost').length;
  const sound = tries.filter(({ reason }) => reason !== 'node_lost');
  const problems = [
    ...(tries.length === 0 ? ['was never tried'] : []),
    ...(invites > tries.length ? ['was called more often than tried'] : []),
    ...(invites < sound.length ? ['was tried more often than called'] : []),
    ...(ends < sound.length ? ['ended otherwise'] : []),
    ...sound.flatMap((call) =>
      call.status === status && call.digits === keys
        ? []
        : [`is ${call.status} (${call.reason}) with "${call.digits}"`],
    ),
  ];
  const told = `${kind} ${number}: ${tries.length} tries, ${lost} lost; sipp: ${notes.join(' ')}`;
  return problems.map((problem) => `${told}: ${problem}`);
}

function kindOf(index: number): Kind {
  return index % 500 === 250 ? 'listens' : MIX[index % MIX.length]!;
}

/** `+1 212 NXX Kxxx`: K is what they do. */
function numberOf(index: number): string {
  const exchange = 200 + Math.floor(index / 1000);
  return `+1212${exchange}${KINDS[kindOf(index)].digit}${String(index % 1000).padStart(3, '0')}`;
}

/** The most memory that a process has had, in megabytes; 0 where the system does not tell. */
function peakOf(pid: number): number {
  try {
    const kilobytes = /^VmHWM:\s*(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return Math.round(Number(kilobytes ?? 0) / 1024);
  } catch {
    return 0;
  }
}
