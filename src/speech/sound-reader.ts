/** Reads the WAV and MP3 files that adapters get from programs and providers, in a thread that stays. */
import type { Clock } from '#clock.js';
import type { DecodeRequest } from '#speech/decode-worker.js';
import { PHONE_RATE } from '#speech/resample.js';
import { ThreadCaller } from '#speech/thread-caller.js';
import { SpeechError, type Samples, type SoundUse } from '#speech/tts.js';

/** A sentence has 300 characters; half a minute is slow. */
const MAX_SECONDS = 120;
const TIMEOUT_MS = 20_000;
const MAX_WAITING = 1_000;
const RATES: Record<SoundUse, DecodeRequest['rates']> = {
  phone: { least: PHONE_RATE, most: PHONE_RATE },
  file: { least: PHONE_RATE, most: 48_000 },
};

export class SoundReader {
  readonly #thread: ThreadCaller<DecodeRequest, Samples>;

  /** `name`: the adapter's, for its errors. */
  constructor(name: string, clock: Clock) {
    this.#thread = new ThreadCaller({
      script: new URL('./decode-worker.js', import.meta.url),
      clock,
      timeoutMs: TIMEOUT_MS,
      maxWaiting: MAX_WAITING,
      failure: (message) => new SpeechError(`${name}: ${message}`),
    });
  }

  /** Rejects with `SpeechError`. */
  read(bytes: Uint8Array, use: SoundUse): Promise<Samples> {
    return this.#thread.call({ bytes, maxSeconds: MAX_SECONDS, rates: RATES[use] });
  }

  close(): Promise<void> {
    return this.#thread.close();
  }
}
