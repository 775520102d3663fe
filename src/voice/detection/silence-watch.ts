/** How long nothing has been said, 20 ms at a time: nothing louder than the line's own noise, and no tone. */
import { PairedSpectrum } from '#voice/detection/paired-spectrum.js';
import { SoundLevels } from '#voice/detection/sound-levels.js';
import { ToneTracker } from '#voice/detection/tone-tracker.js';

const FRAME_MS = 20;
const OVER_FLOOR_DB = 7;
const LEAST_SOUND_DB = -52;
/** No line is as noisy as this, dBFS: what is louder and keeps its level, music or a tone, is something that is said. */
const MOST_FLOOR_DB = -35;
/** One frame alone is a click. */
const LEAST_FRAMES = 2;

export class SilenceWatch {
  /** The silence that lasts now. */
  silentMs = 0;
  readonly #spectrum = new PairedSpectrum();
  readonly #levels = new SoundLevels();
  readonly #tones = new ToneTracker(() => undefined);
  #loudInARow = 0;

  /** 160 samples, 8,000 a second. */
  hear(frame: Int16Array): void {
    this.#spectrum.hear(frame);
    for (const spectrum of [this.#spectrum.earlier, this.#spectrum.later]) {
      this.#levels.hear(spectrum, !this.#tones.isHearing);
      this.#tones.hear(spectrum, this.#levels);
    }
    const { smoothDb, floorDb } = this.#levels;
    const isLoud =
      this.#tones.isHearing || smoothDb > Math.max(Math.min(floorDb, MOST_FLOOR_DB) + OVER_FLOOR_DB, LEAST_SOUND_DB);
    this.#loudInARow = isLoud ? this.#loudInARow + 1 : 0;
    this.silentMs = this.#loudInARow >= LEAST_FRAMES ? 0 : this.silentMs + FRAME_MS;
  }

  /** Time passed unheard. */
  skip(ms: number): void {
    this.silentMs += ms;
  }
}
