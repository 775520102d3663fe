/** Writes numbers bit by bit, the highest bit first, into bytes that are zero. */
export class BitWriter {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** At most 24 bits at a time. Throws where the bytes are full. */
  write(value: number, bits: number): void {
    if (this.#at + bits > this.#bytes.length * 8) throw new Error('more bits than there is room for');
    for (let left = bits; left > 0;) {
      const free = 8 - (this.#at & 7);
      const taken = Math.min(left, free);
      left -= taken;
      this.#bytes[this.#at >> 3]! |= ((value >> left) & ((1 << taken) - 1)) << (free - taken);
      this.#at += taken;
    }
  }
}
