import type { Transaction } from 'kysely';
import type { Timer } from '#clock.js';
import { outcomeAnswered, outcomeNotTaken, outcomeUnanswered, type Outcome } from '#core/calls/call-reason.js';
import type { CallPrompts } from '#core/calls/call-prompts.js';
import { CallSteps } from '#core/calls/call-steps.js';
import type { CallRow } from '#core/calls/call.js';
import { writeAnswered, writeDigit, writeRinging, writeVerdict } from '#core/calls/call-writer.js';
import { writeNextTry } from '#core/calls/next-try.js';
import { untilWritten } from '#core/until-written.js';
import type { ConductedCall } from '#core/calls/conducted-call.js';
import { endCall } from '#core/calls/end-call.js';
import { FundsWatch } from '#core/calls/funds-watch.js';
import { keepRecording } from '#core/calls/keep-recording.js';
import type { CodeLeg } from '#core/calls/code-run.js';
import { converse, type Conversation } from '#core/calls/conversation.js';
import type { ScriptLeg } from '#core/calls/script-run.js';
import { writeCodeDelivered } from '#core/calls/verification-progress.js';
import { warningTone } from '#core/calls/warning-tone.js';
import type { Core } from '#core/core.js';
import type { Tables } from '#core/tables.js';
import type { DialTarget, EngineEvent, LegEnded } from '#voice/engine.js';

const RECORDING_JOB = 'recording';
const WARNING_JOB = 'warning';
const LISTENING_JOB = 'who-answered';
/**
 * Whoever picks up and says nothing is spoken to sooner than the detector would by itself: a mailbox that begins later is
 * known by its beep.
 */
const INITIAL_SILENCE_MS = 2500;

/**
 * One call from its INVITE, or from our answer to one, to its terminal state: engine events in, script and commands out,
 * and every step written down in order. The sound never waits for the database.
 */
export class CallRun implements ConductedCall, CodeLeg {
  readonly #answer: Conversation;
  readonly #steps: CallSteps;
  #recording: Promise<void> = Promise.resolve();
  #rang = false;
  #answered = false;
  #overrun: Timer | undefined;
  #finished: () => void = () => undefined;
  #hungUpBecause: 'canceled' | 'max_duration' | 'server_stopped' | 'insufficient_funds' | undefined;
  readonly #funds: FundsWatch;

  constructor(
    private readonly core: Core,
    private readonly row: CallRow,
    private readonly legId: string,
    /** Undefined: it called us. */
    private readonly target: DialTarget | undefined,
    private readonly prompts: CallPrompts,
  ) {
    this.#steps = new CallSteps(core, row.id);
    this.#answer = converse(row, this, core.clock);
    this.#funds = new FundsWatch(core, row, {
      // Heard when nothing else is said; what is being said is not cut short for it.
      warn: () => this.#send({ kind: 'play', leg: this.legId, job: WARNING_JOB, clips: [warningTone()] }),
      end: () => this.cancel('insufficient_funds'),
    });
  }

  /** Dials, or answers; `onFinished` is called once the terminal state is in the database. */
  start(onFinished: () => void): void {
    this.#finished = onFinished;
    if (this.target === undefined) return this.#send({ kind: 'answer', leg: this.legId });
    this.#send({
      kind: 'dial',
      leg: this.legId,
      to: this.target,
      from: { number: this.row.from_number },
      ringTimeoutMs: this.row.ring_timeout_seconds * 1000,
    });
    this.core.killPoint('call.dialed');
  }

  onEvent(event: EngineEvent): void {
    switch (event.kind) {
      case 'leg.proceeding':
        // 100 only says that the next server has it; what follows may still be a refusal.
        if (event.sipCode > 100) this.core.firstAnswers.tell(this.row.id, 'ringing');
        return;
      case 'leg.ringing':
      case 'leg.early':
        this.#rang = true;
        this.core.firstAnswers.tell(this.row.id, 'ringing');
        return this.#steps.write((tx) => writeRinging(tx, this.row.id, this.#now()), 'call.ringing');
      case 'leg.answered':
        return this.#onAnswered();
      case 'dtmf':
        return this.#onDigit(event.digit, event.via);
      case 'job.done':
        if (event.job === RECORDING_JOB) return this.#onRecorded(event);
        if (event.job === LISTENING_JOB) return this.#onListened(event.outcome);
        if (event.outcome === 'completed') return this.#answer.played(event.job);
        // A prompt that cannot be played must not leave a silent call open.
        if (event.outcome === 'failed') return this.hangup();
        return;
      case 'machine':
        return this.#onVerdict(event);
      case 'machine.beep':
        return this.#answer.beep();
      case 'machine.silence':
        return this.#answer.silence();
      case 'leg.ended':
        return this.#onEnded(event);
      default:
        return;
    }
  }

  /** On request; because the server stops and has waited long enough; or because nobody pays for it any longer. */
  cancel(why: 'canceled' | 'server_stopped' | 'insufficient_funds' = 'canceled'): void {
    this.#hungUpBecause = why;
    this.hangup();
  }

  play(job: string, prompts: Parameters<ScriptLeg['play']>[1]): void {
    const clips = prompts.flatMap((prompt) => this.prompts.get(prompt) ?? []);
    this.#send({ kind: 'play', leg: this.legId, job, clips });
  }

  stopPlaying(): void {
    this.#send({ kind: 'stop', leg: this.legId });
  }

  listen(): void {
    const options = { initialSilenceMs: INITIAL_SILENCE_MS };
    this.#send({ kind: 'detectMachine', leg: this.legId, job: LISTENING_JOB, options });
  }

  stopListening(): void {
    this.#send({ kind: 'stop', leg: this.legId, job: LISTENING_JOB });
  }

  hangup(): void {
    this.#send({ kind: 'hangup', leg: this.legId });
  }

  codeHeard(): void {
    const at = this.#now();
    this.#steps.write((tx) => writeCodeDelivered(tx, this.row.id, at));
  }

  #onAnswered(): void {
    this.#answered = true;
    this.core.firstAnswers.tell(this.row.id, 'ringing');
    this.#overrun = this.core.clock.after(this.row.max_duration_seconds * 1000, () => {
      this.#hungUpBecause = 'max_duration';
      this.hangup();
    });
    if (this.row.record && this.core.disk.takesFiles) {
      const maxMs = this.row.max_duration_seconds * 1000;
      this.#send({ kind: 'record', leg: this.legId, job: RECORDING_JOB, side: 'mixed', maxMs });
    }
    this.#answer.start();
    this.#funds.start();
    const at = this.#now();
    this.#steps.write((tx) => writeAnswered(tx, this.row.id, at), 'call.answered');
  }

  #onDigit(digit: string, via: string): void {
    if (!this.#answered) return;
    // Some people type the code that they hear: keys of such a call are written nowhere.
    if (this.row.script.kind === 'code') return this.#answer.digit(digit);
    const key = { digit, action: this.#answer.actionOf(digit), via };
    const at = this.#now();
    // In line before whatever the key leads to, which may be the end.
    this.#steps.write((tx) => writeDigit(tx, this.core.secrets, this.row.id, key, at), 'call.digit');
    this.#answer.digit(digit);
  }

  #onVerdict({ verdict, revised, evidence }: Extract<EngineEvent, { kind: 'machine' }>): void {
    if (!this.#answer.heard(verdict)) return;
    this.#steps.write((tx) => writeVerdict(tx, this.row.id, { verdict, revised, evidence }));
  }

  #onListened(outcome: Extract<EngineEvent, { kind: 'job.done' }>['outcome']): void {
    if (outcome === 'completed' || outcome === 'failed') this.#answer.listened();
  }

  #onRecorded(event: Extract<EngineEvent, { kind: 'job.done' }>): void {
    if (event.recording === undefined) return;
    const { pcm } = event.recording;
    this.#recording = keepRecording(this.core, this.row, pcm).catch((error: unknown) =>
      this.core.log.error({ call: this.row.id, error: String(error) }, 'a recording could not be kept'),
    );
  }

  #onEnded(event: LegEnded): void {
    this.#answer.close();
    this.#overrun?.cancel();
    this.#funds.close();
    const at = this.#now();
    if (!this.#answered && this.#hungUpBecause === undefined && this.target !== undefined) {
      const failed = { ...event, rang: this.#rang };
      this.#finish(async (tx) => {
        if (!(await writeNextTry(tx, this.core.secrets, this.row.id, failed, at))) await this.#end(tx, event, at);
      });
      return;
    }
    this.#finish((tx) => this.#end(tx, event, at));
  }

  async #end(tx: Transaction<Tables>, event: LegEnded, at: Date): Promise<void> {
    const outcome = this.#outcome(event);
    const { cause, sipCode, sipReason, rtp } = event;
    const { verdict: answeredBy, messageLeft } = this.#answer;
    const end = {
      ...outcome,
      at,
      cause,
      sipCode,
      sipReason,
      rtp,
      ...(this.#answered ? { answeredBy, messageLeft } : {}),
    };
    await endCall(tx, this.row.id, end, this.#now());
    this.core.killPoint('call.ending');
  }

  #outcome(event: LegEnded): Outcome {
    if (event.cause === 'engine_failed') return { status: 'failed', reason: 'engine_failed' };
    // Our hang-up can cross an answer or a hang-up from the far side: who really ended it counts.
    const why = event.by === 'us' ? this.#hungUpBecause : undefined;
    if (!this.#answered) {
      if (why === undefined) {
        return this.target === undefined ? outcomeNotTaken(event.cause) : outcomeUnanswered(event.cause);
      }
      return { status: why === 'canceled' ? 'canceled' : 'failed', reason: why };
    }
    const who = this.target === undefined ? 'caller' : 'callee';
    if (why === undefined) return this.#answer.outcome(outcomeAnswered(event.cause, event.by, who));
    return this.#answer.outcome({ status: 'completed', ...(why === 'canceled' ? {} : { reason: why }) });
  }

  #finish(write: (tx: Transaction<Tables>) => Promise<void>): void {
    this.#steps.finish(() => this.core.background.run('end call', () => this.#writeEnd(write)));
  }

  async #writeEnd(write: (tx: Transaction<Tables>) => Promise<void>): Promise<void> {
    await this.#recording;
    await untilWritten(this.core, write);
    this.core.killPoint('call.ended');
    this.core.wake.deliveries();
    this.core.firstAnswers.tell(this.row.id, 'ended');
    this.#finished();
  }

  #send(command: Parameters<Core['engines']['live']['send']>[0]): void {
    this.core.engines[this.row.mode].send(command);
  }

  #now(): Date {
    return new Date(this.core.clock.now());
  }
}
