/** A leg's ear for keys that come as tones, for far ends without telephone events. */
import { DtmfDetector, type DtmfToneListener } from '#voice/codecs/dtmf-detector.js';
import type { FrameListener, HeardFrame } from '#voice/media/leg-ear.js';

export class InbandKeys implements FrameListener {
  readonly #detector: DtmfDetector;

  constructor(listener: DtmfToneListener) {
    this.#detector = new DtmfDetector(listener);
  }

  heard(frame: HeardFrame): void {
    if (frame.content === 'nothing') this.#detector.reset();
    else this.#detector.heard(frame.pcm);
  }

  skipped(): void {
    this.#detector.reset();
  }
}
