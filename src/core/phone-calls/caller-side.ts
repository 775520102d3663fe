import type { Prompt } from '#core/call-flow/index.js';
import { RINGBACK } from '#core/calls/index.js';
import type { FlowParts } from '#core/phone-calls/flow-parts.js';
import type { Party } from '#core/phone-calls/party.js';
import { clipsOf } from '#core/sounds/index.js';
import type { AudioClip } from '#voice/engine.js';

/** What the caller of a call between people hears from us, and when they get our answer: not before they need it. */
export class CallerSide {
  readonly #caller: Party;
  /** Grows with everything that is asked: what was asked before comes too late. */
  #asked = 0;
  #whenAnswered: (() => void) | undefined;

  constructor(private readonly parts: Pick<FlowParts, 'core' | 'row' | 'caller' | 'configuration'>) {
    this.#caller = parts.caller;
  }

  /** Finds the words, then answers, then goes on: nobody pays to hear silence. */
  say(prompts: readonly Prompt[], then: (clips: AudioClip[]) => void): void {
    const asked = this.reset();
    this.parts.core.background.run('find what to say', async () => {
      const clips = await this.clips(prompts);
      if (asked !== this.#asked) return;
      this.#caller.stopPlaying();
      this.answer(() => then(clips));
    });
  }

  /**
   * While nobody is there: music, else the ringing tone; of their own network as long as they have no answer, for music is
   * no reason to make them pay either.
   */
  wait(music: Prompt | null): void {
    const asked = this.reset();
    this.#caller.stopPlaying();
    if (music === null) {
      if (this.#caller.isAnswered) this.#caller.play([RINGBACK], { loop: true });
      else this.#caller.ring();
      return;
    }
    this.#caller.early();
    this.parts.core.background.run('find the music', async () => {
      const clips = await this.clips([music]);
      if (asked === this.#asked && clips.length > 0) this.#caller.play(clips, { loop: true });
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
    return (this.#asked += 1);
  }

  clips(prompts: readonly Prompt[]): Promise<AudioClip[]> {
    const { core, row, configuration } = this.parts;
    return clipsOf(core, { accountId: row.account_id, mode: row.mode }, prompts, configuration.settings);
  }
}
