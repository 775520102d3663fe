import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Clock } from '#clock.js';
import type { DialTarget, Engine, EngineEvent } from '#voice/engine.js';
import { startSipEngine, type SipEngineSetup, type StartedSipEngine } from '#voice/sip/start-sip-engine.js';

const HOST = '127.0.0.1';
const started: StartedSipEngine[] = [];

afterEach(async () => {
  await Promise.all(started.splice(0).map(({ engine }) => engine.close()));
});

async function start(setup: Partial<SipEngineSetup> = {}) {
  const workers: Worker[] = [];
  const running = await startSipEngine({
    host: HOST,
    port: 0,
    mediaWorkers: 1,
    waits: { t1: 50, t2: 200, cancelWait: 1_000 },
    createWorker: (data) => {
      const worker = new Worker(new URL('./sip-worker.js', import.meta.url), { workerData: data });
      workers.push(worker);
      return worker;
    },
    ...setup,
  });
  started.push(running);
  const events: EngineEvent[] = [];
  running.engine.on((event) => events.push(event));
  return { ...running, events, workers, until: (isDone: () => boolean) => until(running.engine, isDone) };
}

function until(engine: Engine, isDone: () => boolean): Promise<void> {
  if (isDone()) return Promise.resolve();
  return new Promise((resolve) => {
    const remove = engine.on(() => {
      if (!isDone()) return;
      remove();
      resolve();
    });
  });
}

const dial = (engine: Engine, leg: string, to: DialTarget): void =>
  engine.send({ kind: 'dial', leg, to, from: { number: '+18005550199' }, ringTimeoutMs: 20_000 });

describe('starting', () => {
  it('listens on the same port for UDP and TCP', async () => {
    const { udpPort, tcpPort } = await start();
    expect(udpPort).toBeGreaterThan(0);
    expect(tcpPort).toBe(udpPort);
  });

  it('fails with one line that names what is taken', async () => {
    const taken = createSocket('udp4').bind(0, HOST);
    await once(taken, 'listening');
    const { port } = taken.address();
    await expect(start({ port })).rejects.toThrow(`cannot listen on UDP ${HOST} port ${port}: another program uses it`);
    taken.close();
    await once(taken, 'close');
  });

  it('fails where there are no RTP ports, and lets go of its own', async () => {
    const rtpPorts = { min: 20_001, max: 20_001 };
    await expect(start({ rtpPorts })).rejects.toThrow('no pair of RTP ports');
  });
});

describe("the doctor's loopback call", () => {
  it('proves sound both ways and keys', async () => {
    const { engine, udpPort, events, until } = await start();
    let far = '';
    engine.on((event) => {
      if (event.kind !== 'leg.incoming') return;
      far = event.leg;
      engine.send({ kind: 'answer', leg: far });
    });
    dial(engine, 'near', { kind: 'uri', uri: `sip:doctor-t0ken@${HOST}:${udpPort}` });
    await until(() => events.filter(({ kind }) => kind === 'leg.answered').length === 2);
    expect(events.find(({ kind }) => kind === 'leg.incoming')).toMatchObject({
      origin: { kind: 'loopback', token: 't0ken' },
    });
    const clip = { pcm: new Int16Array(4_000).map((_, at) => 8_000 * Math.sin(at / 3)) };
    for (const [from, to] of [
      ['near', far],
      [far, 'near'],
    ] as const) {
      events.length = 0;
      engine.send({ kind: 'record', leg: to, job: `heard by ${to}`, side: 'in', maxMs: 2_000 });
      engine.send({ kind: 'play', leg: from, job: `said by ${from}`, clips: [clip] });
      engine.send({ kind: 'sendDtmf', leg: from, job: `pressed by ${from}`, digits: '7' });
      await until(() => events.filter(({ kind }) => kind === 'job.done').length === 3);
      const recorded = events.flatMap((event) => (event.kind === 'job.done' ? [event.recording] : [])).find(Boolean);
      expect(Math.max(...recorded!.pcm)).toBeGreaterThan(7_000);
      expect(events.find(({ kind }) => kind === 'dtmf')).toMatchObject({ leg: to, digit: '7', via: 'rfc4733' });
    }
    engine.send({ kind: 'hangup', leg: 'near' });
    await until(() => events.filter(({ kind }) => kind === 'leg.ended').length === 2);
  });

  it('lets nobody else in with such a name', async () => {
    const [one, two] = [await start(), await start()];
    dial(one.engine, 'a', { kind: 'uri', uri: `sip:doctor-t0ken@${HOST}:${two.udpPort}` });
    await one.until(() => one.events.some(({ kind }) => kind === 'leg.ended'));
    expect(one.events.find(({ kind }) => kind === 'leg.ended')).toMatchObject({ cause: 'forbidden', sipCode: 403 });
    expect(two.events).toEqual([]);
  });
});

describe('a worker that dies', () => {
  it('takes its legs and jobs with it, once each, and is replaced', async () => {
    const farEnd = await start();
    farEnd.engine.on((event) => {
      if (event.kind === 'leg.incoming') farEnd.engine.send({ kind: 'answer', leg: event.leg });
    });
    const later: (() => void)[] = [];
    const clock: Clock = {
      now: () => Date.now(),
      after: (_, run) => {
        later.push(run);
        return { cancel: () => undefined };
      },
    };
    const { engine, udpPort, events, workers, until } = await start({ clock });
    const trunkTo = (port: number) => [{ id: 't', name: 'T', uri: `sip:${HOST}:${port}` }];
    farEnd.engine.send({ kind: 'configure', trunks: trunkTo(udpPort), phones: [] });
    engine.send({ kind: 'configure', trunks: trunkTo(farEnd.udpPort), phones: [] });
    const target = { kind: 'trunk', trunk: 't', number: '+12025550123' } as const;
    dial(engine, 'a', target);
    await until(() => events.some(({ kind }) => kind === 'leg.answered'));
    engine.send({ kind: 'record', leg: 'a', job: 'one', side: 'in', maxMs: 60_000 });
    engine.send({ kind: 'transfer', leg: 'a', transfer: 'away', to: { number: '101' } });
    events.length = 0;
    await workers[0]!.terminate();
    expect(events).toMatchObject([
      { kind: 'transfer.done', leg: 'a', transfer: 'away', ok: false },
      { kind: 'job.done', job: 'one', outcome: 'ended' },
      { kind: 'leg.ended', leg: 'a', cause: 'engine_failed', by: 'us' },
    ]);
    dial(engine, 'b', target);
    engine.send({ kind: 'probe', probe: 'p', trunk: 't' });
    engine.send({ kind: 'sendDtmf', leg: 'a', job: 'late', digits: '1' });
    engine.send({ kind: 'transfer', leg: 'a', transfer: 'late', to: { number: '101' } });
    engine.send({ kind: 'detectMachine', leg: 'a', job: 'later' });
    expect(events.slice(3)).toMatchObject([
      { kind: 'leg.ended', leg: 'b', cause: 'engine_failed' },
      { kind: 'probe.done', probe: 'p', ok: false },
      { kind: 'job.done', job: 'late', outcome: 'failed' },
      { kind: 'transfer.done', transfer: 'late', ok: false },
      { kind: 'job.done', job: 'later', outcome: 'failed' },
    ]);

    later.splice(0).forEach((replace) => replace());
    await once(workers[1]!, 'message');
    dial(engine, 'c', target);
    await until(() => events.some((event) => event.kind === 'leg.answered' && event.leg === 'c'));
    expect(workers).toHaveLength(2);
  });

  it('leaves its replacement to be told what waits for phones', async () => {
    const posted = vi.spyOn(Worker.prototype, 'postMessage');
    const later: (() => void)[] = [];
    const clock: Clock = { now: () => Date.now(), after: (_, run) => (later.push(run), { cancel: () => undefined }) };
    const { engine, workers } = await start({ clock });
    const phones = [{ id: 'desk', name: '101', password: 'secret' }];
    engine.send({ kind: 'configure', trunks: [], phones });
    const mailbox = { kind: 'mailbox', phone: 'desk', newMessages: 2, oldMessages: 1 } as const;
    engine.send(mailbox);
    engine.send({ ...mailbox, phone: 'nobody' });
    await workers[0]!.terminate();
    posted.mockClear();
    later.splice(0).forEach((replace) => replace());
    await once(workers[1]!, 'message');
    await vi.waitFor(() => expect(posted).toHaveBeenCalledTimes(2));
    expect(posted.mock.calls.map(([message]: unknown[]) => message)).toEqual([
      { kind: 'command', command: { kind: 'configure', trunks: [], phones } },
      { kind: 'command', command: mailbox },
    ]);
    posted.mockRestore();
  });
});
