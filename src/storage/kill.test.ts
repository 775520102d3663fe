import { spawn, spawnSync, type ChildProcessByStdio } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '#test/eventually.js';
import { startEmbedded, type SocketConnection } from './embedded.js';

const CHILD = fileURLToPath(new URL('../test/embedded-child.js', import.meta.url));
const AS_NOBODY = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'];

/** A data folder that has been started once: making it anew for every test takes longest. */
let started: string;
let folder: string;
let dataFolder: string;
let sidetones: Sidetone[];

beforeAll(async () => {
  started = mkdtempSync(join(tmpdir(), 'kill-started-'));
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  await (await startEmbedded({ dataFolder: started, log })).close();
});
afterAll(() => rmSync(started, { recursive: true, force: true }));

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kill-test-'));
  dataFolder = join(folder, 'data');
  sidetones = [];
  cpSync(started, dataFolder, { recursive: true });
});
afterEach(async () => {
  for (const sidetone of sidetones) await sidetone.stop();
  await eventually(() => expect(serversOf(dataFolder)).toEqual([]));
  rmSync(folder, { recursive: true, force: true });
});

/** A process of its own that runs PostgreSQL, to be killed. */
class Sidetone {
  /** The rows whose commit was acknowledged. */
  readonly acknowledged: number[] = [];
  readonly ended: Promise<void>;
  ready: { connection: SocketConnection; way: string } | undefined;
  exitCode: number | null = null;
  stderr = '';
  readonly #process: ChildProcessByStdio<null, Readable, Readable>;

  constructor(mode: 'hold' | 'write', prefix: string[] = []) {
    const [program = '', ...parameters] = [...prefix, process.execPath, CHILD, dataFolder, mode];
    this.#process = spawn(program, parameters, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#process.stderr.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    createInterface(this.#process.stdout).on('line', (line) => {
      if (line.startsWith('ready ')) this.ready = JSON.parse(line.slice('ready '.length)) as Sidetone['ready'];
      else this.acknowledged.push(Number(line));
    });
    this.ended = new Promise((resolve) => {
      this.#process.once('close', (code) => {
        this.exitCode = code;
        resolve();
      });
    });
    sidetones.push(this);
  }

  async untilReady(): Promise<SocketConnection> {
    await eventually(() => expect(this.ready ?? this.stderr).toHaveProperty('connection'));
    return this.ready!.connection;
  }

  untilAcknowledged(rows: number): Promise<void> {
    return eventually(() => expect(this.acknowledged.length).toBeGreaterThan(rows));
  }

  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.ended;
  }

  async stop(): Promise<void> {
    this.#process.kill('SIGTERM');
    await this.ended;
  }
}

/** Everything of PostgreSQL, initdb and the watchdog that has to do with a data folder, by their command lines. */
function serversOf(data: string): string[] {
  const listed = spawnSync('ps', ['-axww', '-o', 'pid=,stat=,command='], { encoding: 'utf8' }).stdout.split('\n');
  const record = join(data, 'postgres.json');
  const socketFolder = existsSync(record)
    ? (JSON.parse(readFileSync(record, 'utf8')) as { socketFolder: string }).socketFolder
    : data;
  return listed.filter(
    (line) => (line.includes(`-D ${data}/postgres`) || line.includes(socketFolder)) && !/^\s*\d+ Z/.test(line),
  );
}

const postmasterPid = (): number =>
  Number.parseInt(readFileSync(join(dataFolder, 'postgres/postmaster.pid'), 'utf8'), 10);

async function rowsKept(connection: SocketConnection): Promise<Set<number>> {
  const client = new pg.Client({ ...connection });
  await client.connect();
  try {
    const { rows } = await client.query<{ number: number }>('select number from kept');
    return new Set(rows.map((row) => row.number));
  } finally {
    await client.end();
  }
}

/** Every acknowledged row of every process so far is there. */
async function expectNothingLost(connection: SocketConnection): Promise<void> {
  const acknowledged = sidetones.flatMap((sidetone) => sidetone.acknowledged); // before the look: some go on writing
  const kept = await rowsKept(connection);
  expect(acknowledged.filter((number) => !kept.has(number))).toEqual([]);
  expect(acknowledged.length).toBeGreaterThan(0);
}

describe('kill -9', () => {
  test('of the process: no server stays, no acknowledged row is lost', async () => {
    for (let round = 0; round < 2; round++) {
      const writing = new Sidetone('write');
      await writing.untilAcknowledged(100);
      const { host } = await writing.untilReady();
      await writing.kill();
      await eventually(() => expect(serversOf(dataFolder)).toEqual([]));
      await eventually(() => expect(existsSync(host)).toBe(false));
    }
    await expectNothingLost(await new Sidetone('hold').untilReady());
  });

  test('of the server: it comes back under the running process, no acknowledged row is lost', async () => {
    const writing = new Sidetone('write');
    for (let round = 1; round <= 3; round++) {
      await writing.untilAcknowledged(round * 100);
      const pid = postmasterPid();
      process.kill(pid, 'SIGKILL');
      await eventually(() => expect(postmasterPid()).not.toBe(pid));
    }
    const atLastKill = writing.acknowledged.length;
    await writing.untilAcknowledged(atLastKill + 100);
    await expectNothingLost(await writing.untilReady());
  });

  test('of the server and then the process: the next start recovers', async () => {
    const writing = new Sidetone('write');
    await writing.untilAcknowledged(100);
    process.kill(postmasterPid(), 'SIGKILL');
    await writing.kill();
    await expectNothingLost(await new Sidetone('hold').untilReady());
  });

  test('of the process and its watchdog: the next start ends the server that was left, then starts its own', async () => {
    const writing = new Sidetone('write');
    await writing.untilAcknowledged(100);
    const watchdog = serversOf(dataFolder).find((line) => line.includes('sidetone-watchdog')) ?? '';
    process.kill(Number.parseInt(watchdog, 10), 'SIGKILL');
    await writing.kill();
    const left = postmasterPid();
    const next = new Sidetone('hold');
    await expectNothingLost(await next.untilReady());
    expect(serversOf(dataFolder).filter((line) => Number.parseInt(line, 10) === left)).toEqual([]);
  });

  test('of the process, and a start in the same moment', async () => {
    const writing = new Sidetone('write');
    await writing.untilAcknowledged(100);
    await writing.kill();
    await expectNothingLost(await new Sidetone('hold').untilReady());
  });

  test('while the database is being made: the next start makes it anew', async () => {
    rmSync(dataFolder, { recursive: true });
    const starting = new Sidetone('hold');
    await eventually(() => {
      expect(existsSync(dataFolder)).toBe(true);
      expect(readdirSync(dataFolder).some((name) => name.startsWith('postgres.new-'))).toBe(true);
    });
    await starting.kill();
    const next = new Sidetone('write');
    await next.untilAcknowledged(1);
    await expectNothingLost(await next.untilReady());
    expect(readdirSync(dataFolder).filter((name) => name.startsWith('postgres.new-'))).toEqual([]);
  });
});

test('a second process in the folder: one line, exit code 1, the first goes on', async () => {
  const first = new Sidetone('write');
  await first.untilAcknowledged(1);
  const second = new Sidetone('hold');
  await second.ended;
  expect(second.stderr).toMatch(/^.*\/data is in use by another Sidetone \(process \d+\)\n$/);
  expect(second.exitCode).toBe(1);
  const before = first.acknowledged.length;
  await first.untilAcknowledged(before);
});

/** Whether this machine lets `nobody` run this build: root, and folders that everybody may enter. */
const nobodyCanRun =
  process.getuid?.() === 0 &&
  spawnSync(AS_NOBODY[0]!, [...AS_NOBODY.slice(1), process.execPath, '--check', CHILD]).status === 0;

describe.runIf(nobodyCanRun)('an ordinary user', () => {
  beforeEach(() => {
    mkdirSync(join(folder, 'home'));
    chmodSync(folder, 0o755);
    chmodSync(join(folder, 'home'), 0o777);
    dataFolder = join(folder, 'home/data');
  });

  test('runs PostgreSQL directly; kill -9 leaves nothing and loses nothing', async () => {
    const writing = new Sidetone('write', AS_NOBODY);
    await writing.untilReady();
    expect(writing.ready?.way).toBe('direct');
    await writing.untilAcknowledged(100);
    process.kill(postmasterPid(), 'SIGKILL');
    await writing.untilAcknowledged(writing.acknowledged.length + 100);
    await writing.kill();
    await eventually(() => expect(serversOf(dataFolder)).toEqual([]));
    await expectNothingLost(await new Sidetone('hold', AS_NOBODY).untilReady());
  });

  test("does not touch root's data", async () => {
    await new Sidetone('hold').untilReady();
    await sidetones[0]?.stop();
    const ordinary = new Sidetone('hold', AS_NOBODY);
    await ordinary.ended;
    expect(ordinary.stderr).toMatch(/^cannot use the data folder .*EACCES.*\n$/);
    expect(ordinary.exitCode).toBe(1);
  });

  test('without a line in /etc/passwd, as in a container, runs it in a user namespace', async () => {
    const stranger = AS_NOBODY.map((word) => (word === '65534' ? '54321' : word));
    const holding = new Sidetone('hold', stranger);
    await holding.untilReady();
    expect(holding.ready?.way).toBe('user-namespace');
  });
});
