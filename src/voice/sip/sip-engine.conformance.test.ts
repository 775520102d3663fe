import { systemClock } from '#clock.js';
import { describeEngineConformance, type EngineUnderTest } from '#voice/conformance.js';
import type { Engine, EngineEvent } from '#voice/engine.js';
import { MediaEngine } from '#voice/media/media-engine.js';
import { openUdpSocket } from '#voice/rtp/udp-socket.js';
import { Dns } from '#voice/sip/dns.js';
import { resolveUri } from '#voice/sip/resolve.js';
import { SipEngine } from '#voice/sip/sip-engine.js';
import { startSipEngine } from '#voice/sip/start-sip-engine.js';
import { Transports } from '#voice/sip/transports.js';
import type { TransportName } from '#voice/sip/transport.js';

const HOST = '127.0.0.1';
const WAITS = { t1: 50, t2: 200, cancelWait: 1_000 };

async function openEngine(): Promise<{ engine: Engine; port: number }> {
  const transport = await Transports.open({ host: HOST, port: 0, clock: systemClock });
  const media = new MediaEngine({ clock: systemClock, openSocket: openUdpSocket, host: HOST });
  const engine = new SipEngine({
    transport,
    media,
    clock: systemClock,
    resolve: (uri) => resolveUri(uri, { dns: new Dns(systemClock) }),
    waits: WAITS,
  });
  return { engine, port: transport.port };
}

/** As the suite dials. */
const CALLER = '+18005550199';
const BEHAVIOUR = {
  answering: '+12025550101',
  pressing: '+12025550102',
  busy: '+12025550103',
  rejecting: '+12025550104',
  silent: '+12025550105',
  unallocated: '+12025550106',
};

/** A second engine plays all far ends: what it does with a call depends on the number called. */
function behave(engine: Engine): void {
  const presses = new Set<string>();
  engine.on((event) => {
    if (event.kind === 'leg.answered' && presses.has(event.leg)) {
      // Keys wait behind half a second of a silent clip's recording, so that the caller hears them after its answer.
      engine.send({ kind: 'record', leg: event.leg, job: 'pause', side: 'in', maxMs: 500 });
    }
    if (event.kind === 'job.done' && event.job === 'pause' && event.outcome === 'completed') {
      engine.send({ kind: 'sendDtmf', leg: event.leg, job: 'press', digits: '1' });
    }
    if (event.kind === 'transfer.request') {
      engine.send({ kind: 'transferProgress', leg: event.leg, transfer: event.transfer, sipCode: 200 });
    }
    if (event.kind !== 'leg.incoming') return;
    const { leg, to } = event;
    if (to === BEHAVIOUR.busy) return engine.send({ kind: 'hangup', leg, sipCode: 486 });
    if (to === BEHAVIOUR.rejecting) return engine.send({ kind: 'hangup', leg, sipCode: 603 });
    if (to === BEHAVIOUR.unallocated) return engine.send({ kind: 'hangup', leg, sipCode: 404 });
    engine.send({ kind: 'ring', leg });
    if (to === BEHAVIOUR.silent) return;
    if (to === BEHAVIOUR.pressing) presses.add(leg);
    engine.send({ kind: 'answer', leg });
  });
}

async function underTest(open: () => Promise<{ engine: Engine; port: number }>, by: TransportName) {
  const [subject, farEnd] = [await open(), await openEngine()];
  behave(farEnd.engine);
  const uri = (port: number): string => `sip:${HOST}:${port};transport=${by}`;
  // To the far end the subject is a phone of its own: others may not ask it for transfers.
  const account = { username: CALLER, password: 'secret' };
  const trunk = { id: 't', name: 'T', uri: uri(farEnd.port), ...account };
  subject.engine.send({ kind: 'configure', trunks: [trunk], phones: [] });
  const phone = { id: 'subject', name: CALLER, password: account.password };
  farEnd.engine.send({ kind: 'configure', trunks: [], phones: [phone] });
  const target = (number: string) => ({ kind: 'trunk' as const, trunk: 't', number });
  return {
    engine: subject.engine,
    farEnds: {
      answering: target(BEHAVIOUR.answering),
      pressing: target(BEHAVIOUR.pressing),
      busy: target(BEHAVIOUR.busy),
      rejecting: target(BEHAVIOUR.rejecting),
      silent: target(BEHAVIOUR.silent),
      unallocated: target(BEHAVIOUR.unallocated),
    },
    until: (isDone: () => boolean) => untilEvent(subject.engine, isDone),
    close: () => farEnd.engine.close(),
  } satisfies EngineUnderTest;
}

function untilEvent(engine: Engine, isDone: () => boolean): Promise<void> {
  if (isDone()) return Promise.resolve();
  return new Promise((resolve) => {
    const remove = engine.on((_event: EngineEvent) => {
      if (!isDone()) return;
      remove();
      resolve();
    });
  });
}

describeEngineConformance('SIP over UDP', () => underTest(openEngine, 'udp'));
describeEngineConformance('SIP over TCP', () => underTest(openEngine, 'tcp'));
describeEngineConformance('SIP in its worker', () =>
  underTest(async () => {
    const { engine, udpPort } = await startSipEngine({ host: HOST, port: 0, mediaWorkers: 1, waits: WAITS });
    return { engine, port: udpPort };
  }, 'udp'),
);
