import { expect, test } from 'vitest';
import { HeldClock } from '#test/held-clock.js';
import { StorageError } from '../storage-error.js';
import type { ServerProcess } from './server-process.js';
import { MAX_RESTARTS_IN_A_ROW, superviseServer } from './supervisor.js';

/** A server whose life the test decides. */
class FakeServer implements ServerProcess {
  readonly pid = 1;
  readonly ended: Promise<void>;
  readonly ready: Promise<void>;
  stops = 0;
  end!: () => void;

  constructor(failure?: StorageError) {
    this.ended = new Promise((resolve) => (this.end = resolve));
    this.ready = failure === undefined ? Promise.resolve() : Promise.reject(failure);
    if (failure !== undefined) this.end();
  }

  stop(): Promise<void> {
    this.stops++;
    this.end();
    return this.ended;
  }
}

function supervised(failures: (StorageError | undefined)[] = []) {
  const clock = new HeldClock();
  const servers: FakeServer[] = [];
  const logged: string[] = [];
  const gone: string[] = [];
  const log = (line: string) => void logged.push(line);
  const supervisor = superviseServer({
    clock,
    log: { info: log, warn: log, error: log },
    onGone: (error) => gone.push(error.message),
    launch: () => {
      const server = new FakeServer(failures[servers.length]);
      servers.push(server);
      return server;
    },
  });
  return { clock, servers, logged, gone, supervisor };
}

/** Lets everything that is not waiting for the clock happen. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('a first start that fails is the caller’s to report', async () => {
  const { supervisor, servers } = supervised([new StorageError('no reason given')]);
  await expect(supervisor).rejects.toThrow('no reason given');
  expect(servers).toHaveLength(1);
});

test('a first start waits for a killed predecessor', async () => {
  const inUse = new StorageError('pre-existing shared memory block is still in use');
  const { supervisor, servers } = supervised([inUse, inUse, undefined]);
  const server = await supervisor;
  expect(servers).toHaveLength(3);
  expect(server.restarts).toBe(0);
  await server.close();
});

test('each crash in a row waits longer, until it gives up', async () => {
  const { supervisor, clock, servers, gone, logged } = supervised();
  const server = await supervisor;
  for (let crash = 1; crash <= MAX_RESTARTS_IN_A_ROW; crash++) {
    servers.at(-1)?.end();
    await settle();
    expect(servers).toHaveLength(crash);
    clock.advance(Math.min(5_000, 100 * 2 ** (crash - 1)));
    await settle();
    expect(servers).toHaveLength(crash + 1);
  }
  expect(server.restarts).toBe(MAX_RESTARTS_IN_A_ROW);
  expect(logged[0]).toBe('the embedded PostgreSQL ended by itself; starting it again in 100 ms');
  expect(logged[2]).toBe('the embedded PostgreSQL ended by itself; starting it again in 200 ms');
  servers.at(-1)?.end();
  await settle();
  expect(gone).toEqual(['the embedded PostgreSQL ended 11 times in a row; giving up']);
  expect(servers).toHaveLength(MAX_RESTARTS_IN_A_ROW + 1);
  await server.close();
});

test('a crash after a steady minute counts as the first', async () => {
  const { supervisor, clock, servers, logged } = supervised();
  const server = await supervisor;
  for (let crash = 0; crash < MAX_RESTARTS_IN_A_ROW + 5; crash++) {
    clock.advance(60_000);
    servers.at(-1)?.end();
    await settle();
    clock.advance(100);
    await settle();
  }
  expect(server.restarts).toBe(MAX_RESTARTS_IN_A_ROW + 5);
  expect(logged).not.toContain('the embedded PostgreSQL ended by itself; starting it again in 200 ms');
  await server.close();
});

test('a restart that fails is tried again', async () => {
  const { supervisor, clock, servers, logged } = supervised([undefined, new StorageError('disk full'), undefined]);
  const server = await supervisor;
  servers[0]?.end();
  await settle();
  clock.advance(100);
  await settle();
  expect(logged).toContain('disk full');
  clock.advance(200);
  await settle();
  expect(logged.at(-1)).toBe('the embedded PostgreSQL runs again');
  expect(server.restarts).toBe(2);
  await server.close();
});

test('closing stops the server once, and starts none that waits', async () => {
  const { supervisor, clock, servers } = supervised();
  const server = await supervisor;
  servers[0]?.end();
  await settle();
  await server.close();
  clock.advance(10_000);
  await settle();
  expect(servers).toHaveLength(1);
});
