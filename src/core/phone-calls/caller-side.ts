import type { Timer } from '#clock.js';
import type { Prompt } from '#core/call-flow/index.js';
import { guarded, RINGBACK } from '#core/calls/index.js';
import type { FlowParts } from '#core/phone-calls/flow-parts.js';
import type { Party } from '#core/phone-calls/party.js';
import { clipsOf } from '#core/sounds/index.js';
import type { AudioClip } from '#voice/engine.js';

/**
 * A caller who hears telephones ring has our answer after so long: networks give up on a call that nobody answers after
 * three minutes (timer C of RFC 3261 section 16.6), and so does our own engine.
 */
const LONGEST_UNANSWERED_MS = 150_000;

/** What the caller of a call between people hears from us, and when they get our answer: not before they need it. */
export class CallerSide {
  readonly #caller: Party;
  /** Grows with everything that is asked: what was asked before comes too late. */
  #asked = 0;
  #whenAnswered: (() => void) | undefined;
  /** While nobody is there: what they hear of us; `network`: their own network's ringing tone. */
  #waits: 'network' | 'ours' | undefined;
  #late: Timer | undefined;

  constructor(private readonly parts: Pick<FlowParts, 'core' | 'row' | 'caller' | 'configuration'>) {
    this.#caller = parts.caller;
  }

  /** The call has come in and leads to people: it is not to be lost because they take their time. */
  begin(): void {
    this.#late = this.parts.core.clock.after(LONGEST_UNANSWERED_MS, () => this.#answerLate());
  }

  close(): void {
    this.#late?.cancel();
  }

  /** Finds the words, then answers, then goes on: nobody pays to hear silence. */
  say(prompts: readonly Prompt[], then: (clips: AudioClip[]) => void): void {
    const asked = this.reset();
    this.parts.core.background.run('find what to say', async () => {
      const clips = await this.clips(prompts);
      if (asked !== this.#asked) return;
      guarded(this.parts.core, () => {
        this.#caller.stopPlaying();
        this.answer(() => then(clips));
      });
    });
  }

  /** Does something, then goes on, unless something else was asked for meanwhile. What fails ends the call. */
  after<T>(act: () => Promise<T>, then: (done: T) => void): void {
    const asked = this.reset();
    const { core } = this.parts;
    core.background.run('do what a code asks for', async () => {
      try {
        const done = await act();
        if (asked === this.#asked) guarded(core, () => then(done));
      } catch (error) {
        guarded(core, () => {
          throw error;
        });
      }
    });
  }

  /**
   * While nobody is there: music, else the ringing tone; of their own network as long as they have no answer, for music is
   * no reason to make them pay either.
   */
  wait(music: Prompt | null): void {
    const asked = this.reset();
    this.#caller.stopPlaying();
    if (music === null && !this.#caller.isAnswered) {
      this.#waits = 'network';
      return this.#caller.ring();
    }
    this.#waits = 'ours';
    if (music === null) return void this.#caller.play([RINGBACK], { loop: true });
    this.#caller.early();
    this.parts.core.background.run('find the music', async () => {
      const clips = await this.clips([music]);
      if (asked === this.#asked) this.#caller.play(clips.length > 0 ? clips : [RINGBACK], { loop: true });
    });
  }

  /** Answers, unless that was done; `then`: once the caller has it. */
  answer(then: () => void): void {
    if (this.#caller.isAnswered) return then();
    this.#whenAnswered = then;
    this.#caller.answer();
  }

  onAnswered(): void {
    const then = this.#whenAnswered;
    this.#whenAnswered = undefined;
    then?.();
  }

  /** Whatever was asked and is not heard yet is not heard any more. */
  reset(): number {
    this.#whenAnswered = undefined;
    this.#waits = undefined;
    return (this.#asked += 1);
  }

  /** Never rejects: a call goes on without words that cannot be had. */
  async clips(prompts: readonly Prompt[]): Promise<AudioClip[]> {
    const { core, row, configuration } = this.parts;
    try {
      return await clipsOf(core, { accountId: row.account_id, mode: row.mode }, prompts, configuration.settings);
    } catch (error) {
      core.log.error({ call: row.id, error: String(error) }, 'the prompts of a call could not be read');
      return [];
    }
  }

  #answerLate(): void {
    const waits = this.#waits;
    if (waits === undefined || this.#caller.isAnswered || this.#caller.isEnded) return;
    this.answer(() => {
      if (waits === 'network') this.#caller.play([RINGBACK], { loop: true });
    });
    this.#waits = 'ours';
  }
}
