/**
 * SIP set-ups per second: our engine, in its worker with one media worker, dials a phone in another process; each call
 * has its RTP sockets, is answered, plays a tenth of a second, and is hung up by us with BYE. CPU is that of the whole
 * engine process. Prints figures, never judges them.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import type { AudioClip, EngineEvent } from '#voice/engine.js';
import { startSipEngine } from '#voice/sip/start-sip-engine.js';
import { passed } from './bench-app.js';

const HOST = '127.0.0.1';
/** Calls in progress at the same time. */
const STEPS = [10, 50, 150, 300];
const WARM_MS = 2_000;
const MEASURE_MS = 5_000;
const CLIP_SAMPLES = 800;
/** The engine would refuse calls while others keep it from its cores; here it shall show what it can do. */
const TICK_LAG_MS = 10_000;

async function bench(): Promise<void> {
  const phone = fork(fileURLToPath(new URL('./answering-phone.js', import.meta.url)));
  const { engine } = await startSipEngine({ host: HOST, port: 0, mediaWorkers: 1, maxTickLagMs: TICK_LAG_MS });
  try {
    const [port] = (await once(phone, 'message')) as [number];
    const clip: AudioClip = { pcm: new Int16Array(new SharedArrayBuffer(CLIP_SAMPLES * 2)) };
    const seen = { answered: 0, ended: 0, failed: 0, failure: '' };
    const answered = new Set<string>();
    let inProgress = 0;
    let wanted = 0;
    let serial = 0;
    const refill = (): void => {
      for (; inProgress < wanted; inProgress++) {
        const to = { kind: 'uri', uri: `sip:callee@${HOST}:${port}` } as const;
        engine.send({
          kind: 'dial',
          leg: `leg-${++serial}`,
          to,
          from: { number: '+15005550100' },
          ringTimeoutMs: 10_000,
        });
      }
    };
    engine.on((event: EngineEvent) => {
      if (event.kind === 'leg.answered') {
        seen.answered += 1;
        answered.add(event.leg);
        engine.send({ kind: 'play', leg: event.leg, job: 'play', clips: [clip] });
      } else if (event.kind === 'job.done') {
        engine.send({ kind: 'hangup', leg: event.leg });
      } else if (event.kind === 'leg.ended') {
        seen.ended += 1;
        if (!answered.delete(event.leg)) {
          seen.failed += 1;
          seen.failure = `${event.cause} ${event.sipCode ?? ''} ${event.sipReason ?? ''}`;
        }
        inProgress -= 1;
        refill();
      }
    });
    console.log('in progress   set-ups/s   failed   CPU per call   set-ups per second of CPU');
    for (const step of STEPS) {
      wanted = step;
      refill();
      await passed(WARM_MS);
      Object.assign(seen, { answered: 0, ended: 0, failed: 0 });
      const cpuBefore = process.cpuUsage();
      const beganMs = performance.now();
      await passed(MEASURE_MS);
      const cpu = process.cpuUsage(cpuBefore);
      const seconds = (performance.now() - beganMs) / 1000;
      const cpuSeconds = (cpu.user + cpu.system) / 1e6;
      console.log(
        [
          `${step}`.padStart(11),
          (seen.answered / seconds).toFixed(0).padStart(11),
          `${seen.failed}`.padStart(8),
          `${((cpuSeconds * 1000) / Math.max(1, seen.answered)).toFixed(2)} ms`.padStart(14),
          (seen.answered / cpuSeconds).toFixed(0).padStart(27),
        ].join(' '),
      );
      if (seen.failed > 0) console.log(`  the last failure: ${seen.failure}`);
    }
    wanted = 0;
    console.log('prototype: 1,500 set-ups a second on one core, signalling and RTP. The phone uses the same cores.');
  } finally {
    phone.disconnect();
    await engine.close();
  }
}

await bench();
