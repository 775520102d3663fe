import type { Clock, Timer } from '#clock.js';
import type { Party } from '#core/phone-calls/party.js';
import type { EngineEvent } from '#voice/engine.js';

type Key = Extract<EngineEvent, { kind: 'dtmf' }>;

/** Within so long the second key of the code follows the first. */
const BETWEEN_MS = 1500;

/**
 * Keys that somebody presses who speaks: they are heard at the other end, but for `*1` at a phone of ours while the call is
 * recorded, which pauses the recording and lets it go on.
 */
export class TalkKeys {
  #star: { timer: Timer; pass(): void } | undefined;

  constructor(
    private readonly clock: Clock,
    /** Undefined: the code means nothing now. */
    private readonly recordingKey: () => ((by: Party) => void) | undefined,
  ) {}

  press(by: Party, to: Party, { digit, via }: Key): void {
    // Tones in the sound are heard at the other end as they are.
    const pass = (): void => (via === 'inband' ? undefined : to.press(digit));
    const star = this.#star;
    this.#star = undefined;
    star?.timer.cancel();
    const recordingKey = by.phone === undefined ? undefined : this.recordingKey();
    if (star !== undefined && digit === '1' && recordingKey !== undefined) return recordingKey(by);
    star?.pass();
    if (digit !== '*' || recordingKey === undefined) return pass();
    const timer = this.clock.after(BETWEEN_MS, () => {
      this.#star = undefined;
      pass();
    });
    this.#star = { timer, pass };
  }
}
