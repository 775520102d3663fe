import { randomUUID } from 'node:crypto';
import type { Timer } from '#clock.js';
import type { Core } from '#core/core.js';
import type { Mode } from '#core/tables.js';
import type { AudioClip, EngineCommand, EngineEvent, JobId, LegId } from '#voice/engine.js';

/** Whoever visits has hung up, or their leg is needed elsewhere. */
export class LegLeft extends Error {}

export interface Answer {
  keys: string;
  /** What was asked was played to its end. */
  heard: boolean;
}

interface Wait {
  onKey: (key: string) => void;
  onJob: (event: JobDone) => void;
  leave: () => void;
  onLeave?: () => void;
}

type JobDone = Extract<EngineEvent, { kind: 'job.done' }>;

/** Keys that are pressed before they are asked for; more are not kept. */
const MOST_TYPED_AHEAD = 32;
const FIRST_KEY_MS = 5000;
const NEXT_KEY_MS = 5000;

/** An answered leg as whoever asks and waits uses it: one thing after the other, until `LegLeft` is thrown. */
export class VisitLeg {
  readonly #name = `visit-${randomUUID()}`;
  #jobs = 0;
  #typed = '';
  #isGone = false;
  #wait: Wait | undefined;
  /** Ends the piece of work that is counted: while keys are waited for, nothing is. */
  #rest: { resolve: () => void; reject: (error: unknown) => void } | undefined;

  constructor(
    private readonly core: Pick<Core, 'engines' | 'clock' | 'background'>,
    private readonly mode: Mode,
    private readonly leg: LegId,
  ) {}

  /** Begins; `visit` ends by itself or with `LegLeft`. */
  run(visit: () => Promise<void>): void {
    this.#work();
    visit().then(
      () => this.#rest?.resolve(),
      (error: unknown) => (error instanceof LegLeft ? this.#rest?.resolve() : this.#rest?.reject(error)),
    );
  }

  onEvent(event: EngineEvent): void {
    if (event.kind === 'leg.ended') this.leave();
    else if (event.kind === 'job.done') this.#wait?.onJob(event);
    else if (event.kind === 'dtmf') {
      if (this.#wait === undefined) this.#typeAhead(event.digit);
      else this.#wait.onKey(event.digit);
    }
  }

  /** Nothing more is asked of the leg. */
  leave(): void {
    this.#isGone = true;
    this.#wait?.leave();
  }

  /** What it plays or records ends, too. */
  stop(): void {
    if (this.#jobs > 0) this.#send({ kind: 'stop', leg: this.leg, job: this.#job() });
    this.leave();
  }

  /** To the end; keys meanwhile answer what is asked next. */
  async say(clips: AudioClip[]): Promise<void> {
    if (clips.length === 0) return;
    await this.#until<void>((settle) => {
      const job = this.#play(clips, false);
      return { onKey: (key) => this.#typeAhead(key), onJob: (event) => (event.job === job ? settle() : undefined) };
    });
  }

  /**
   * Plays until the first key, then waits for keys: `most` of them, or fewer and the hash key where there are more than one.
   * No keys: none came within `firstKeyMs` of the end of what was played.
   */
  ask(clips: AudioClip[], { most, firstKeyMs = FIRST_KEY_MS }: { most: number; firstKeyMs?: number }): Promise<Answer> {
    return this.#until<Answer>((settle) => {
      const answer = { keys: '', heard: false };
      let timer: Timer | undefined;
      const job = this.#typed !== '' || clips.length === 0 ? undefined : this.#play(clips, true);
      let plays = job !== undefined;
      let isOver = false;
      const done = (): void => {
        isOver = true;
        timer?.cancel();
        if (plays) this.#send({ kind: 'stop', leg: this.leg, job: job! });
        settle(answer);
      };
      const wait = (ms: number): void => {
        timer?.cancel();
        if (ms === 0) done();
        else timer = this.core.clock.after(ms, done);
      };
      const onKey = (key: string): void => {
        if (key === '#' && most > 1) return done();
        answer.keys += key;
        if (answer.keys.length >= most) done();
        else wait(NEXT_KEY_MS);
      };
      const onJob = (event: JobDone): void => {
        if (event.job !== job) return;
        plays = false;
        answer.heard = event.outcome === 'completed';
        if (answer.keys !== '') return;
        // The key that stopped it is on its way.
        wait(event.outcome === 'barged' ? FIRST_KEY_MS : firstKeyMs);
      };
      if (job === undefined && this.#typed === '') wait(firstKeyMs);
      // What was pressed before the question answers it.
      while (!isOver && this.#typed !== '') {
        const key = this.#typed.charAt(0);
        this.#typed = this.#typed.slice(1);
        onKey(key);
      }
      return { onKey, onJob, onLeave: () => timer?.cancel() };
    });
  }

  /** What is said until the hash key, silence or `maxMs`; undefined: it could not be recorded. */
  record({ maxMs, silenceMs }: { maxMs: number; silenceMs: number }): Promise<Int16Array | undefined> {
    return this.#until<Int16Array | undefined>((settle) => {
      const job = this.#newJob();
      this.#typed = '';
      this.#send({ kind: 'record', leg: this.leg, job, side: 'in', maxMs, silenceMs });
      return {
        onKey: (key) => (key === '#' ? this.#send({ kind: 'stop', leg: this.leg, job }) : undefined),
        onJob: (event) => (event.job === job ? settle(event.recording?.pcm) : undefined),
      };
    });
  }

  async #until<T>(begin: (settle: (value: T) => void) => Omit<Wait, 'leave'>): Promise<T> {
    if (this.#isGone) throw new LegLeft();
    return new Promise<T>((resolve, reject) => {
      const over = (): boolean => {
        if (this.#wait !== wait) return false;
        this.#wait = undefined;
        this.#work();
        return true;
      };
      const wait: Wait = {
        onKey: () => undefined,
        onJob: () => undefined,
        leave: () => {
          wait.onLeave?.();
          if (over()) reject(new LegLeft());
        },
      };
      this.#wait = wait;
      this.#rest?.resolve();
      this.#rest = undefined;
      Object.assign(
        wait,
        begin((value) => {
          if (over()) resolve(value);
        }),
      );
    });
  }

  #typeAhead(key: string): void {
    if (this.#typed.length < MOST_TYPED_AHEAD) this.#typed += key;
  }

  #work(): void {
    this.core.background.run('visit a mailbox', () => {
      return new Promise<void>((resolve, reject) => (this.#rest = { resolve, reject }));
    });
  }

  #play(clips: AudioClip[], bargeIn: boolean): JobId {
    const job = this.#newJob();
    this.#send({ kind: 'play', leg: this.leg, job, clips, bargeIn });
    return job;
  }

  #newJob(): JobId {
    this.#jobs += 1;
    return this.#job();
  }

  #job(): JobId {
    return `${this.#name}-${this.#jobs}`;
  }

  #send(command: EngineCommand): void {
    if (!this.#isGone) this.core.engines[this.mode].send(command);
  }
}
