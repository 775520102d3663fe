/** Clips as G.711, encoded once for however many legs play them. */
import { encodeG711, type G711Law } from '#voice/codecs/g711.js';

/** One octet per sample: half an hour of sound. */
export const MAX_CACHED_OCTETS = 16 * 1024 * 1024;

interface Entry {
  octets: Partial<Record<G711Law, Uint8Array>>;
  size: number;
}

export class EncodedClips {
  /** Least recently used first. */
  readonly #entries = new Map<Int16Array, Entry>();
  readonly #maxOctets: number;
  #octets = 0;

  constructor(maxOctets = MAX_CACHED_OCTETS) {
    this.#maxOctets = maxOctets;
  }

  /** Clips are told apart by their array object. What is returned is never written to. */
  get(pcm: Int16Array, law: G711Law): Uint8Array {
    const entry = this.#entries.get(pcm) ?? { octets: {}, size: 0 };
    const known = entry.octets[law];
    const octets = known ?? encodeG711(pcm, law);
    if (octets.length > this.#maxOctets) return octets;
    if (!known) {
      entry.octets[law] = octets;
      entry.size += octets.length;
      this.#octets += octets.length;
    }
    this.#entries.delete(pcm);
    this.#entries.set(pcm, entry);
    this.#evict();
    return octets;
  }

  get cachedOctets(): number {
    return this.#octets;
  }

  #evict(): void {
    for (const [pcm, entry] of this.#entries) {
      if (this.#octets <= this.#maxOctets) return;
      this.#octets -= entry.size;
      this.#entries.delete(pcm);
    }
  }
}
