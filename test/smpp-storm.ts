/**
 * Many texts over the API, handed over SMPP by a real server that is killed again and again, to a carrier that throttles,
 * refuses, is silent, cuts connections and sends receipts early, late, twice or never; and what both sides say in the end.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import type { Db, KillPoint } from '#core/core.js';
import { checkMessages } from '#core/messages/index.js';
import type { Tables } from '#core/tables.js';
import type { Connection } from '#storage/connection.js';
import { openDatabase } from '#storage/database.js';
import { databaseUrl, KillableServer, postUntilAnswered } from './killable-server.js';
import { Smsc, type Fate } from './smsc.js';
import { SANDBOX_NUMBER } from './world.js';

export interface StormPlan {
  texts: number;
  /** In one request. */
  together: number;
  kills: number;
  /** How many connections are cut, in the middle of what is under way. */
  cuts: number;
  window: number;
  /** It fails when it takes longer, milliseconds. */
  withinMs: number;
  /** Hears every few seconds how far it is. */
  tell?: (progress: string) => void;
}

export interface StormResult {
  /** How many texts ended how. */
  ends: Record<string, number>;
  /** What the carrier took, in parts. */
  taken: number;
  throttled: number;
  kills: number;
  /** Connections that were cut or fell out of step. */
  cuts: number;
  /** Answers that never came. */
  silences: number;
  /** Texts of which nobody knows whether they were taken, before receipts said so; at most a window for each loss. */
  unknown: number;
  mostUnknown: number;
  /** Parts that the carrier took twice. */
  doubled: string[];
  /** Texts whose state is not what the carrier saw. */
  wrong: string[];
  violations: unknown[];
  seconds: number;
}

/** Where a process dies, in turn; the first: when the carrier takes a part. */
const DEATHS: readonly ('taken' | KillPoint)[] = ['taken', 'message.submitted', 'message.written', 'message.claimed'];
const EVERY_MS = 50;
/** How often the database is asked whether everything was handed over. */
const LOOK_EVERY_MS = 250;
const TELL_EVERY_MS = 5000;
/** After the last one, in milliseconds: late receipts come later than that one. */
const LATE_MS = 2500;

export async function runSmppStorm(connection: Connection, plan: StormPlan): Promise<StormResult> {
  const folder = mkdtempSync(join(tmpdir(), 'sidetone-smpp-storm-'));
  const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const storage = await openDatabase<Tables>({ connection, log: silent, maxConnections: 2 });
  const smsc = await Smsc.open({ ids: 'hex', password: 'secret', window: 50 });
  const storm = new Storm(storage.kysely, smsc, plan, () =>
    KillableServer.start({
      DATABASE_URL: databaseUrl(connection),
      SIDETONE_DATA: folder,
      SIDETONE_SECRET_KEY: 'the same for all servers of the storm',
      TEST_CARRIER_PORT: String(smsc.port),
      TEST_CARRIER_WINDOW: String(plan.window),
    }),
  );
  try {
    return await storm.run();
  } finally {
    await smsc.close();
    await storage.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

class Storm {
  #server: KillableServer | undefined;
  #kills = 0;
  #losses = 0;
  #silences = 0;
  #posted = 0;
  #over = false;
  #lookedAt = 0;
  readonly #deathAt: number[];

  constructor(
    private readonly db: Db,
    private readonly smsc: Smsc,
    private readonly plan: StormPlan,
    private readonly start: () => Promise<KillableServer>,
  ) {
    this.#deathAt = Array.from({ length: plan.kills }, (_, index) =>
      Math.round((plan.texts * (index + 0.5)) / (plan.kills + 0.5)),
    );
    smsc.fate = (nth) => this.#fate(nth);
  }

  async run(): Promise<StormResult> {
    const began = performance.now();
    const startedAt = new Date();
    this.#server = await this.start();
    const key = this.#server.ready.keys?.live ?? '';
    await sql`update numbers set segments_per_second = 10000`.execute(this.db);
    await sql`update accounts set limits = limits || '{"messages_per_minute": 1000000}'`.execute(this.db);
    await this.#inTime(Promise.all([this.#post(key), this.#raiseAgain()]));
    const server = this.#server;
    const result = await this.#result(startedAt);
    const code = await server.stop();
    if (code !== 0) throw new Error(`the last server ended with ${code}`);
    return { ...result, seconds: (performance.now() - began) / 1000 };
  }

  /** Rejects when it takes too long; then nothing of it goes on. */
  async #inTime(work: Promise<unknown>): Promise<void> {
    const { withinMs, tell } = this.plan;
    let late: NodeJS.Timeout | undefined;
    const tooLate = new Promise<never>((_, reject) => {
      late = setTimeout(() => reject(new Error(`not over within ${withinMs / 1000} s: ${this.#progress()}`)), withinMs);
    });
    const telling = setInterval(() => tell?.(this.#progress()), TELL_EVERY_MS);
    try {
      await Promise.race([work, tooLate]);
    } catch (error) {
      this.#over = true;
      this.#kill();
      throw error;
    } finally {
      clearTimeout(late);
      clearInterval(telling);
    }
  }

  #progress(): string {
    const { submits, taken, undelivered } = this.smsc;
    return (
      `${this.#posted} texts accepted, ${submits} submitted, ${taken.length} parts taken, ` +
      `${undelivered} receipts to come, ${this.#kills} killed, ${this.#losses} connections lost`
    );
  }

  /** What becomes of the nth submit_sm; the same in every run. */
  #fate(nth: number): Fate {
    const { texts, cuts } = this.plan;
    if (nth === this.#deathAt[this.#kills] && DEATHS[this.#kills % DEATHS.length] === 'taken') this.#kill();
    const between = Math.max(20, Math.floor(texts / (cuts + 1)));
    if (nth % between === 0 && nth / between <= cuts) {
      this.#losses += 1;
      const kinds: Fate[] = [
        { answer: 'accept', cut: 'taken', receipt: 'late' },
        { answer: 'accept', cut: 'not_taken' },
        { answer: 'accept', noise: 'broken_length', receipt: 'prompt' },
      ];
      return kinds[(nth / between) % kinds.length]!;
    }
    if (nth % 400 === 7) return { answer: 'throttle' };
    if (nth % 97 === 5) return { answer: 'refuse' };
    if (nth % 1501 === 800) {
      this.#silences += 1;
      return { answer: 'silence', receipt: 'none' };
    }
    if (nth % 350 === 11) return { answer: 'accept', noise: 'malformed_tlv', receipt: 'prompt' };
    if (nth % 350 === 12) return { answer: 'accept', noise: 'unknown_command', receipt: 'late' };
    if (nth % 53 === 13) return { answer: 'accept', receipt: 'none' };
    const usual: Fate[] = [
      { answer: 'accept', receipt: 'early' },
      { answer: 'accept', receipt: 'twice' },
      { answer: 'accept', receipt: 'late', delayMs: 3 },
      { answer: 'accept', receipt: 'prompt', fragmented: true },
      { answer: 'accept', receipt: 'prompt', delayMs: 10, state: 'UNDELIV' },
      { answer: 'accept', receipt: 'prompt' },
    ];
    return usual[nth % usual.length]!;
  }

  #kill(): void {
    const { pid } = this.#server ?? {};
    if (pid !== undefined && this.#server?.running === true) process.kill(pid, 'SIGKILL');
  }

  async #post(key: string): Promise<void> {
    for (let first = 0; first < this.plan.texts; first += this.plan.together) {
      const count = Math.min(this.plan.together, this.plan.texts - first);
      const messages = Array.from({ length: count }, (_, index) => textOf(first + index));
      const { status, body } = await postUntilAnswered(() => this.#address(), '/api/v1/sms', {
        key,
        idempotencyKey: `storm-${first}`,
        body: { from: SANDBOX_NUMBER, messages },
      });
      if (status !== 201) throw new Error(`${status} ${JSON.stringify(body).slice(0, 500)}`);
      this.#posted += count;
    }
  }

  #address(): string | undefined {
    if (this.#over) throw new Error('the storm is over');
    return this.#server?.ready.url;
  }

  /** A server for the one that died, until all have died and every text was handed over. */
  async #raiseAgain(): Promise<void> {
    for (; this.#kills < this.plan.kills; this.#kills++) {
      const death = DEATHS[this.#kills % DEATHS.length]!;
      const at = this.#deathAt[this.#kills] ?? 0;
      // One that came too late for its moment dies at the next one.
      while (this.#server?.running === true && this.smsc.submits < at && !(await this.#allHandedOver())) await pause();
      if (death === 'taken' || this.#server?.running !== true) this.#kill();
      else await this.#server.dieAt(death);
      // One that nothing is left for never comes to its moment: it dies all the same.
      while (this.#server?.running === true && !(await this.#allHandedOver())) await pause();
      this.#kill();
      await this.#server?.exited;
      if (this.#over) return;
      this.#server = await this.start();
    }
    while (!(await this.#allHandedOver())) await pause(LOOK_EVERY_MS);
    // The receipts that are on their way.
    await pause(LATE_MS);
    while (this.smsc.undelivered > 0 && !this.#over) await pause();
  }

  /** Asks the database now and then only: it has enough to do. */
  async #allHandedOver(): Promise<boolean> {
    if (this.#over) return true;
    if (this.#posted < this.plan.texts || performance.now() < this.#lookedAt + LOOK_EVERY_MS) return false;
    const { rows } = await sql<{ left: boolean }>`
      select exists (select from messages where status = 'queued') or
        exists (select from messages where node_id is not null) as "left"`.execute(this.db);
    this.#lookedAt = performance.now();
    return rows[0]?.left === false;
  }

  async #result(startedAt: Date): Promise<Omit<StormResult, 'seconds'>> {
    const { rows } = await sql<{ to: string; status: string; segments: number; wasUnknown: boolean }>`
      select to_address as "to", status, segments, exists (
        select from events e where e.subject = m.id and e.type = 'message.failed' and e.data->>'status' = 'unknown'
      ) as "wasUnknown" from messages m`.execute(this.db);
    const parts = new Map<string, { times: Map<string, number>; reported: number }>();
    for (const { to, octets, reported } of this.smsc.taken) {
      const of = parts.get(to) ?? { times: new Map<string, number>(), reported: 0 };
      const part = octets.toString('hex');
      of.times.set(part, (of.times.get(part) ?? 0) + 1);
      of.reported += reported ? 1 : 0;
      parts.set(to, of);
    }
    const ends: Record<string, number> = {};
    const wrong: string[] = [];
    for (const { to, status, segments } of rows) {
      ends[status] = (ends[status] ?? 0) + 1;
      const { times = new Map<string, number>(), reported = 0 } = parts.get(to.slice(1)) ?? {};
      const whole = times.size === segments;
      const right: Record<string, boolean> = {
        delivered: whole && reported === segments,
        sent: whole && reported < segments,
        undelivered: times.size > 0,
        failed: !whole,
        unknown: true,
      };
      if (right[status] !== true)
        wrong.push(`${to} ${status}: ${times.size} of ${segments} parts, ${reported} reported`);
    }
    const doubled = [...parts].filter(([, { times }]) => [...times.values()].some((count) => count > 1));
    return {
      ends,
      taken: this.smsc.taken.length,
      throttled: this.smsc.throttled,
      kills: this.#kills,
      cuts: this.#losses,
      silences: this.#silences,
      unknown: rows.filter(({ wasUnknown }) => wasUnknown).length,
      mostUnknown: this.plan.window * (this.#kills + this.#losses) + this.#silences,
      doubled: doubled.map(([to]) => to),
      wrong,
      violations: await checkMessages({ db: this.db }, startedAt),
    };
  }
}

/** One in ten has two parts, one in ten is in UCS-2. */
function textOf(number: number): { to: string; message: string } {
  const message = `Text ${number} of the storm.`;
  const to = `+1212${String(2_000_000 + number).padStart(7, '0')}`;
  if (number % 10 === 3) return { to, message: `${message} ${'And so on. '.repeat(14)}` };
  if (number % 10 === 6) return { to, message: `${message} Zażółć gęślą jaźń.` };
  return { to, message };
}

function pause(ms = EVERY_MS): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
