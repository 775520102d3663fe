import type { CallMedia } from './media.js';
import type { HeardDigit, HeardSound } from './rtp-receiver.js';
import type { SipResponse } from './sip-text.js';
import { measureTone, SAMPLES_PER_MS, tone, type MeasuredTone } from './tones.js';
import { Watch } from './watch.js';

/** What the two ends of a call say to each other: sound and keys, sent and heard. */
export abstract class Conversation {
  readonly watch = new Watch();

  protected constructor(readonly media: CallMedia) {
    media.onHeard = () => this.watch.changed();
  }

  /** Any request within the dialog. */
  abstract send(method: string, fields?: Readonly<Record<string, string>>, body?: string): Promise<SipResponse>;

  /** The call in a line or two, for the text of failures. */
  abstract describe(): string;

  // — what we send —

  /** Presses one key; resolves when it is sent. By RFC 4733 in the sound, or by SIP INFO. */
  async press(digit: string, options: { ms?: number; viaInfo?: boolean } = {}): Promise<void> {
    const ms = options.ms ?? 100;
    if (options.viaInfo) {
      const body = `Signal=${digit}\r\nDuration=${ms}\r\n`;
      const response = await this.send('INFO', { 'Content-Type': 'application/dtmf-relay' }, body);
      if (response.status >= 300) throw new Error(`INFO was refused with ${response.status} ${response.phrase}`);
      return;
    }
    if (this.media.sender.eventPayload === undefined) throw new Error('the far end takes no telephone-event');
    await this.media.sender.key(digit, ms);
  }

  async pressAll(digits: string, options: { ms?: number; pauseMs?: number } = {}): Promise<void> {
    for (const digit of digits) {
      await this.press(digit, options);
      await this.sendSamples(new Int16Array((options.pauseMs ?? 60) * SAMPLES_PER_MS));
    }
  }

  sendTone(hz: number, dbm0: number, ms: number): Promise<void> {
    return this.sendSamples(tone(hz, dbm0, ms));
  }

  /** 16-bit samples, 8,000 a second; silence is sent between. Resolves when the last one is on the wire. */
  sendSamples(pcm: Int16Array): Promise<void> {
    return this.media.sender.sound(pcm);
  }

  // — what we heard —

  heard(fromMs = 0, skips: 'closed' | 'kept' = 'closed'): HeardSound {
    return this.media.receiver.heard(fromMs, skips);
  }

  /** The longest sound heard, or since `fromMs`; undefined when all was silence. */
  heardTone(fromMs = 0): MeasuredTone | undefined {
    const { pcm, received } = this.heard(fromMs);
    return measureTone(pcm, received);
  }

  heardDigits(): string {
    return this.digits.map(({ digit }) => digit).join('');
  }

  get digits(): readonly HeardDigit[] {
    return this.media.receiver.digits;
  }

  waitForDigits(digits: string): Promise<void> {
    return this.until(`the digits ${digits}`, () => this.heardDigits().includes(digits));
  }

  /** Until `ms` of sound that is no silence arrived, counted by RTP time. */
  waitForSound(ms: number): Promise<void> {
    return this.until(`${ms} ms of sound`, () => this.media.receiver.soundMs >= ms);
  }

  /** Until a sound was heard and then `ms` of silence. */
  waitForQuiet(ms: number): Promise<void> {
    const { receiver } = this.media;
    return this.until(`${ms} ms of silence after a sound`, () => receiver.soundMs > 0 && receiver.quietMs >= ms);
  }

  /** Until as much RTP time passed since the first sound as the prompt lasts: ask then `compareWithPrompt`. */
  waitForPrompt(prompt: Int16Array): Promise<void> {
    const { receiver } = this.media;
    const ms = prompt.length / SAMPLES_PER_MS;
    return this.until(
      `a prompt of ${Math.round(ms)} ms`,
      () => receiver.firstSoundMs !== undefined && receiver.heardMs >= receiver.firstSoundMs + ms,
    );
  }

  /** Until `ms` of RTP time passed since the first packet. */
  waitUntilHeard(ms: number): Promise<void> {
    return this.until(`${ms} ms of RTP`, () => this.media.receiver.heardMs >= ms);
  }

  async until(awaited: string, reached: () => boolean): Promise<void> {
    await this.watch.until(
      awaited,
      () => reached() || undefined,
      () => this.describe(),
    );
  }
}
