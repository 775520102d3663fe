import { randomUUID } from 'node:crypto';
import type { Mailbox, Prompt } from '#core/call-flow/index.js';
import type { LegTask } from '#core/calls/index.js';
import type { Core } from '#core/core.js';
import { hasFeature } from '#core/plans/index.js';
import { readRouting } from '#core/routing/index.js';
import { clipsOf } from '#core/sounds/index.js';
import { beep } from '#core/voicemail/beep.js';
import { keepMessage, type SpokenMessage } from '#core/voicemail/keep-message.js';
import { mailboxWords, type MailboxWords } from '#core/voicemail/mailbox-words.js';
import { MAILBOX_LIMITS } from '#core/voicemail/voice-message.js';
import type { AudioClip, EngineCommand, EngineEvent, LegId } from '#voice/engine.js';

export interface TakeMessage extends Omit<SpokenMessage, 'mailbox'> {
  leg: LegId;
}

type Told = Exclude<keyof MailboxWords, 'greeting'>;

/**
 * The caller hears the greeting and a tone and speaks, until the hash key, silence, the mailbox's limit, or until they hang
 * up. A key during the greeting goes on to the tone. Keep giving it the leg's events after `stop` and to the leg's end: the
 * recording comes with one of them.
 */
export function takeMessage(core: Core, input: TakeMessage): LegTask {
  return new MessageTask(core, input);
}

class MessageTask implements LegTask {
  /** Jobs of a leg have names of their own. */
  readonly #name = `voicemail-${randomUUID()}`;
  #state: 'preparing' | 'greeting' | 'beeping' | 'recording' | 'keeping' | 'telling' | 'over' = 'preparing';
  /** The leg is asked for nothing more: it ended, or is needed elsewhere. */
  #isLegGone = false;
  #mailbox: Mailbox | undefined;
  #told: Partial<Record<Told, AudioClip[]>> = {};
  #onDone: () => void = () => undefined;

  constructor(
    private readonly core: Core,
    private readonly input: TakeMessage,
  ) {}

  start(onDone: () => void): void {
    this.#onDone = onDone;
    this.core.background.run('greet who leaves a message', async () => {
      try {
        await this.#greet();
      } catch (error) {
        this.#finish();
        throw error;
      }
    });
  }

  stop(): void {
    this.#leave();
    if (this.#state === 'recording') this.#send({ kind: 'stop', leg: this.input.leg, job: this.#job('message') });
    else if (this.#state !== 'keeping') this.#stopPlaying();
  }

  onEvent(event: EngineEvent): void {
    if (event.kind === 'leg.ended') return this.#leave();
    if (event.kind === 'dtmf') return this.#key(event.digit);
    if (event.kind !== 'job.done') return;
    if (event.job === this.#job('message')) return this.#recorded(event);
    if (this.#isLegGone) return;
    if (event.job === this.#job('greeting') && this.#state === 'greeting') this.#beep();
    else if (event.job === this.#job('beep') && this.#state === 'beeping') this.#record();
    else if (event.job === this.#job('told') && this.#state === 'telling') this.#finish();
  }

  /** From here on nothing is asked of the leg; only a recording is waited for. */
  #leave(): void {
    this.#isLegGone = true;
    if (this.#state !== 'recording' && this.#state !== 'keeping') this.#state = 'over';
  }

  async #greet(): Promise<void> {
    const { owner, mailboxId } = this.input;
    const { objects, settings } = await readRouting(this.core, owner);
    const words = mailboxWords(settings.language);
    const said = (prompt: Prompt): Promise<AudioClip[]> => clipsOf(this.core, owner, [prompt], settings);
    const mailbox = objects.mailbox.get(mailboxId);
    this.#told = { unavailable: await said({ text: words.unavailable }) };
    const { disk } = this.core;
    if (mailbox === undefined || !disk.takesFiles || !(await hasFeature(this.core, owner.accountId, 'voicemail'))) {
      this.core.log.warn({ account: owner.accountId, mailbox: mailboxId }, 'a message cannot be taken');
      return this.#tell('unavailable');
    }
    this.#told.thanks = await said({ text: words.thanks });
    if (await this.#isFull()) {
      this.#told.full = await said({ text: words.full });
      return this.#tell('full');
    }
    this.#mailbox = mailbox;
    const clips = await said(mailbox.greeting ?? { text: words.greeting(mailbox.name) });
    if (this.#isLegGone) return;
    this.#state = 'greeting';
    this.#send({ kind: 'play', leg: this.input.leg, job: this.#job('greeting'), clips, bargeIn: true });
  }

  async #isFull(): Promise<boolean> {
    const rows = await this.core.db
      .selectFrom('voice_messages')
      .select('id')
      .where('mailbox_id', '=', this.input.mailboxId)
      .limit(MAILBOX_LIMITS.messages)
      .execute();
    return rows.length >= MAILBOX_LIMITS.messages;
  }

  #beep(): void {
    this.#state = 'beeping';
    this.#send({ kind: 'play', leg: this.input.leg, job: this.#job('beep'), clips: [beep()] });
  }

  #record(): void {
    const { maxSeconds, silenceSeconds } = this.#mailbox!;
    this.#state = 'recording';
    this.#send({
      kind: 'record',
      leg: this.input.leg,
      job: this.#job('message'),
      side: 'in',
      maxMs: maxSeconds * 1000,
      silenceMs: silenceSeconds * 1000,
    });
  }

  #key(digit: string): void {
    if (this.#state !== 'recording' || digit !== '#' || this.#isLegGone) return;
    this.#send({ kind: 'stop', leg: this.input.leg, job: this.#job('message') });
  }

  #recorded({ recording, durationMs, outcome }: Extract<EngineEvent, { kind: 'job.done' }>): void {
    if (this.#state !== 'recording') return;
    this.#state = 'keeping';
    const mailbox = this.#mailbox!;
    if (outcome === 'failed' || recording === undefined) return this.#tell('unavailable');
    // Whoever said nothing is not told that something was left.
    if (durationMs < MAILBOX_LIMITS.leastMs) return this.#finish();
    this.core.background.run('keep a voice message', async () => {
      try {
        await keepMessage(this.core, { ...this.input, mailbox }, recording.pcm);
        this.#tell('thanks');
      } catch (error) {
        this.core.log.error({ call: this.input.callId, error: String(error) }, 'a voice message could not be kept');
        this.#tell('unavailable');
      }
    });
  }

  /** The last thing that is said. */
  #tell(what: Told): void {
    const clips = this.#told[what] ?? [];
    if (this.#isLegGone || clips.length === 0) return this.#finish();
    this.#state = 'telling';
    this.#send({ kind: 'play', leg: this.input.leg, job: this.#job('told'), clips });
  }

  #finish(): void {
    this.#state = 'over';
    if (!this.#isLegGone) this.#onDone();
  }

  #stopPlaying(): void {
    for (const what of ['greeting', 'beep', 'told']) {
      this.#send({ kind: 'stop', leg: this.input.leg, job: this.#job(what) });
    }
  }

  #job(what: string): string {
    return `${this.#name}-${what}`;
  }

  #send(command: EngineCommand): void {
    this.core.engines[this.input.owner.mode].send(command);
  }
}
