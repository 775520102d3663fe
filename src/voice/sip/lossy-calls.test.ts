import { expect, it } from 'vitest';
import type { Engine, EngineEvent } from '#voice/engine.js';
import { listenTo, run } from '#voice/sip/engine-on-a-wire.fixture.js';
import { HeldClock } from '#voice/sip/held-clock.fixture.js';
import { LossyWire, seededRandom } from '#voice/sip/lossy-wire.fixture.js';
import { ScriptedMedia } from '#voice/sip/scripted-media.fixture.js';
import { SipEngine } from '#voice/sip/sip-engine.js';

const CALLER = '10.0.0.1';
const CALLEE = '10.0.0.2';
const MOST_MS = 300_000;

/** Two engines that are each other's trunk. */
function pair(loss: number, seed: number) {
  const clock = new HeldClock();
  const wire = new LossyWire(clock, 20);
  const random = seededRandom(seed);
  wire.loses = () => random() < loss;
  const at = (address: string, other: string) => {
    const resolve = (): Promise<{ transport: 'udp'; address: string; port: number }[]> =>
      Promise.resolve([{ transport: 'udp', address: other, port: 5060 }]);
    const media = new ScriptedMedia();
    const engine = new SipEngine({ transport: wire.host(address), media, clock, resolve, random });
    const trunk = { id: 't', name: 'T', uri: `sip:${other}`, healthEverySeconds: 0 };
    engine.send({ kind: 'configure', trunks: [trunk], phones: [] });
    return { engine, media, events: listenTo(engine) };
  };
  const [caller, callee] = [at(CALLER, CALLEE), at(CALLEE, CALLER)];
  const until = async (what: string, isDone: () => boolean): Promise<void> => {
    for (let waited = 0; !isDone(); waited += 50) {
      if (waited > MOST_MS) throw new Error(`${what} did not come`);
      await run(clock, 50);
    }
  };
  return { caller, callee, clock, until };
}

type Kind = EngineEvent['kind'];

it.each([
  [0.1, 1],
  [0.1, 2],
  [0.2, 3],
  [0.2, 4],
  [0.2, 5],
])(
  'a call is heard early, answered, held by both, and ended with %s of all messages lost (seed %s)',
  async (loss, seed) => {
    const { caller, callee, clock, until } = pair(loss, seed);
    await run(clock);
    const has =
      ({ events }: typeof caller, kind: Kind, on?: boolean) =>
      (): boolean =>
        events.all.some(
          (event) => event.kind === kind && (on === undefined || (event.kind === 'hold' && event.on === on)),
        );
    const send = ({ engine }: { engine: Engine }, ...commands: Parameters<Engine['send']>): void =>
      engine.send(...commands);

    const to = { kind: 'trunk', trunk: 't', number: '+12025550123' } as const;
    send(caller, { kind: 'dial', leg: 'a', to, from: { number: '+18005550199' }, ringTimeoutMs: MOST_MS });
    await until('the call', has(callee, 'leg.incoming'));
    const { leg } = callee.events.last('leg.incoming');
    send(callee, { kind: 'ring', leg });
    send(callee, { kind: 'early', leg });
    await until('early media', has(caller, 'leg.early'));
    send(callee, { kind: 'answer', leg });
    await until('the answer', has(caller, 'leg.answered'));
    await until('the ACK', has(callee, 'leg.answered'));
    // Both at once: one of them has to give way.
    send(caller, { kind: 'hold', leg: 'a', on: true });
    send(callee, { kind: 'hold', leg, on: true });
    await until('the hold of the caller', has(callee, 'hold', true));
    await until('the hold of the callee', has(caller, 'hold', true));
    send(caller, { kind: 'hold', leg: 'a', on: false });
    await until('the end of the first hold', has(callee, 'hold', false));
    send(callee, { kind: 'hold', leg, on: false });
    await until('the end of the second hold', has(caller, 'hold', false));
    const isBack = ({ media }: typeof caller, of: string): boolean =>
      media.sessions(of).at(-1)?.direction === 'sendrecv';
    await until('the last answer', () => isBack(caller, 'a') && isBack(callee, leg));
    send(caller, { kind: 'hangup', leg: 'a' });
    await until('the end', has(callee, 'leg.ended'));
    expect(callee.events.last('leg.ended')).toMatchObject({ cause: 'hangup', by: 'them' });
    expect(caller.events.last('leg.ended')).toMatchObject({ cause: 'hangup', by: 'us' });
  },
);
