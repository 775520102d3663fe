import type { Clock, Timer } from '#clock.js';
import type { KeyAction, MessageScript } from '#core/calls/call-script.js';

/** What a script can make the leg do. */
export interface ScriptLeg {
  /** Plays prompts one after the other; `scriptRun.played(job)` when they have been heard. */
  play(job: string, prompts: Prompt[]): void;
  stopPlaying(): void;
  hangup(): void;
}

/**
 * `notice`: that the call is recorded. `machine`: the message for a machine. `thanks`: the default after a key. `say:D`:
 * the sentence of key D. The others are of a call that speaks a code.
 */
export type Prompt =
  'notice' | 'message' | 'machine' | 'thanks' | `say:${string}` | 'intro' | 'code' | 'again' | 'goodbye' | 'press_1';

/** Rule 8: how long we wait for a key after the message, and how often the message is spoken unasked. */
export const KEY_WAIT_MS = 10_000;
const UNASKED_PLAYS = 2;
/** However often the repeat key is pressed. */
const MOST_PLAYS = 20;

/**
 * The answered part of a call (rule 8): message, wait for a key, message once more, wait, hang up; a key with an action
 * interrupts. Without keys there is nothing to wait for: message, hang up. Knows no network and no database.
 */
export class ScriptRun {
  #plays = 0;
  #job = 0;
  #current: string | undefined;
  #afterPlay: () => void = () => undefined;
  #wait: Timer | undefined;
  #ending = false;

  constructor(
    private readonly script: MessageScript,
    private readonly record: boolean,
    private readonly leg: ScriptLeg,
    private readonly clock: Clock,
  ) {}

  /** From the beginning, also after `abandon`. */
  start(): void {
    this.#plays = 0;
    this.#ending = false;
    this.#playMessage(this.record ? ['notice', 'message'] : ['message']);
  }

  /** A play job has been heard to its end; a job that was stopped is not reported here. */
  played(job: string): void {
    if (job !== this.#current) return;
    this.#current = undefined;
    this.#afterPlay();
  }

  /** What pressing the key now would do; nothing once the call is coming to its end. */
  actionOf(digit: string): KeyAction | undefined {
    return this.#ending ? undefined : this.script.keys[digit];
  }

  digit(digit: string): void {
    const action = this.actionOf(digit);
    if (action === undefined) return;
    switch (action.action) {
      case 'hangup':
      case 'optout':
        return this.#thenHangUp(action.say === undefined ? [] : [`say:${digit}`]);
      case 'repeat':
        return this.#interrupt(() => this.#playMessage(sentence(digit, action)));
      case 'webhook':
        return this.#follow(digit, action);
    }
  }

  /** Nothing more is said until it is started again. */
  abandon(): void {
    this.#interrupt(() => undefined);
  }

  /** The leg is gone: no timer fires any more. */
  close(): void {
    this.#ending = true;
    this.#wait?.cancel();
  }

  #follow(digit: string, action: KeyAction): void {
    switch (action.then ?? 'hangup') {
      case 'hangup':
        return this.#thenHangUp(action.say === undefined ? ['thanks'] : [`say:${digit}`]);
      case 'repeat':
        return this.#interrupt(() => this.#playMessage(sentence(digit, action)));
      case 'continue':
        // Without a sentence of its own the key does not interrupt what is being said.
        if (action.say === undefined) return this.#current === undefined ? this.#waitForKey() : undefined;
        return this.#interrupt(() => this.#play([`say:${digit}`], () => this.#waitForKey()));
    }
  }

  #playMessage(prompts: Prompt[]): void {
    if (this.#plays >= MOST_PLAYS) return this.#thenHangUp([]);
    this.#plays += 1;
    const whole: Prompt[] = prompts.at(-1) === 'message' ? prompts : [...prompts, 'message'];
    this.#play(whole, () => {
      if (Object.keys(this.script.keys).length === 0) this.#thenHangUp([]);
      else this.#waitForKey();
    });
  }

  #waitForKey(): void {
    this.#wait?.cancel();
    this.#wait = this.clock.after(KEY_WAIT_MS, () => {
      if (this.#plays < UNASKED_PLAYS) this.#playMessage(['message']);
      else this.#thenHangUp([]);
    });
  }

  #thenHangUp(prompts: Prompt[]): void {
    this.#ending = true;
    this.#interrupt(() => {
      if (prompts.length === 0) this.leg.hangup();
      else this.#play(prompts, () => this.leg.hangup());
    });
  }

  #interrupt(next: () => void): void {
    this.#wait?.cancel();
    if (this.#current !== undefined) {
      this.#current = undefined;
      this.leg.stopPlaying();
    }
    next();
  }

  #play(prompts: Prompt[], then: () => void): void {
    this.#wait?.cancel();
    this.#job += 1;
    this.#current = `prompt-${this.#job}`;
    this.#afterPlay = then;
    this.leg.play(this.#current, prompts);
  }
}

function sentence(digit: string, action: KeyAction): Prompt[] {
  return action.say === undefined ? [] : [`say:${digit}`];
}
