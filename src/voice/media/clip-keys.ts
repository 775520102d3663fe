/**
 * A clip that crosses to a worker arrives as a new object, even where its memory is shared. A number sent along tells
 * the worker that it has met the clip before, and has it encoded.
 */
import type { AudioClip } from '#voice/engine.js';

/** The sending side: one number per array of samples, in memory that all threads share. */
export class ClipKeys {
  readonly #known = new WeakMap<Int16Array, { key: number; clip: AudioClip }>();
  #lastKey = 0;

  share(clip: AudioClip): { key: number; clip: AudioClip } {
    let known = this.#known.get(clip.pcm);
    if (!known) {
      known = { key: ++this.#lastKey, clip: { pcm: inSharedMemory(clip.pcm) } };
      this.#known.set(clip.pcm, known);
    }
    return known;
  }
}

function inSharedMemory(pcm: Int16Array): Int16Array {
  if (pcm.buffer instanceof SharedArrayBuffer) return pcm;
  const shared = new Int16Array(new SharedArrayBuffer(pcm.byteLength));
  shared.set(pcm);
  return shared;
}

/** Clips that a worker tells apart at a time. */
const MAX_KNOWN = 1_024;

/** The receiving side: gives back the object under which a clip came first. */
export class KnownClips {
  readonly #known = new Map<number, WeakRef<Int16Array>>();

  recall(clips: AudioClip[], keys: number[]): AudioClip[] {
    return clips.map((clip, i) => this.#recallOne(clip, keys[i]));
  }

  #recallOne(clip: AudioClip, key: number | undefined): AudioClip {
    if (key === undefined) return clip;
    const pcm = this.#known.get(key)?.deref() ?? clip.pcm;
    this.#known.delete(key);
    this.#known.set(key, new WeakRef(pcm));
    if (this.#known.size > MAX_KNOWN) this.#known.delete(this.#known.keys().next().value!);
    return { pcm };
  }
}
