import { describe, expect, it } from 'vitest';
import { runLoopbackCall, type LoopbackCall } from '#core/doctor/loopback-call.js';
import { ScriptedEngine } from '#test/business.js';
import { HeldClock } from '#test/held-clock.js';
import type { EngineCommand } from '#voice/engine.js';

const CALLEE = 'leg_callee';
const sipAddress = { host: '127.0.0.1', port: 5060 };

interface Line {
  /** What one end hears of the other's samples. */
  carry?: (pcm: Int16Array) => Int16Array;
  /** What one end hears of the other's key. */
  key?: (digit: string) => string;
  onDial?: (engine: ScriptedEngine, leg: string) => void;
}

/** An engine whose two legs are joined by a line. */
function joinedEngine({ carry = (pcm) => pcm, key = (digit) => digit, onDial }: Line = {}): ScriptedEngine {
  const engine = new ScriptedEngine();
  const heard = new Map<string, Int16Array>();
  let caller = '';
  const other = (leg: string): string => (leg === caller ? CALLEE : caller);
  const run = (command: EngineCommand): void => {
    switch (command.kind) {
      case 'dial': {
        caller = command.leg;
        if (onDial !== undefined) return onDial(engine, caller);
        const token = command.to.kind === 'uri' ? /^sip:doctor-(.*)@127\.0\.0\.1:5060$/.exec(command.to.uri)?.[1] : '';
        const stranger = { kind: 'loopback', token: 'another' } as const;
        engine.emit({ kind: 'leg.incoming', leg: 'leg_stranger', origin: stranger, from: 'doctor', to: 'doctor' });
        const origin = { kind: 'loopback', token: token ?? '' } as const;
        return engine.emit({ kind: 'leg.incoming', leg: CALLEE, origin, from: 'doctor', to: 'doctor' });
      }
      case 'answer':
        engine.emit({ kind: 'leg.answered', leg: caller, sipCode: 200 });
        return engine.emit({ kind: 'leg.answered', leg: CALLEE, sipCode: 200 });
      case 'play':
        heard.set(other(command.leg), carry(command.clips[0]?.pcm ?? new Int16Array(0)));
        return engine.emit({
          kind: 'job.done',
          leg: command.leg,
          job: command.job,
          outcome: 'completed',
          durationMs: 1,
        });
      case 'sendDtmf':
        return engine.emit({
          kind: 'dtmf',
          leg: other(command.leg),
          digit: key(command.digits),
          via: 'rfc4733',
          durationMs: 100,
        });
      case 'stop':
        return engine.emit({
          kind: 'job.done',
          leg: command.leg,
          job: command.job ?? '',
          outcome: 'stopped',
          durationMs: 1,
          recording: { pcm: heard.get(command.leg) ?? new Int16Array(0) },
        });
      default:
        return;
    }
  };
  engine.onCommand = run;
  return engine;
}

async function call(engine: ScriptedEngine, clock = new HeldClock()): Promise<LoopbackCall> {
  const result = await runLoopbackCall(
    { clock, engines: { live: engine, test: new ScriptedEngine() } },
    { sipAddress },
  );
  expect(engine.listenerCount).toBe(0);
  expect(clock.nextAt).toBeUndefined();
  return result;
}

describe('the loopback call', () => {
  it('proves sound both ways and DTMF, and hangs up', async () => {
    const engine = joinedEngine();
    expect(await call(engine)).toEqual({
      ok: true,
      detail: 'callee heard 1000 Hz at -10.0 dB and key 5; caller heard 600 Hz at -10.0 dB and key 8',
    });
    expect(engine.commands.filter(({ kind }) => kind === 'hangup')).toHaveLength(2);
  });

  it.each([
    ['silence', (pcm: Int16Array) => pcm.fill(0), 'silence instead of 1000 Hz'],
    ['half the level', (pcm: Int16Array) => pcm.map((sample) => sample / 2), '-16.0 dB'],
    ['another pitch', (pcm: Int16Array) => pcm.filter((_, index) => index % 10 !== 0), 'instead of 1000 Hz'],
  ])('fails on %s', async (_, carry, sentence) => {
    const result = await call(joinedEngine({ carry }));
    expect(result.ok).toBe(false);
    expect(result.detail).toContain(sentence);
  });

  it('fails on a wrong key', async () => {
    const result = await call(joinedEngine({ key: (digit) => (digit === '8' ? '7' : digit) }));
    expect(result).toEqual({ ok: false, detail: 'keys 5 and 8 were pressed, 5 and 7 arrived' });
  });

  it('says why the call ended when it was refused', async () => {
    const engine = joinedEngine({
      onDial: (self, leg) => self.emit({ kind: 'leg.ended', leg, cause: 'forbidden', by: 'them', sipCode: 403 }),
    });
    expect(await call(engine)).toEqual({
      ok: false,
      detail: 'the call did not arrive: the leg ended with "forbidden" (SIP 403)',
    });
  });

  it('gives up in time', async () => {
    const clock = new HeldClock();
    const result = call(joinedEngine({ onDial: () => clock.advance(20_000) }), clock);
    expect(await result).toEqual({ ok: false, detail: 'the call did not arrive' });
  });
});
