import type { Clock, Timer } from '#clock.js';
import type { Outcome } from '#core/calls/call-reason.js';
import type { KeyAction, MachinePlan } from '#core/calls/call-script.js';
import type { Conversation } from '#core/calls/conversation.js';
import type { ScriptLeg, ScriptRun } from '#core/calls/script-run.js';
import type { MachineVerdict } from '#voice/engine.js';

/** What listening for a machine can make the leg do, beside what the script can. */
export interface AnswerLeg extends ScriptLeg {
  /** Verdicts, beeps and silences come from now on. */
  listen(): void;
  stopListening(): void;
}

/** An engine that says nothing for so long is not waited for: whoever answered has waited long enough. */
const VERDICT_LIMIT_MS = 8000;
/** How long after the verdict a beep is waited for, before the message is spoken all the same. */
const BEEP_LIMIT_MS = 30_000;

/**
 * The answered part of a call up to the moment at which somebody is spoken to: listens for who answered, then runs the
 * script for a person, or leaves a message after a machine's beep. What is not a machine for certain is spoken to as a
 * person is; a beep corrects that, and a key proves a person. Without a plan nobody listens.
 */
export class AnswerRun implements Conversation {
  #state: 'listening' | 'talking' | 'waiting' | 'leaving' | 'over' = 'listening';
  #verdict: MachineVerdict = 'unknown';
  /** A key was pressed: nothing that is heard from now on changes that. */
  #proven = false;
  #beeped = false;
  #messageLeft = false;
  #messages = 0;
  #timer: Timer | undefined;

  constructor(
    private readonly plan: MachinePlan | undefined,
    private readonly script: ScriptRun,
    private readonly record: boolean,
    private readonly leg: AnswerLeg,
    private readonly clock: Clock,
  ) {}

  start(): void {
    if (this.plan === undefined) return this.#talk();
    this.leg.listen();
    this.#wait(VERDICT_LIMIT_MS, () => this.#talk());
  }

  /** Whether this changes what is thought of who answered. */
  heard(verdict: MachineVerdict): boolean {
    if (!this.#isListening()) return false;
    // What has heard the beep is a machine.
    if (this.#state === 'leaving') return verdict === 'machine';
    this.#verdict = verdict;
    if (verdict === 'machine') this.#machine();
    else if (verdict === 'fax' || verdict === 'network') this.#end();
    else if (this.#state !== 'talking') this.#talk();
    return true;
  }

  /** A mailbox's tone has ended: what is said now is recorded. */
  beep(): void {
    if (!this.#isListening() || this.plan?.on !== 'leave_message' || this.#beeped) return;
    this.#beeped = true;
    this.#verdict = 'machine';
    this.#leave();
  }

  /** A greeting has ended without a beep. */
  silence(): void {
    if (this.#state === 'waiting') this.#leave();
  }

  /** Listening is over; whoever has not been judged by now is spoken to. */
  listened(): void {
    if (this.#state === 'listening') this.#talk();
    else if (this.#state === 'waiting') this.#leave();
  }

  played(job: string): void {
    if (this.#state !== 'leaving') return this.script.played(job);
    if (job !== this.#messageJob) return;
    this.#messageLeft = true;
    this.#end();
  }

  /** What pressing the key now would do. */
  actionOf(digit: string): KeyAction | undefined {
    return this.#state === 'over' ? undefined : this.script.actionOf(digit);
  }

  digit(digit: string): void {
    if (this.#state === 'over') return;
    if (this.plan !== undefined && !this.#proven) {
      this.#proven = true;
      this.#verdict = 'human';
      this.leg.stopListening();
    }
    if (this.#state === 'leaving') this.leg.stopPlaying();
    if (this.#state !== 'talking') this.#talk();
    this.script.digit(digit);
  }

  /** The leg is gone: no timer fires any more. */
  close(): void {
    this.#state = 'over';
    this.#timer?.cancel();
    this.script.close();
  }

  get verdict(): MachineVerdict {
    return this.#verdict;
  }

  /** Whether the message for a machine was spoken to its end. */
  get messageLeft(): boolean {
    return this.#messageLeft;
  }

  /** What the call ends as, given how the leg ended. */
  outcome(ended: Outcome): Outcome {
    if (this.#verdict === 'fax') return { status: 'failed', reason: 'fax' };
    if (this.#verdict === 'network') return { status: 'failed', reason: 'network_announcement' };
    const isMachine = this.#verdict === 'machine' && this.plan?.on !== 'continue';
    return isMachine && ended.status === 'completed' ? { ...ended, status: 'voicemail' } : ended;
  }

  #isListening(): boolean {
    return this.plan !== undefined && !this.#proven && this.#state !== 'over';
  }

  #machine(): void {
    switch (this.plan?.on) {
      case 'hangup':
        return this.#end();
      case 'leave_message':
        this.script.abandon();
        this.#state = 'waiting';
        return this.#wait(BEEP_LIMIT_MS, () => this.#leave());
      default:
        if (this.#state !== 'talking') this.#talk();
    }
  }

  #talk(): void {
    this.#timer?.cancel();
    this.#state = 'talking';
    this.script.start();
  }

  /** From the beginning, also when a beep comes late: a mailbox keeps only what is said after it. */
  #leave(): void {
    this.#timer?.cancel();
    if (this.#state === 'leaving') this.leg.stopPlaying();
    else this.script.abandon();
    this.#state = 'leaving';
    this.#messages += 1;
    this.leg.play(this.#messageJob, this.record ? ['notice', 'machine'] : ['machine']);
  }

  get #messageJob(): string {
    return `message-${this.#messages}`;
  }

  #end(): void {
    this.#timer?.cancel();
    this.#state = 'over';
    this.script.close();
    this.leg.hangup();
  }

  #wait(ms: number, then: () => void): void {
    this.#timer?.cancel();
    this.#timer = this.clock.after(ms, then);
  }
}
