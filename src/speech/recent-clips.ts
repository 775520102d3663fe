/** Clips in memory, the least recently used forgotten first. */
export class RecentClips {
  readonly #maxBytes: number;
  readonly #clips = new Map<string, Int16Array>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get(key: string): Int16Array | undefined {
    const pcm = this.#clips.get(key);
    if (pcm) {
      this.#clips.delete(key);
      this.#clips.set(key, pcm);
    }
    return pcm;
  }

  put(key: string, pcm: Int16Array): void {
    this.#bytes += pcm.byteLength - (this.#clips.get(key)?.byteLength ?? 0);
    this.#clips.delete(key);
    this.#clips.set(key, pcm);
    for (const [oldest, clip] of this.#clips) {
      if (this.#bytes <= this.#maxBytes) return;
      this.#clips.delete(oldest);
      this.#bytes -= clip.byteLength;
    }
  }
}
