/** Text in, sentences of phone-ready sound out: the voice found, the text made speakable, each sentence kept for next time. */
import { createHash } from 'node:crypto';
import type { Clock } from '#clock.js';
import { ClipCache } from '#speech/clip-cache.js';
import { normaliseLevel, speechLevel } from '#speech/level.js';
import { resampleToPhone } from '#speech/resample.js';
import { splitSentences } from '#speech/sentences.js';
import { shared } from '#speech/shared-samples.js';
import { spokenText } from '#speech/spoken-text.js';
import { SpeechError, type Speech, type TextToSpeech, type Voice } from '#speech/tts.js';
import { knownNeuralVoice } from '#speech/voices.js';

/** Characters in one text. */
export const MAX_TEXT_LENGTH = 5_000;
/** Part of every key: to be raised when the same sentence comes to sound different. */
const SOUND_VERSION = 1;
const DEFAULT_MEMORY_BYTES = 32 * 1024 * 1024;

export interface SpeechOptions {
  /** In order of preference where two have a voice of the same id. Closed with the speech. */
  adapters: readonly TextToSpeech[];
  /** Made when missing. */
  cacheFolder: string;
  cacheMaxBytes: number;
  clock: Clock;
  /** Of recently spoken clips, kept besides the disk's. */
  memoryMaxBytes?: number;
  /** Told when the cache does not work; speech does. */
  onCacheTrouble?: (error: unknown) => void;
}

/** Rejects when the cache folder cannot be made. */
export async function openSpeech(options: SpeechOptions): Promise<Speech> {
  const cache = await ClipCache.open({
    folder: options.cacheFolder,
    maxBytes: options.cacheMaxBytes,
    clock: options.clock,
    onTrouble: options.onCacheTrouble ?? (() => {}),
  });
  return new CachedSpeech(options.adapters, cache, options.memoryMaxBytes ?? DEFAULT_MEMORY_BYTES);
}

class CachedSpeech implements Speech {
  readonly #adapters: readonly TextToSpeech[];
  readonly #cache: ClipCache;
  readonly #recent: RecentClips;
  /** Asked for and not there yet: whoever asks for the same waits for the same. */
  readonly #coming = new Map<string, Promise<Int16Array>>();
  #closed = false;

  constructor(adapters: readonly TextToSpeech[], cache: ClipCache, memoryMaxBytes: number) {
    this.#adapters = adapters;
    this.#cache = cache;
    this.#recent = new RecentClips(memoryMaxBytes);
  }

  voices(): readonly Voice[] {
    const byId = new Map<string, Voice>();
    for (const { voices } of this.#adapters) {
      for (const voice of voices) if (!byId.has(voice.id)) byId.set(voice.id, voice);
    }
    return [...byId.values()];
  }

  resolveVoice(id: string): { voice: Voice; degraded: boolean } | undefined {
    const voices = this.voices();
    const voice = voices.find((candidate) => candidate.id.toLowerCase() === id.toLowerCase());
    if (voice) return { voice, degraded: false };
    const wanted = knownNeuralVoice(id);
    if (!wanted) return undefined;
    const standIn = voices.find(
      ({ language, gender, quality }) =>
        quality === 'standard' && language === wanted.language && gender === wanted.gender,
    );
    return standIn && { voice: standIn, degraded: true };
  }

  async say(text: string, voice: Voice): Promise<{ pcm: Int16Array }[]> {
    if (text.length > MAX_TEXT_LENGTH) {
      throw new SpeechError(`the text has ${text.length} characters; ${MAX_TEXT_LENGTH} are the limit`);
    }
    const adapter = this.#adapters.find(({ voices }) => voices.some(({ id }) => id === voice.id));
    if (!adapter) throw new SpeechError(`there is no voice ${voice.id}`);
    const sentences = splitSentences(spokenText(text));
    if (sentences.length === 0) throw new SpeechError('there is nothing in the text that can be spoken');
    const clips: { pcm: Int16Array }[] = [];
    // One after the other, so that a long text does not push in front of the short ones of others.
    for (const sentence of sentences) {
      if (this.#closed) throw new SpeechError('speech is closed');
      clips.push({ pcm: await this.#clip(adapter, voice, sentence) });
    }
    return clips;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#adapters.map((adapter) => adapter.close()));
    await this.#cache.close();
  }

  #clip(adapter: TextToSpeech, voice: Voice, sentence: string): Promise<Int16Array> {
    const key = createHash('sha256')
      .update(JSON.stringify([SOUND_VERSION, adapter.name, voice.native, sentence]))
      .digest('hex');
    const recent = this.#recent.get(key);
    if (recent) return Promise.resolve(recent);
    let coming = this.#coming.get(key);
    if (!coming) {
      coming = this.#fetch(key, adapter, voice, sentence).finally(() => this.#coming.delete(key));
      this.#coming.set(key, coming);
    }
    return coming;
  }

  async #fetch(key: string, adapter: TextToSpeech, voice: Voice, sentence: string): Promise<Int16Array> {
    let pcm = await this.#cache.get(key);
    if (!pcm) {
      const spoken = await adapter.synthesize(sentence, voice);
      const phone = resampleToPhone(spoken.pcm, spoken.rate);
      if (speechLevel(phone) === -Infinity) throw new SpeechError(`${adapter.name} made no sound`);
      pcm = shared(normaliseLevel(phone));
      this.#cache.put(key, pcm);
    }
    this.#recent.put(key, pcm);
    return pcm;
  }
}

/** Clips in memory, the least recently used forgotten first. */
class RecentClips {
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
