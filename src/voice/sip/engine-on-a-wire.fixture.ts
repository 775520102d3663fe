import type { Engine, EngineEvent, PhoneConfig, TrunkConfig } from '#voice/engine.js';
import { HeldClock } from '#voice/sip/held-clock.fixture.js';
import { LossyWire } from '#voice/sip/lossy-wire.fixture.js';
import type { SipMessage } from '#voice/sip/message.js';
import { ScriptedMedia } from '#voice/sip/scripted-media.fixture.js';
import { ScriptedPeer } from '#voice/sip/scripted-peer.fixture.js';
import { SipEngine, type SipEngineOptions } from '#voice/sip/sip-engine.js';
import type { Peer } from '#voice/sip/transport.js';
import type { SipUri } from '#voice/sip/uri.js';

export const ENGINE = '10.0.0.1';
export const CARRIER = '10.0.0.2';
export const DESK = '10.0.0.3';
export const STRANGER = '10.0.0.66';

export const trunk: TrunkConfig = { id: 'carrier', name: 'Carrier', uri: `sip:${CARRIER}`, healthEverySeconds: 0 };
export const phone: PhoneConfig = { id: 'desk', name: '101', password: 'secret' };

/** For tests: an engine with a trunk and a phone, on a wire with peers that the test speaks for, and a held clock. */
export function engineOnAWire(options: Partial<SipEngineOptions> = {}) {
  const clock = new HeldClock();
  const wire = new LossyWire(clock);
  const media = new ScriptedMedia();
  const transport = wire.host(ENGINE);
  const engine = new SipEngine({ transport, media, clock, resolve: literally, ...options });
  const events = listenTo(engine);
  engine.send({ kind: 'configure', trunks: [trunk], phones: [phone] });
  return {
    clock,
    wire,
    media,
    engine,
    events,
    peer: (address: string) => new ScriptedPeer(wire.host(address), transport.peer),
    /** A message as if it came from there. */
    deliverFrom: (message: SipMessage, from: Peer) => transport.deliver(message, from),
    deliver: (message: SipMessage, address = CARRIER) => transport.deliver(message, { ...transport.peer, address }),
    /** Lets what is under way arrive, then time pass. */
    run: (ms = 0) => run(clock, ms),
    dial: (leg = 'a', ringTimeoutMs = 30_000) =>
      engine.send({
        kind: 'dial',
        leg,
        to: { kind: 'trunk', trunk: 'carrier', number: '+12025550123' },
        from: { number: '+18005550199', displayName: 'Shop "A"' },
        ringTimeoutMs,
      }),
  };
}

export async function run(clock: HeldClock, ms = 0): Promise<void> {
  for (let turn = 0; turn < 6; turn += 1) {
    clock.advance(0);
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (ms > 0) {
    clock.advance(ms);
    await run(clock);
  }
}

/** Events as they come, `load` left out; `story()` tells them in short and forgets them. */
export function listenTo(engine: Engine) {
  const all: EngineEvent[] = [];
  engine.on((event) => {
    if (event.kind !== 'load') all.push(event);
  });
  return {
    all,
    story: () => all.splice(0).map(inShort),
    last: <Kind extends EngineEvent['kind']>(kind: Kind): Extract<EngineEvent, { kind: Kind }> => {
      const found = all.findLast((event) => event.kind === kind);
      if (found === undefined) throw new Error(`no ${kind}, but ${all.map(inShort).join(', ')}`);
      return found as Extract<EngineEvent, { kind: Kind }>;
    },
  };
}

function inShort(event: EngineEvent): string {
  switch (event.kind) {
    case 'leg.ended':
      return `${event.leg} ended ${event.cause} by ${event.by} ${event.sipCode ?? '-'}`;
    case 'leg.proceeding':
    case 'leg.ringing':
    case 'leg.early':
    case 'leg.answered':
      return `${event.leg} ${event.kind.slice(4)} ${event.sipCode}`;
    case 'leg.incoming':
      return `incoming from ${event.from} to ${event.to}`;
    case 'job.done':
      return `${event.leg} ${event.job} ${event.outcome}`;
    case 'dtmf':
      return `${event.leg} key ${event.digit}`;
    default:
      return event.kind;
  }
}

/** Every host is a literal address on these wires. */
async function literally(uri: SipUri) {
  if (!/^[\d.]+$/.test(uri.host)) throw new Error(`${uri.host} does not resolve`);
  const transport = uri.params.get('transport') === 'tcp' ? ('tcp' as const) : ('udp' as const);
  return [{ transport, address: uri.host, port: uri.port ?? 5060 }];
}
