/**
 * What every adapter of the engine port does, as a suite that each one runs. It needs far ends that behave in given ways
 * and says nothing about how long anything takes, so that it runs in real time and on a held clock.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AudioClip, DialTarget, EndCause, Engine, EngineCommand, EngineEvent } from '#voice/engine.js';

export interface ConformingFarEnds {
  /** Rings, answers, says nothing; does as it is asked when it is to call somebody else. */
  answering: DialTarget;
  /** Answers, and presses 1 some time after. */
  pressing: DialTarget;
  /** 486. */
  busy: DialTarget;
  /** 603. */
  rejecting: DialTarget;
  /** Rings and never answers. */
  silent: DialTarget;
  /** 404. */
  unallocated: DialTarget;
}

export interface EngineUnderTest {
  /** Configured already, so that the far ends can be dialled. */
  engine: Engine;
  farEnds: ConformingFarEnds;
  /** Lets time pass until `isDone`, which is asked again after every event; it comes to pass or the test times out. */
  until(isDone: () => boolean): Promise<void>;
  /** After `engine.close()`: whatever else has to be closed. */
  close(): Promise<void>;
}

type Kind = EngineEvent['kind'];
type EventOf<K extends Kind> = Extract<EngineEvent, { kind: K }>;

/** Long enough for a ring timeout never to be met by chance. */
const LONG_MS = 60_000;
const SHORT_MS = 1_500;

/** Half a second of a clear tone: 400 Hz at 8,000 samples a second. */
function tone(seconds: number): AudioClip {
  const pcm = new Int16Array(seconds * 8_000);
  for (let at = 0; at < pcm.length; at += 1) pcm[at] = Math.round(8_000 * Math.sin((2 * Math.PI * 400 * at) / 8_000));
  return { pcm };
}

export function describeEngineConformance(name: string, makeEngine: () => Promise<EngineUnderTest>): void {
  describe(`engine conformance: ${name}`, () => {
    let subject: EngineUnderTest;
    let events: EngineEvent[];

    beforeEach(async () => {
      subject = await makeEngine();
      events = [];
      subject.engine.on((event) => {
        events.push(event);
      });
    });

    afterEach(async () => {
      await subject.engine.close();
      await subject.close();
      expectOrder(events);
    });

    const of = <K extends Kind>(kind: K, leg?: string): EventOf<K>[] =>
      events.filter(
        (event): event is EventOf<K> => event.kind === kind && (!leg || ('leg' in event && event.leg === leg)),
      );
    const until = <K extends Kind>(kind: K, leg?: string): Promise<void> =>
      subject.until(() => of(kind, leg).length > 0);
    const send = (command: EngineCommand): void => subject.engine.send(command);
    const dial = (leg: string, to: DialTarget, ringTimeoutMs = LONG_MS): void =>
      send({ kind: 'dial', leg, to, from: { number: '+18005550199', displayName: 'Shop' }, ringTimeoutMs });
    const answered = async (to: DialTarget = subject.farEnds.answering): Promise<void> => {
      dial('a', to);
      await until('leg.answered', 'a');
    };
    const ended = async (leg = 'a'): Promise<EventOf<'leg.ended'>> => {
      await until('leg.ended', leg);
      return of('leg.ended', leg)[0]!;
    };
    const outcomes = (): string[] => of('job.done', 'a').map(({ job, outcome }) => `${job} ${outcome}`);

    describe('a call', () => {
      it('proceeds, is answered, and is ended by us', async () => {
        await answered();
        send({ kind: 'hangup', leg: 'a' });
        expect(await ended()).toMatchObject({ cause: 'hangup', by: 'us', sipCode: 200 });
        const kinds = events.filter((event) => event.kind.startsWith('leg.')).map(({ kind }) => kind);
        const order: Kind[] = ['leg.proceeding', 'leg.ringing', 'leg.early', 'leg.answered', 'leg.ended'];
        expect(kinds).toEqual(order.filter((kind) => kinds.includes(kind)));
        expect(kinds).toContain('leg.proceeding');
      });

      it('counts its sound', async () => {
        await answered();
        send({ kind: 'play', leg: 'a', job: 'tone', clips: [tone(0.5)] });
        await until('job.done');
        send({ kind: 'hangup', leg: 'a' });
        const { rtp } = await ended();
        expect(rtp?.packetsSent).toBeGreaterThan(20);
      });

      it.each<[keyof ConformingFarEnds, EndCause, number]>([
        ['busy', 'busy', 486],
        ['rejecting', 'rejected', 603],
        ['unallocated', 'unallocated', 404],
      ])('ends as the far end says: %s', async (farEnd, cause, sipCode) => {
        dial('a', subject.farEnds[farEnd]);
        expect(await ended()).toMatchObject({ cause, by: 'them', sipCode });
        expect(of('leg.answered')).toEqual([]);
      });

      it('rings no longer than it may', async () => {
        dial('a', subject.farEnds.silent, SHORT_MS);
        expect(await ended()).toMatchObject({ cause: 'no_answer', by: 'us' });
        expect(of('leg.ringing')).toHaveLength(1);
        expect(of('leg.answered')).toEqual([]);
      });

      it('ends at once without a route', async () => {
        dial('a', { kind: 'trunk', trunk: 'no such trunk', number: '+12025550123' });
        dial('b', { kind: 'phone', phone: 'no such phone', number: '101' });
        expect(await ended('a')).toMatchObject({ cause: 'no_route', by: 'us' });
        expect(await ended('b')).toMatchObject({ cause: 'no_route', by: 'us' });
      });

      it('can be one of many', async () => {
        const legs = Array.from({ length: 8 }, (_, index) => `leg-${index}`);
        for (const leg of legs) dial(leg, subject.farEnds.answering);
        await subject.until(() => of('leg.answered').length === legs.length);
        for (const leg of legs) send({ kind: 'hangup', leg });
        await subject.until(() => of('leg.ended').length === legs.length);
        expect(new Set(of('leg.ended').map(({ leg }) => leg))).toEqual(new Set(legs));
      });
    });

    describe('hanging up', () => {
      it('cancels a call that has just been dialled', async () => {
        dial('a', subject.farEnds.silent);
        send({ kind: 'hangup', leg: 'a' });
        expect(await ended()).toMatchObject({ cause: 'canceled', by: 'us' });
      });

      it.each(['leg.proceeding', 'leg.ringing'] as const)('cancels a call after %s', async (kind) => {
        dial('a', subject.farEnds.silent);
        await until(kind);
        send({ kind: 'hangup', leg: 'a', reason: 'not needed any more' });
        send({ kind: 'hangup', leg: 'a' });
        expect(await ended()).toMatchObject({ cause: 'canceled', by: 'us' });
        expect(of('leg.answered')).toEqual([]);
      });

      it('does nothing to a leg that has ended or never was', async () => {
        await answered();
        send({ kind: 'hangup', leg: 'a' });
        await ended();
        send({ kind: 'hangup', leg: 'a' });
        send({ kind: 'hangup', leg: 'nobody' });
        send({ kind: 'ring', leg: 'nobody' });
        send({ kind: 'answer', leg: 'nobody' });
        send({ kind: 'stop', leg: 'nobody' });
      });
    });

    it('holds a call and takes it back, and it goes on', async () => {
      await answered();
      send({ kind: 'hold', leg: 'a', on: true });
      send({ kind: 'play', leg: 'a', job: 'music', clips: [tone(0.2)] });
      await until('job.done', 'a');
      send({ kind: 'hold', leg: 'a', on: false });
      send({ kind: 'hold', leg: 'nobody', on: true });
      // Only of use to legs that come in.
      send({ kind: 'early', leg: 'a' });
      send({ kind: 'play', leg: 'a', job: 'speech', clips: [tone(0.2)] });
      await subject.until(() => of('job.done').length === 2);
      expect(outcomes()).toEqual(['music completed', 'speech completed']);
      // Events of holds are about the far end's.
      expect(of('hold')).toEqual([]);
      send({ kind: 'hangup', leg: 'a' });
      expect(await ended()).toMatchObject({ cause: 'hangup', by: 'us' });
    });

    describe('jobs', () => {
      it('play one after the other', async () => {
        await answered();
        send({ kind: 'play', leg: 'a', job: 'one', clips: [tone(0.2), tone(0.2)] });
        send({ kind: 'play', leg: 'a', job: 'two', clips: [tone(0.1)] });
        await subject.until(() => of('job.done').length === 2);
        expect(outcomes()).toEqual(['one completed', 'two completed']);
        expect(of('job.done').map(({ durationMs }) => Math.round(durationMs / 100))).toEqual([4, 1]);
      });

      it('wait for the answer', async () => {
        dial('a', subject.farEnds.answering);
        send({ kind: 'play', leg: 'a', job: 'one', clips: [tone(0.1)] });
        await until('job.done');
        expect(outcomes()).toEqual(['one completed']);
        expect(of('leg.answered')[0]!.seq).toBeLessThan(of('job.done')[0]!.seq);
      });

      it('can be stopped', async () => {
        await answered();
        send({ kind: 'play', leg: 'a', job: 'one', clips: [tone(30)] });
        send({ kind: 'play', leg: 'a', job: 'two', clips: [tone(30)] });
        send({ kind: 'stop', leg: 'a', job: 'one' });
        await subject.until(() => of('job.done').length === 1);
        expect(outcomes()).toEqual(['one stopped']);
        send({ kind: 'stop', leg: 'a' });
        await subject.until(() => of('job.done').length === 2);
        expect(outcomes()).toEqual(['one stopped', 'two stopped']);
      });

      it('end with the leg, once each and before it', async () => {
        await answered();
        send({ kind: 'play', leg: 'a', job: 'one', clips: [tone(30)] });
        send({ kind: 'play', leg: 'a', job: 'two', clips: [tone(30)] });
        send({ kind: 'record', leg: 'a', job: 'three', side: 'mixed', maxMs: LONG_MS });
        send({ kind: 'hangup', leg: 'a' });
        const { seq } = await ended();
        expect(outcomes().sort()).toEqual(['one ended', 'three ended', 'two ended']);
        expect(of('job.done').every((done) => done.seq < seq)).toBe(true);
      });

      it('end with a leg that is never answered', async () => {
        dial('a', subject.farEnds.busy);
        send({ kind: 'play', leg: 'a', job: 'one', clips: [tone(30)] });
        await ended();
        expect(outcomes()).toEqual(['one ended']);
      });

      it('fail where there is no such leg', async () => {
        send({ kind: 'play', leg: 'nobody', job: 'one', clips: [tone(0.1)] });
        send({ kind: 'record', leg: 'nobody', job: 'two', side: 'in', maxMs: 1_000 });
        send({ kind: 'sendDtmf', leg: 'nobody', job: 'three', digits: '1' });
        await subject.until(() => of('job.done').length === 3);
        expect(of('job.done').map(({ outcome }) => outcome)).toEqual(['failed', 'failed', 'failed']);
      });

      it('record until stopped, and give the samples', async () => {
        await answered();
        send({ kind: 'record', leg: 'a', job: 'rec', side: 'out', maxMs: LONG_MS });
        send({ kind: 'play', leg: 'a', job: 'tone', clips: [tone(0.5)] });
        await subject.until(() => of('job.done').length === 1);
        send({ kind: 'stop', leg: 'a', job: 'rec' });
        await subject.until(() => of('job.done').length === 2);
        const { outcome, recording, durationMs } = of('job.done')[1]!;
        expect(outcome).toBe('stopped');
        expect(recording!.pcm.length).toBeGreaterThan(3_000);
        expect(Math.abs(recording!.pcm.length / 8 - durationMs)).toBeLessThan(100);
      });

      it('record no longer than they may', async () => {
        await answered();
        send({ kind: 'record', leg: 'a', job: 'rec', side: 'in', maxMs: 300 });
        await until('job.done');
        expect(of('job.done')[0]).toMatchObject({ job: 'rec', outcome: 'completed' });
        expect(of('job.done')[0]!.recording?.pcm.length).toBe(2_400);
      });

      it('record until nothing is said any more, and leave that silence out', async () => {
        await answered();
        send({ kind: 'record', leg: 'a', job: 'rec', side: 'in', maxMs: LONG_MS, silenceMs: 400 });
        await until('job.done');
        const { outcome, recording, durationMs } = of('job.done')[0]!;
        expect(outcome).toBe('completed');
        expect(recording!.pcm.length).toBe(durationMs * 8);
        expect(recording!.pcm.subarray(-400 * 8).some((sample) => sample !== 0)).toBe(durationMs > 400);
      });

      it('play on and on, until stopped', async () => {
        await answered();
        send({ kind: 'play', leg: 'a', job: 'hold', clips: [tone(0.1)], loop: true });
        send({ kind: 'record', leg: 'a', job: 'while', side: 'in', maxMs: 500 });
        await until('job.done');
        expect(outcomes()).toEqual(['while completed']);
        send({ kind: 'stop', leg: 'a', job: 'hold' });
        await subject.until(() => of('job.done').length === 2);
        expect(outcomes()[1]).toBe('hold stopped');
        expect(of('job.done')[1]!.durationMs).toBeGreaterThan(300);
      });

      it('record both sides apart, and leave out what is said in a pause', async () => {
        await answered();
        send({ kind: 'record', leg: 'a', job: 'rec', side: 'apart', maxMs: LONG_MS });
        send({ kind: 'pause', leg: 'a', job: 'rec' });
        send({ kind: 'play', leg: 'a', job: 'secret', clips: [tone(0.6)] });
        await subject.until(() => of('job.done').length === 1);
        send({ kind: 'resume', leg: 'a', job: 'rec' });
        send({ kind: 'play', leg: 'a', job: 'rest', clips: [tone(0.4)] });
        await subject.until(() => of('job.done').length === 2);
        send({ kind: 'stop', leg: 'a', job: 'rec' });
        await subject.until(() => of('job.done').length === 3);
        const { outcome, recording, recordingOut, durationMs } = of('job.done')[2]!;
        expect(outcome).toBe('stopped');
        expect(durationMs).toBeGreaterThanOrEqual(300);
        expect(durationMs).toBeLessThan(900);
        expect(recordingOut!.pcm.length).toBe(recording!.pcm.length);
        expect(Math.abs(recording!.pcm.length / 8 - durationMs)).toBeLessThan(100);
      });

      it('send keys, with pauses between them', async () => {
        await answered();
        send({ kind: 'sendDtmf', leg: 'a', job: 'keys', digits: '1,2' });
        await until('job.done');
        expect(outcomes()).toEqual(['keys completed']);
        expect(of('job.done')[0]!.durationMs).toBeGreaterThan(1_000);
      });

      it('send keys', async () => {
        await answered();
        send({ kind: 'sendDtmf', leg: 'a', job: 'keys', digits: '12#' });
        await until('job.done');
        expect(outcomes()).toEqual(['keys completed']);
      });
    });

    describe('legs together', () => {
      const two = async (): Promise<void> => {
        dial('a', subject.farEnds.answering);
        dial('b', subject.farEnds.pressing);
        await subject.until(() => of('leg.answered').length === 2);
      };

      it('in a bridge are still played to, recorded, and heard when they press keys', async () => {
        await two();
        send({ kind: 'bridge', leg: 'a', with: 'b' });
        send({ kind: 'record', leg: 'a', job: 'rec', side: 'apart', maxMs: 400 });
        send({ kind: 'play', leg: 'a', job: 'one', clips: [tone(0.2)] });
        await subject.until(() => of('job.done').length === 2);
        expect(outcomes().sort()).toEqual(['one completed', 'rec completed']);
        await until('dtmf', 'b');
        expect(of('dtmf', 'a')).toEqual([]);
      });

      it('outlive the end of the other, of their bridge and of their conference', async () => {
        await two();
        send({ kind: 'bridge', leg: 'a', with: 'b' });
        send({ kind: 'leave', leg: 'a' });
        send({ kind: 'join', leg: 'a', conference: 'room' });
        send({ kind: 'join', leg: 'b', conference: 'room', muted: true });
        send({ kind: 'bridge', leg: 'b', with: 'nobody' });
        send({ kind: 'hangup', leg: 'b' });
        await ended('b');
        send({ kind: 'play', leg: 'a', job: 'alone', clips: [tone(0.1)] });
        await until('job.done');
        expect(outcomes()).toEqual(['alone completed']);
        expect(of('leg.ended', 'a')).toEqual([]);
      });

      it('cannot be with one that is not there', () => {
        send({ kind: 'bridge', leg: 'nobody', with: 'none' });
        send({ kind: 'join', leg: 'nobody', conference: 'room' });
        send({ kind: 'leave', leg: 'nobody' });
        send({ kind: 'pause', leg: 'nobody', job: 'none' });
        expect(events).toEqual([]);
      });
    });

    describe('transfers', () => {
      const done = (): string[] => of('transfer.done').map(({ leg, transfer, ok }) => `${leg} ${transfer} ${ok}`);

      it('are told of once, when the far end has done it', async () => {
        await answered();
        send({ kind: 'transfer', leg: 'a', transfer: 't', to: { number: '+12025550199' } });
        await until('transfer.done');
        send({ kind: 'hangup', leg: 'a' });
        await ended();
        expect(done()).toEqual(['a t true']);
      });

      it('may be to another leg', async () => {
        await answered();
        dial('b', subject.farEnds.answering);
        await until('leg.answered', 'b');
        send({ kind: 'transfer', leg: 'a', transfer: 't', to: { leg: 'b' } });
        await until('transfer.done');
        expect(done()).toEqual(['a t true']);
      });

      it('fail where nobody is on the line, and end with the leg', async () => {
        send({ kind: 'transfer', leg: 'nobody', transfer: 'one', to: { number: '+12025550199' } });
        dial('a', subject.farEnds.silent);
        await until('leg.ringing', 'a');
        send({ kind: 'transfer', leg: 'a', transfer: 'two', to: { number: '+12025550199' } });
        await subject.until(() => of('transfer.done').length === 2);
        dial('b', subject.farEnds.answering);
        await until('leg.answered', 'b');
        send({ kind: 'transfer', leg: 'b', transfer: 'three', to: { leg: 'nobody' } });
        send({ kind: 'transfer', leg: 'b', transfer: 'four', to: { number: '+12025550199' } });
        send({ kind: 'hangup', leg: 'b' });
        const { seq } = await ended('b');
        expect(done()).toEqual(['nobody one false', 'a two false', 'b three false', 'b four false']);
        expect(of('transfer.done').every((event) => event.leg !== 'b' || event.seq < seq)).toBe(true);
      });
    });

    describe('keys pressed at the far end', () => {
      it('are heard, and stop what may be interrupted', async () => {
        await answered(subject.farEnds.pressing);
        send({ kind: 'play', leg: 'a', job: 'menu', clips: [tone(30)], bargeIn: true });
        await subject.until(() => of('dtmf').length > 0 && of('job.done').length > 0);
        expect(of('dtmf')[0]).toMatchObject({ leg: 'a', digit: '1', via: 'rfc4733' });
        expect(outcomes()).toEqual(['menu barged']);
      });

      it('leave alone what may not be interrupted', async () => {
        await answered(subject.farEnds.pressing);
        send({ kind: 'play', leg: 'a', job: 'notice', clips: [tone(30)] });
        await until('dtmf');
        expect(outcomes()).toEqual([]);
      });
    });

    it('probes only trunks that there are', async () => {
      send({ kind: 'probe', probe: 'p', trunk: 'no such trunk' });
      await until('probe.done');
      expect(of('probe.done')).toMatchObject([{ probe: 'p', ok: false }]);
    });

    it('ends everything when it closes, and takes no more', async () => {
      await answered();
      dial('b', subject.farEnds.silent);
      await until('leg.ringing', 'b');
      send({ kind: 'play', leg: 'a', job: 'one', clips: [tone(30)] });
      const closing = [subject.engine.close(), subject.engine.close()];
      await subject.until(() => of('leg.ended').length === 2);
      await Promise.all(closing);
      expect(of('leg.ended').map(({ cause }) => cause)).toEqual(['engine_failed', 'engine_failed']);
      expect(outcomes()).toEqual(['one ended']);
      dial('c', subject.farEnds.answering);
      expect(await ended('c')).toMatchObject({ cause: 'engine_failed', by: 'us' });
    });
  });
}

/** Holds for whatever has happened: order, one end for each leg and job, nothing of a leg after its end. */
function expectOrder(events: EngineEvent[]): void {
  const seqs = events.map(({ seq }) => seq);
  expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b));
  const ended = new Set<string>();
  const done = new Set<string>();
  for (const event of events) {
    if (!('leg' in event)) continue;
    if (event.kind === 'job.done') {
      const job = `${event.leg} ${event.job}`;
      expect(done.has(job), `${job} is done twice`).toBe(false);
      done.add(job);
      if (event.outcome === 'failed') continue;
    }
    expect(ended.has(event.leg), `${event.kind} after the end of ${event.leg}`).toBe(false);
    if (event.kind === 'leg.ended') ended.add(event.leg);
  }
}
