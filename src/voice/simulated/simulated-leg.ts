import type { Clock, Timer } from '#clock.js';
import type {
  AudioClip,
  EndCause,
  EngineEventBody,
  JobId,
  LegId,
  RecordedSide,
  Redirect,
  TransferId,
} from '#voice/engine.js';
import { PERSON, SILENCE } from '#voice/simulated/answerers.js';
import { SimulatedListening } from '#voice/simulated/simulated-listening.js';
import type { SimulatedOutcome } from '#voice/simulated/outcomes.js';

/** How the simulated people behave, milliseconds. */
const PROCEEDING_MS = 100;
const RINGING_MS = 300;
const ANSWER_MS = 2000;
const REFUSE_MS = 1500;
const UNREACHABLE_MS = 32_000;
/** Between our answer and what the engine says of it; and how long somebody who calls us waits for one. */
const ACCEPT_MS = 100;
const CALLER_WAITS_MS = 60_000;
/** How long somebody listens before the key is pressed, and how long they press it. */
const LISTEN_MS = 3000;
const PRESS_MS = 120;
const DIGIT_SENDING_MS = 200;
/** What `,` stands for among the digits. */
const PAUSE_MS = 1_000;
/** From being asked to call somebody else until that call is answered. */
const TRANSFER_MS = 2_500;

/** What somebody says after a beep: a tone of 440 Hz. */
const MESSAGE_MS = 5_000;
const MESSAGE_LEVEL = 8_000;
const MESSAGE_STEP = (2 * Math.PI * 440) / 8_000;

const PACKET_MS = 20;
const SAMPLES_PER_MS = 8;
const QUEUE_MAX = 64;
/** RFC 3261 section 21.4.18. */
const DEFAULT_REFUSAL = 480;
const TRANSFERS_MAX = 4;

interface Playing {
  job: JobId;
  durationMs: number;
  bargeIn: boolean;
  startedAt: number;
}

interface Recording {
  job: JobId;
  side: RecordedSide;
  maxMs: number;
  /** Kept before the last pause, and since when it goes on; undefined: it is paused. */
  keptMs: number;
  runningSince: number | undefined;
  limit: Timer | undefined;
  /** Of one that ends when nothing is said any more. */
  silenceMs: number | undefined;
}

/**
 * One leg of the simulated network: the same events in the same order as a real one, on the engine's clock. It calls
 * somebody (`dial`), or somebody calls us (`wait`).
 */
export class SimulatedLeg {
  readonly #timers = new Set<Timer>();
  readonly #recordings = new Map<JobId, Recording>();
  readonly #transfers = new Set<TransferId>();
  #listening: SimulatedListening | undefined;
  #queue: Playing[] = [];
  #playing: { item: Playing; timer: Timer } | undefined;
  /** Jobs asked for before the answer; they begin with it. */
  readonly #waiting: { job: JobId; begin: () => void }[] = [];
  #answeredAt = 0;
  #state: 'calling' | 'answered' | 'ended' = 'calling';
  #isIncoming = false;

  constructor(
    private readonly leg: LegId,
    private readonly outcome: SimulatedOutcome,
    private readonly clock: Clock,
    private readonly emit: (event: EngineEventBody) => void,
    private readonly onEnd: () => void,
  ) {}

  /** Whoever calls us gives up after a while. */
  wait(): void {
    this.#isIncoming = true;
    this.#after(CALLER_WAITS_MS, () => {
      if (this.#state === 'calling') this.#end('canceled', 'them', { sipCode: 487 });
    });
  }

  /** Of a leg that calls us; of any other nothing happens. */
  answer(): void {
    const { outcome } = this;
    if (!this.#isIncoming || this.#state !== 'calling' || outcome.kind !== 'answers') return;
    this.#after(ACCEPT_MS, () => {
      if (this.#state === 'calling') this.#answer(outcome);
    });
  }

  /** `refusal`: what somebody who calls us is told instead of an answer. */
  hangup(refusal = DEFAULT_REFUSAL): void {
    if (this.#state === 'answered') this.#end('hangup', 'us', { sipCode: 200 });
    else if (this.#isIncoming) this.#end('canceled', 'us', { sipCode: refusal });
    else this.#end('canceled', 'us', { sipCode: 487, sipReason: 'Request Terminated' });
  }

  fail(cause: EndCause): void {
    this.#end(cause, 'us', {});
  }

  play(job: JobId, samples: number, how: { bargeIn: boolean; loop: boolean }): void {
    if (this.#isWaiting(job, () => this.play(job, samples, how))) return;
    if (this.#queue.length >= QUEUE_MAX) return this.#done(job, 'failed', 0);
    const durationMs = how.loop && samples > 0 ? Infinity : samples / SAMPLES_PER_MS;
    this.#queue.push({ job, durationMs, bargeIn: how.bargeIn, startedAt: 0 });
    if (this.#playing === undefined) this.#playNext();
  }

  stop(job: JobId | undefined): void {
    const early = this.#waiting.findIndex((waiting) => waiting.job === job);
    if (job !== undefined && early >= 0) {
      this.#waiting.splice(early, 1);
      return this.#done(job, 'stopped', 0);
    }
    if (job !== undefined && this.#listening?.job === job) return this.#endListening('stopped');
    const recording = job === undefined ? undefined : this.#recordings.get(job);
    if (recording !== undefined) return this.#endRecording(recording, 'stopped');
    if (this.#playing !== undefined && (job === undefined || this.#playing.item.job === job))
      this.#stopPlaying('stopped');
    const waiting = this.#queue.filter((item) => job === undefined || item.job === job);
    this.#queue = this.#queue.filter((item) => !waiting.includes(item));
    for (const item of waiting) this.#done(item.job, 'stopped', 0);
    if (this.#playing === undefined) this.#playNext();
  }

  /**
   * Nothing is said on a simulated line, so a recording is silence as long as the call. Only one that waits for silence
   * has a message: a tone of so many seconds, from whoever says something at all.
   */
  record(job: JobId, maxMs: number, side: RecordedSide, silenceMs?: number): void {
    if (this.#isWaiting(job, () => this.record(job, maxMs, side, silenceMs))) return;
    const recording: Recording = { job, side, maxMs, silenceMs, keptMs: 0, runningSince: undefined, limit: undefined };
    this.#recordings.set(job, recording);
    this.#resume(recording);
  }

  pause(job: JobId, isPaused: boolean): void {
    const recording = this.#recordings.get(job);
    if (recording === undefined || (recording.runningSince === undefined) === isPaused) return;
    if (!isPaused) return this.#resume(recording);
    recording.keptMs = this.#kept(recording);
    recording.runningSince = undefined;
    recording.limit?.cancel();
  }

  #resume(recording: Recording): void {
    recording.runningSince = this.clock.now();
    const untilSilence = recording.silenceMs === undefined ? Infinity : this.#messageMs + recording.silenceMs;
    const leftMs = Math.min(recording.maxMs, untilSilence) - recording.keptMs;
    recording.limit = this.#after(leftMs, () => this.#endRecording(recording, 'completed'));
  }

  get #messageMs(): number {
    return this.outcome.kind === 'answers' && this.outcome.answerer === SILENCE ? 0 : MESSAGE_MS;
  }

  #kept({ keptMs, runningSince }: Recording): number {
    return keptMs + (runningSince === undefined ? 0 : this.clock.now() - runningSince);
  }

  /** Listens for who answered; one job at a time. */
  detectMachine(job: JobId, maxMs: number | undefined): void {
    if (this.#isWaiting(job, () => this.detectMachine(job, maxMs))) return;
    if (this.#listening !== undefined) return this.#done(job, 'failed', 0);
    const answerer = (this.outcome.kind === 'answers' ? this.outcome.answerer : undefined) ?? PERSON;
    const parts = { clock: this.clock, answeredAt: this.#answeredAt, maxMs };
    this.#listening = new SimulatedListening(job, answerer, parts, {
      heard: (heard) => this.emit({ ...heard, leg: this.leg, job }),
      completed: () => this.#endListening('completed'),
    });
  }

  #endListening(outcome: 'completed' | 'stopped' | 'ended'): void {
    const listening = this.#listening;
    if (listening === undefined) return;
    this.#listening = undefined;
    this.#done(listening.job, outcome, listening.end());
  }

  sendDtmf(job: JobId, digits: string): void {
    if (this.#isWaiting(job, () => this.sendDtmf(job, digits))) return;
    const durationMs = [...digits].reduce((sum, key) => sum + (key === ',' ? PAUSE_MS : DIGIT_SENDING_MS), 0);
    this.#after(durationMs, () => this.#done(job, 'completed', durationMs));
  }

  /** Nobody on a simulated line refuses. */
  transfer(transfer: TransferId): void {
    const isPossible = this.#state === 'answered' && this.#transfers.size < TRANSFERS_MAX;
    if (!isPossible) return this.emit({ kind: 'transfer.done', leg: this.leg, transfer, ok: false });
    this.#transfers.add(transfer);
    this.#after(TRANSFER_MS, () => {
      this.#transfers.delete(transfer);
      this.emit({ kind: 'transfer.done', leg: this.leg, transfer, ok: true, sipCode: 200 });
    });
  }

  #isWaiting(job: JobId, begin: () => void): boolean {
    if (this.#state === 'answered') return false;
    if (this.#state === 'ended' || this.#waiting.length >= QUEUE_MAX) this.#done(job, 'failed', 0);
    else this.#waiting.push({ job, begin });
    return true;
  }

  dial(ringTimeoutMs: number): void {
    const { outcome } = this;
    if (outcome.kind === 'unreachable') {
      this.#after(Math.min(UNREACHABLE_MS, ringTimeoutMs), () => this.#end('unreachable', 'us', {}));
      return;
    }
    this.#after(PROCEEDING_MS, () => this.emit({ kind: 'leg.proceeding', leg: this.leg, sipCode: 100 }));
    if (outcome.kind === 'refuses') {
      this.#after(REFUSE_MS, () => {
        const { cause, sipCode, sipReason, redirects } = outcome;
        const elsewhere = redirects?.map((number) => ({ uri: `sip:${number}@simulated.invalid`, number }));
        this.#end(cause, 'them', { sipCode, sipReason, ...(elsewhere === undefined ? {} : { redirects: elsewhere }) });
      });
      return;
    }
    this.#after(RINGING_MS, () => this.emit({ kind: 'leg.ringing', leg: this.leg, sipCode: 180 }));
    this.#after(ringTimeoutMs, () => {
      if (this.#state === 'calling') this.#end('no_answer', 'us', { sipCode: 487, sipReason: 'Request Terminated' });
    });
    if (outcome.kind === 'answers') this.#after(ANSWER_MS, () => this.#answer(outcome));
  }

  #answer(outcome: Extract<SimulatedOutcome, { kind: 'answers' }>): void {
    this.#state = 'answered';
    this.#answeredAt = this.clock.now();
    this.emit({ kind: 'leg.answered', leg: this.leg, sipCode: 200 });
    for (const { begin } of this.#waiting.splice(0)) begin();
    const { key, hangUpAfterMs } = outcome;
    if (key !== undefined) this.#after(LISTEN_MS, () => this.#press(key));
    if (hangUpAfterMs !== undefined) this.#after(hangUpAfterMs, () => this.#end('hangup', 'them', { sipCode: 200 }));
  }

  #press(digit: string): void {
    if (this.#playing?.item.bargeIn === true) this.#stopPlaying('barged');
    this.emit({ kind: 'dtmf', leg: this.leg, digit, via: 'rfc4733', durationMs: PRESS_MS });
    if (this.#playing === undefined) this.#playNext();
  }

  #playNext(): void {
    const item = this.#queue.shift();
    if (item === undefined || this.#state !== 'answered') return;
    item.startedAt = this.clock.now();
    const timer = this.#after(item.durationMs, () => {
      this.#playing = undefined;
      this.#done(item.job, 'completed', item.durationMs);
      if (this.#playing === undefined) this.#playNext();
    });
    this.#playing = { item, timer };
  }

  #stopPlaying(outcome: 'stopped' | 'barged' | 'ended'): void {
    const playing = this.#playing;
    if (playing === undefined) return;
    this.#playing = undefined;
    playing.timer.cancel();
    this.#done(playing.item.job, outcome, this.clock.now() - playing.item.startedAt);
  }

  #endRecording(recording: Recording, outcome: 'completed' | 'stopped' | 'ended'): void {
    if (!this.#recordings.delete(recording.job)) return;
    recording.limit?.cancel();
    const isMessage = recording.silenceMs !== undefined;
    const durationMs = Math.min(this.#kept(recording), isMessage ? this.#messageMs : Infinity);
    const silence = (): AudioClip => ({ pcm: new Int16Array(Math.round(durationMs * SAMPLES_PER_MS)) });
    const said = silence();
    if (isMessage)
      for (let at = 0; at < said.pcm.length; at++) said.pcm[at] = MESSAGE_LEVEL * Math.sin(MESSAGE_STEP * at);
    this.emit({
      kind: 'job.done',
      leg: this.leg,
      job: recording.job,
      outcome,
      durationMs,
      recording: said,
      ...(recording.side === 'apart' && { recordingOut: silence() }),
    });
  }

  #end(
    cause: EndCause,
    by: 'us' | 'them',
    answer: { sipCode?: number; sipReason?: string; redirects?: Redirect[] },
  ): void {
    if (this.#state === 'ended') return;
    const answered = this.#state === 'answered';
    this.#state = 'ended';
    for (const recording of [...this.#recordings.values()]) this.#endRecording(recording, 'ended');
    this.#endListening('ended');
    this.#stopPlaying('ended');
    for (const item of this.#queue.splice(0)) this.#done(item.job, 'ended', 0);
    for (const { job } of this.#waiting.splice(0)) this.#done(job, 'ended', 0);
    for (const transfer of this.#transfers) {
      this.emit({ kind: 'transfer.done', leg: this.leg, transfer, ok: false });
    }
    for (const timer of this.#timers) timer.cancel();
    const packets = answered ? Math.floor((this.clock.now() - this.#answeredAt) / PACKET_MS) : 0;
    const rtp = { packetsSent: packets, packetsReceived: packets, packetsLost: 0, jitterMs: 0 };
    this.emit({ kind: 'leg.ended', leg: this.leg, cause, by, ...answer, ...(answered ? { rtp } : {}) });
    this.onEnd();
  }

  #done(job: JobId, outcome: 'completed' | 'stopped' | 'barged' | 'ended' | 'failed', durationMs: number): void {
    this.emit({ kind: 'job.done', leg: this.leg, job, outcome, durationMs: Math.round(durationMs) });
  }

  #after(delayMs: number, run: () => void): Timer {
    const timer = this.clock.after(delayMs, () => {
      this.#timers.delete(timer);
      run();
    });
    this.#timers.add(timer);
    return timer;
  }
}
