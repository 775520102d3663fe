import { randomBytes } from 'node:crypto';
import type { Core } from '#core/core.js';
import { makeTone, measureTone } from '#core/doctor/tone.js';
import { newId } from '#core/ids.js';
import type { Engine, EngineCommand, EngineEvent, LegId } from '#voice/engine.js';

export interface LoopbackCall {
  ok: boolean;
  /** What was heard at each end, or how far the call came. */
  detail: string;
}

/** One end of the call: what it plays, and what the other end must hear. */
interface End {
  name: 'caller' | 'callee';
  hz: number;
  digit: string;
}

const CALLER: End = { name: 'caller', hz: 1_000, digit: '5' };
const CALLEE: End = { name: 'callee', hz: 600, digit: '8' };

const TONE_MS = 1_500;
const TONE_DB = -10;
/** G.711 costs a fraction of a decibel; more is a fault on the way. */
const LEVEL_TOLERANCE_DB = 1;
const HZ_TOLERANCE = 10;
const PURITY_MIN = 0.9;
const RING_TIMEOUT_MS = 5_000;
const RECORDING_MAX_MS = 10_000;
/** For the whole call, some five seconds when all is well. */
const LIMIT_MS = 20_000;

/**
 * Calls this machine's own SIP address from itself, plays a different tone and presses a different key at each end, and
 * measures what the other end heard: proof of signalling, sound both ways and DTMF, without a phone or a trunk.
 */
export async function runLoopbackCall(
  core: Pick<Core, 'clock' | 'engines'>,
  input: { sipAddress: { host: string; port: number } },
): Promise<LoopbackCall> {
  const events = new EventLog(core.engines.live, core.clock);
  let stage = 'the call did not arrive';
  const { legs } = events;
  try {
    const token = randomBytes(8).toString('hex');
    const caller = newId('leg', core.clock.now());
    legs.push(caller);
    const host = input.sipAddress.host.includes(':') ? `[${input.sipAddress.host}]` : input.sipAddress.host;
    events.send({
      kind: 'dial',
      leg: caller,
      to: { kind: 'uri', uri: `sip:doctor-${token}@${host}:${input.sipAddress.port}` },
      from: { number: 'doctor' },
      ringTimeoutMs: RING_TIMEOUT_MS,
    });
    const callee = await events.find((event) =>
      event.kind === 'leg.incoming' && event.origin.kind === 'loopback' && event.origin.token === token
        ? event.leg
        : undefined,
    );
    legs.push(callee);

    stage = 'the call arrived but the answer did not';
    events.send({ kind: 'answer', leg: callee });
    for (const leg of legs) await events.find((event) => isOf(event, leg) && event.kind === 'leg.answered');

    stage = 'the call was answered but its tones did not play to their end';
    for (const leg of legs) {
      events.send({ kind: 'record', leg, job: 'recording', side: 'in', maxMs: RECORDING_MAX_MS });
    }
    for (const [leg, { hz }] of [[caller, CALLER] as const, [callee, CALLEE] as const]) {
      events.send({ kind: 'play', leg, job: 'tone', clips: [{ pcm: makeTone(hz, TONE_MS, TONE_DB) }] });
    }
    for (const leg of legs) await events.find((event) => isDone(event, leg, 'tone'));

    stage = 'the call was answered but the keys pressed did not arrive';
    events.send({ kind: 'sendDtmf', leg: caller, job: 'key', digits: CALLER.digit });
    events.send({ kind: 'sendDtmf', leg: callee, job: 'key', digits: CALLEE.digit });
    const pressed = [
      await events.find((event) => digitOf(event, callee)),
      await events.find((event) => digitOf(event, caller)),
    ];
    if (pressed[0] !== CALLER.digit || pressed[1] !== CALLEE.digit) {
      return {
        ok: false,
        detail: `keys ${CALLER.digit} and ${CALLEE.digit} were pressed, ${pressed.join(' and ')} arrived`,
      };
    }

    stage = 'the recordings did not end';
    for (const leg of legs) events.send({ kind: 'stop', leg, job: 'recording' });
    const atCallee = describeTone(await events.find((event) => recordingOf(event, callee)), CALLER.hz);
    const atCaller = describeTone(await events.find((event) => recordingOf(event, caller)), CALLEE.hz);

    return {
      ok: atCallee.ok && atCaller.ok,
      detail: `callee heard ${atCallee.text} and key ${CALLER.digit}; caller heard ${atCaller.text} and key ${CALLEE.digit}`,
    };
  } catch (error) {
    if (!(error instanceof LoopbackTimeout)) throw error;
    return { ok: false, detail: `${stage}${events.ending()}` };
  } finally {
    for (const leg of legs) events.send({ kind: 'hangup', leg });
    events.close();
  }
}

class LoopbackTimeout extends Error {}

/** All events since the call began, and waiting for one among them. */
class EventLog {
  /** Those of the call: when one ends, nothing more is waited for. */
  readonly legs: LegId[] = [];
  readonly #seen: EngineEvent[] = [];
  readonly #stopListening: () => void;
  readonly #limit: { cancel(): void };
  #over = false;
  #recheck: () => void = () => undefined;

  constructor(
    private readonly engine: Engine,
    clock: Core['clock'],
  ) {
    this.#stopListening = engine.on((event) => {
      this.#seen.push(event);
      this.#recheck();
    });
    this.#limit = clock.after(LIMIT_MS, () => {
      this.#over = true;
      this.#recheck();
    });
  }

  send(command: EngineCommand): void {
    this.engine.send(command);
  }

  /** Resolves to what `look` finds in the first event it does; rejects when a leg ends or time is up before. */
  find<Found>(look: (event: EngineEvent) => Found | undefined | false): Promise<Found> {
    return new Promise((resolve, reject) => {
      this.#recheck = () => {
        for (const event of this.#seen) {
          const found = look(event);
          if (found !== undefined && found !== false) return resolve(found);
        }
        if (this.#over || this.ending() !== '') reject(new LoopbackTimeout());
      };
      this.#recheck();
    });
  }

  /** Why the first of the legs ended, for a sentence; empty while all live. */
  ending(): string {
    for (const event of this.#seen) {
      if (event.kind !== 'leg.ended' || !this.legs.includes(event.leg)) continue;
      return `: the leg ended with "${event.cause}"${event.sipCode === undefined ? '' : ` (SIP ${event.sipCode})`}`;
    }
    return '';
  }

  close(): void {
    this.#stopListening();
    this.#limit.cancel();
  }
}

function isOf(event: EngineEvent, leg: LegId): boolean {
  return 'leg' in event && event.leg === leg;
}

function isDone(event: EngineEvent, leg: LegId, job: string): boolean {
  return event.kind === 'job.done' && event.leg === leg && event.job === job;
}

function digitOf(event: EngineEvent, leg: LegId): string | undefined {
  return event.kind === 'dtmf' && event.leg === leg ? event.digit : undefined;
}

function recordingOf(event: EngineEvent, leg: LegId): Int16Array | undefined {
  if (event.kind !== 'job.done' || event.leg !== leg || event.job !== 'recording') return undefined;
  return event.recording?.pcm ?? new Int16Array(0);
}

function describeTone(pcm: Int16Array, expectedHz: number): { ok: boolean; text: string } {
  const tone = measureTone(pcm, expectedHz);
  if (tone === undefined) return { ok: false, text: `silence instead of ${expectedHz} Hz` };
  const ok =
    Math.abs(tone.hz - expectedHz) <= HZ_TOLERANCE &&
    Math.abs(tone.levelDb - TONE_DB) <= LEVEL_TOLERANCE_DB &&
    tone.purity >= PURITY_MIN;
  const heard = `${tone.hz} Hz at ${tone.levelDb.toFixed(1)} dB`;
  return {
    ok,
    text: ok
      ? heard
      : `${heard}, ${Math.round(tone.purity * 100)} % pure, instead of ${expectedHz} Hz at ${TONE_DB} dB`,
  };
}
