import { spawn, spawnSync, type ChildProcessByStdio } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readRunningFile } from '#running-file.js';
import { eventually } from '../eventually.js';
import { postUntilAnswered } from '../killable-server.js';
import { openPhone, type Phone } from '../phones.js';
import { openReceiver, type Receiver } from '../receiver.js';
import { SANDBOX_NUMBER } from '../world.js';

/** `sidetone serve` with its own PostgreSQL: killed under it in the middle of a call, and stopped by signals. */
const MAIN = fileURLToPath(new URL('../../main.js', import.meta.url));

let folder: string;
let dataFolder: string;
let phone: Phone;
let receiver: Receiver;
let key: string;
let server: Served;
let lastNumber = 100;

/** `node dist/main.js serve` in the test's folder. */
class Served {
  stdout = '';
  stderr = '';
  readonly exited: Promise<number | null>;
  readonly #process: ChildProcessByStdio<null, Readable, Readable>;

  constructor(drainSeconds: number) {
    this.#process = spawn(process.execPath, [MAIN, 'serve'], {
      env: {
        PATH: process.env['PATH'],
        SIDETONE_PORT: '0',
        SIDETONE_SIP_PORT: '0',
        SIDETONE_RTP_PORTS: '0',
        SIDETONE_LOG_LEVEL: 'silent',
        SIDETONE_DATA: dataFolder,
        SIDETONE_DRAIN_SECONDS: String(drainSeconds),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process.stdout.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.#process.stderr.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.exited = new Promise((resolve) => this.#process.once('close', (code) => resolve(code)));
  }

  async ready(): Promise<this> {
    await eventually(() => expect(this.stdout, this.stderr).toMatch(/^ {2}SIP .+$/m));
    return this;
  }

  get url(): string {
    return /^ {2}API\s+(\S+)$/m.exec(this.stdout)?.[1] ?? '';
  }

  signal(name: NodeJS.Signals): void {
    this.#process.kill(name);
  }
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sidetone-stop-'));
  dataFolder = join(folder, 'data');
  phone = await openPhone();
  receiver = await openReceiver();
  server = await new Served(30).ready();
  key = /live key\s+(\S+)$/m.exec(server.stdout)?.[1] ?? '';
  const operator = readRunningFile(dataFolder);
  const added = await fetch(`${server.url}/admin/trunks`, {
    method: 'POST',
    headers: { authorization: `Bearer ${operator?.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'test', uri: `sip:127.0.0.1:${phone.port}`, calls_per_second: 100 }),
  });
  expect(added.status).toBe(201);
});
afterAll(async () => {
  server.signal('SIGKILL');
  await server.exited;
  await phone.close();
  await receiver.close();
  await eventually(() => expect(postgresProcesses()).toEqual([]));
  rmSync(folder, { recursive: true, force: true });
});

/** Long enough that nothing but a key or a stop ends it. */
const MESSAGE = 'Press one. '.repeat(60);

async function place(): Promise<string> {
  lastNumber += 1;
  const to = `+1212555${String(lastNumber).padStart(4, '0')}`;
  const body = {
    to,
    from: SANDBOX_NUMBER,
    message: MESSAGE,
    amd: { enabled: false },
    dtmf: { '1': { action: 'webhook', url: `${receiver.url}/key` } },
    webhook_url: `${receiver.url}/calls`,
  };
  const reply = await postUntilAnswered(() => server.url, '/api/v1/calls', { key, idempotencyKey: to, body });
  expect(reply.status, JSON.stringify(reply.body)).toBe(201);
  return String(reply.body['call_id']);
}

async function look(id: string): Promise<Record<string, unknown>> {
  const response = await fetch(`${server.url}/api/v1/calls/${id}`, { headers: { authorization: `Bearer ${key}` } });
  return (await response.json()) as Record<string, unknown>;
}

function terminalIdsOf(id: string): unknown[] {
  const mine = receiver.received.filter(({ body }) => body['call_id'] === id && body['event'] === 'call.completed');
  return [...new Set(mine.map(({ headers }) => headers['webhook-id']))];
}

async function expectCompleted(id: string, more: object): Promise<void> {
  await eventually(async () => expect(await look(id)).toMatchObject({ status: 'completed', ...more }));
  await eventually(() => expect(terminalIdsOf(id)).toHaveLength(1));
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  expect(metrics).toContain('sidetone_call_invariant_violations 0\n');
}

const postmaster = (): number => parseInt(readFileSync(join(dataFolder, 'postgres/postmaster.pid'), 'utf8'));

/** Everything of PostgreSQL that has to do with the data folder, by command lines. */
function postgresProcesses(): string[] {
  const record = join(dataFolder, 'postgres.json');
  const socketFolder = existsSync(record)
    ? (JSON.parse(readFileSync(record, 'utf8')) as { socketFolder: string }).socketFolder
    : dataFolder;
  const listed = spawnSync('ps', ['-axww', '-o', 'pid=,stat=,command='], { encoding: 'utf8' }).stdout.split('\n');
  return listed.filter(
    (line) => (line.includes(`${dataFolder}/postgres`) || line.includes(socketFolder)) && !/^\s*\d+ Z/.test(line),
  );
}

test('PostgreSQL killed in the middle of a call: the call goes on to its proper end', async () => {
  const id = await place();
  const call = await phone.nextCall();
  call.ring();
  await call.answer();
  await call.waitForSound(200);
  const killed = postmaster();
  process.kill(killed, 'SIGKILL');
  // Pressed, thanked for and hung up while nothing can be written.
  await call.press('1');
  expect(await call.ended).toMatchObject({ by: 'them', how: 'bye' });
  await expectCompleted(id, { dtmf_response: '1', digits: '1', attempts: 1 });
  expect(postmaster()).not.toBe(killed);
  expect(receiver.received.filter(({ path, body }) => path === '/key' && body['call_id'] === id)).not.toEqual([]);

  // And the next one goes through, its request sent while the database is away.
  process.kill(postmaster(), 'SIGKILL');
  const next = await place();
  const another = await phone.nextCall();
  await another.answer();
  await another.waitForSound(200);
  await another.press('1');
  await another.ended;
  await expectCompleted(next, { dtmf_response: '1' });
  expect(phone.complaints()).toEqual([]);
});

test('SIGTERM lets a call go on, and ends with it', async () => {
  const id = await place();
  const call = await phone.nextCall();
  await call.answer();
  await call.waitForSound(200);
  server.signal('SIGTERM');
  server.signal('SIGINT'); // within a second: counts once
  await eventually(() => expect(server.stdout).toContain('sidetone: stopping'));
  await call.waitForSound(1000);
  await call.press('1');
  expect(await call.ended).toMatchObject({ by: 'them', how: 'bye' });
  expect(await server.exited).toBe(0);
  expect(server.stderr).toBe('');
  expect(server.stdout.match(/sidetone: stopping/g)).toHaveLength(1);
  expect(postgresProcesses()).toEqual([]);
  expect(existsSync(join(dataFolder, 'running.json'))).toBe(false);

  server = await new Served(1).ready();
  expect(server.stdout).not.toContain('live key');
  await expectCompleted(id, { dtmf_response: '1' });
});

test('SIGTERM hangs up what has not ended within SIDETONE_DRAIN_SECONDS', async () => {
  const id = await place();
  const call = await phone.nextCall();
  await call.answer();
  await call.waitForSound(200);
  server.signal('SIGTERM');
  expect(await call.ended).toMatchObject({ by: 'them', how: 'bye' });
  expect(await server.exited).toBe(0);
  expect(postgresProcesses()).toEqual([]);

  server = await new Served(1).ready();
  await expectCompleted(id, { dtmf_response: null, error: { code: 'server_stopped' } });
  expect(phone.complaints()).toEqual([]);
});
