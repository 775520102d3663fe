import type { Clock, Timer } from '#clock.js';
import type { AnswerLeg } from '#core/calls/answer-run.js';
import type { Outcome } from '#core/calls/call-reason.js';
import type { CodeScript } from '#core/calls/call-script.js';
import type { Conversation } from '#core/calls/conversation.js';
import type { MachineVerdict } from '#voice/engine.js';

/** What a code's call can do beside what any answered call can. */
export interface CodeLeg extends AnswerLeg {
  /** The code has been heard once from its first digit to its last. */
  codeHeard(): void;
}

/** An engine that says nothing for so long has not heard a person. */
const VERDICT_LIMIT_MS = 8000;
/** How long a key is waited for, and how often it is asked for. */
const KEY_WAIT_MS = 10_000;
const TIMES_ASKED = 2;

/**
 * The answered part of a call that speaks a one-time code (rule 16): listens for who answered, and reads the code to a
 * person only. Whoever else it is hears nothing; or is asked to press 1, which a mailbox does not do.
 */
export class CodeRun implements Conversation {
  #state: 'listening' | 'asking' | 'reading' | 'over' = 'listening';
  #verdict: MachineVerdict = 'unknown';
  #asked = 0;
  #readings = 0;
  #heard = false;
  /** Whoever pressed 1 is a person, whatever is heard from then on. */
  #proven = false;
  #timer: Timer | undefined;

  constructor(
    private readonly script: CodeScript,
    private readonly leg: CodeLeg,
    private readonly clock: Clock,
  ) {}

  start(): void {
    this.leg.listen();
    this.#wait(VERDICT_LIMIT_MS, () => this.#stranger());
  }

  heard(verdict: MachineVerdict): boolean {
    if (this.#state === 'over' || this.#proven) return false;
    this.#verdict = verdict;
    if (verdict === 'human') {
      if (this.#state === 'listening') this.#read();
    } else if (verdict === 'fax' || verdict === 'network') {
      this.#end();
    } else if (this.#state !== 'asking') {
      this.#stranger();
    }
    return true;
  }

  /** Only a mailbox beeps. */
  beep(): void {
    if (this.#state === 'over' || this.#proven) return;
    this.#verdict = 'machine';
    if (this.#state !== 'asking') this.#stranger();
  }

  silence(): void {
    // Says no more than the verdict before it.
  }

  listened(): void {
    if (this.#state === 'listening') this.#stranger();
  }

  played(job: string): void {
    if (this.#state === 'asking' && job === `ask-${this.#asked}`) return this.#waitForKey();
    if (this.#state !== 'reading') return;
    if (job === `reading-${this.#readings}`) {
      if (!this.#heard) this.leg.codeHeard();
      this.#heard = true;
      if (this.#readings < this.script.readings) this.#read();
      else this.leg.play('goodbye', ['goodbye']);
    } else if (job === 'goodbye') {
      this.#end();
    }
  }

  /** No key of such a call has an action that would be told to anybody. */
  actionOf(): undefined {
    return undefined;
  }

  digit(digit: string): void {
    if (this.#state !== 'asking' || digit !== '1') return;
    this.#proven = true;
    this.#verdict = 'human';
    this.leg.stopListening();
    this.leg.stopPlaying();
    this.#read();
  }

  close(): void {
    this.#state = 'over';
    this.#timer?.cancel();
  }

  get verdict(): MachineVerdict {
    return this.#verdict;
  }

  /** Nothing is ever left on a machine. */
  get messageLeft(): boolean {
    return false;
  }

  outcome(ended: Outcome): Outcome {
    if (this.#heard || ended.status !== 'completed') return ended;
    if (this.#verdict === 'fax') return { status: 'failed', reason: 'fax' };
    if (this.#verdict === 'network') return { status: 'failed', reason: 'network_announcement' };
    return this.#verdict === 'machine' ? { ...ended, status: 'voicemail' } : ended;
  }

  /** Not a person for certain. What has been read to its end before that stays read. */
  #stranger(): void {
    if (this.#state === 'reading') this.leg.stopPlaying();
    if (this.#heard || this.script.onMachine === 'fail') return this.#end();
    this.#ask();
  }

  #ask(): void {
    this.#timer?.cancel();
    if (this.#asked >= TIMES_ASKED) return this.#end();
    this.#state = 'asking';
    this.#asked += 1;
    this.leg.play(`ask-${this.#asked}`, ['press_1']);
  }

  #waitForKey(): void {
    this.#wait(KEY_WAIT_MS, () => this.#ask());
  }

  #read(): void {
    this.#timer?.cancel();
    this.#state = 'reading';
    this.#readings += 1;
    this.leg.play(`reading-${this.#readings}`, this.#readings === 1 ? ['intro', 'code'] : ['again', 'code']);
  }

  #end(): void {
    this.close();
    this.leg.hangup();
  }

  #wait(ms: number, then: () => void): void {
    this.#timer?.cancel();
    this.#timer = this.clock.after(ms, then);
  }
}
