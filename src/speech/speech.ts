/**
 * Text in, sentences of phone-ready sound out: the voice found, the text made speakable, each sentence kept for next time,
 * and another voice in the place of one that fails (docs/decisions/0019-stand-in-voices.md).
 */
import { createHash } from 'node:crypto';
import type { Clock } from '#clock.js';
import { CircuitBreaker } from '#speech/circuit-breaker.js';
import { ClipCache } from '#speech/clip-cache.js';
import { joinSounds } from '#speech/join-sounds.js';
import { normaliseLevel, speechLevel } from '#speech/level.js';
import { RecentClips } from '#speech/recent-clips.js';
import { resampleToPhone } from '#speech/resample.js';
import { splitSentences } from '#speech/sentences.js';
import { shared } from '#speech/shared-samples.js';
import { spokenText } from '#speech/spoken-text.js';
import {
  SpeechError,
  type Clip,
  type Samples,
  type SoundUse,
  type Speech,
  type TextToSpeech,
  type Voice,
} from '#speech/tts.js';
import { primarySubtag, standInsFor, voiceById, voiceOfLanguage } from '#speech/voice-choice.js';

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
  /** Told of every sentence that an adapter was asked for in vain; not of those it was not asked for after that. */
  onAdapterTrouble?: (adapter: string, error: unknown) => void;
}

/** Rejects when the cache folder cannot be made. */
export async function openSpeech(options: SpeechOptions): Promise<Speech> {
  const cache = await ClipCache.open({
    folder: options.cacheFolder,
    maxBytes: options.cacheMaxBytes,
    clock: options.clock,
    onTrouble: options.onCacheTrouble ?? (() => {}),
  });
  return new CachedSpeech(options, cache);
}

/** An adapter with one of its voices. */
interface Speaker {
  adapter: TextToSpeech;
  breaker: CircuitBreaker;
  voice: Voice;
  /** With nobody to stand in, one that failed just now is still better than nobody. */
  always?: boolean;
}

class CachedSpeech implements Speech {
  readonly #adapters: readonly Omit<Speaker, 'voice'>[];
  readonly #cache: ClipCache;
  readonly #recent: RecentClips;
  readonly #onAdapterTrouble: NonNullable<SpeechOptions['onAdapterTrouble']>;
  /** Asked for and not there yet: whoever asks for the same waits for the same. */
  readonly #coming = new Map<string, Promise<Int16Array>>();
  #closed = false;

  constructor(options: SpeechOptions, cache: ClipCache) {
    this.#adapters = options.adapters.map((adapter) => ({ adapter, breaker: new CircuitBreaker(options.clock) }));
    this.#cache = cache;
    this.#recent = new RecentClips(options.memoryMaxBytes ?? DEFAULT_MEMORY_BYTES);
    this.#onAdapterTrouble = options.onAdapterTrouble ?? (() => {});
  }

  voices(): readonly Voice[] {
    const byId = new Map<string, Voice>();
    for (const { adapter } of this.#adapters) {
      for (const voice of adapter.voices) if (!byId.has(voice.id)) byId.set(voice.id, voice);
    }
    return [...byId.values()];
  }

  resolveVoice(id: string): { voice: Voice; degraded: boolean } | undefined {
    return voiceById(this.voices(), id);
  }

  voiceFor(language: string, gender?: Voice['gender']): Voice | undefined {
    return voiceOfLanguage(this.voices(), language, gender);
  }

  say(text: string, voice: Voice): Promise<Clip[]> {
    return this.#withStandIns(text, voice, async (speaker, sentences, standIn) => {
      const clips: Clip[] = [];
      // One after the other, so that a long text does not push in front of the short ones of others.
      for (const sentence of sentences) clips.push({ pcm: await this.#clip(speaker, sentence), ...standIn });
      return clips;
    });
  }

  speak(text: string, voice: Voice): Promise<Samples & Pick<Clip, 'standIn'>> {
    return this.#withStandIns(text, voice, async (speaker, sentences, standIn) => {
      const sounds: Samples[] = [];
      for (const sentence of sentences) {
        const { pcm, rate } = await this.#synthesize(speaker, sentence, 'file');
        sounds.push({ pcm: normaliseLevel(pcm), rate });
      }
      return { ...joinSounds(sounds), ...standIn };
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#adapters.map(({ adapter }) => adapter.close()));
    await this.#cache.close();
  }

  /** A text is spoken by one voice from start to end: what a voice began before it failed is left out. */
  async #withStandIns<Result>(
    text: string,
    voice: Voice,
    speak: (speaker: Speaker, sentences: string[], standIn: Pick<Clip, 'standIn'>) => Promise<Result>,
  ): Promise<Result> {
    if (text.length > MAX_TEXT_LENGTH) {
      throw new SpeechError(`the text has ${text.length} characters; ${MAX_TEXT_LENGTH} are the limit`);
    }
    const found = this.#adapters.find(({ adapter }) => adapter.voices.some(({ id }) => id === voice.id));
    if (!found) throw new SpeechError(`there is no voice ${voice.id}`);
    const first = speakableSentences(text, voice);
    if (first.length === 0) throw new SpeechError('there is nothing in the text that can be spoken');

    const standIns = this.#standIns(found.adapter, voice);
    let failure: unknown;
    try {
      return await speak({ ...found, voice, always: standIns.length === 0 }, first, {});
    } catch (error) {
      failure = error;
    }
    for (const speaker of standIns) {
      const sentences = speakableSentences(text, speaker.voice);
      if (this.#closed || sentences.length === 0) continue;
      try {
        return await speak(speaker, sentences, { standIn: speaker.voice });
      } catch {
        // Told where it happened; whoever asked hears why the voice that was asked for failed.
      }
    }
    throw failure;
  }

  /** The likest voice of every other adapter on this machine, the likest of all first. */
  #standIns(failed: TextToSpeech, voice: Voice): Speaker[] {
    const others = this.#adapters.filter(({ adapter }) => adapter !== failed && adapter.remote !== true);
    const likest = others.flatMap(({ adapter }) => standInsFor(voice, adapter.voices).slice(0, 1));
    return standInsFor(voice, likest).map((standIn) => ({
      ...others.find(({ adapter }) => adapter.voices.includes(standIn))!,
      voice: standIn,
    }));
  }

  #clip(speaker: Speaker, sentence: string): Promise<Int16Array> {
    const key = createHash('sha256')
      .update(JSON.stringify([SOUND_VERSION, speaker.adapter.name, speaker.voice.native, sentence]))
      .digest('hex');
    const recent = this.#recent.get(key);
    if (recent) return Promise.resolve(recent);
    let coming = this.#coming.get(key);
    if (!coming) {
      coming = this.#fetch(key, speaker, sentence).finally(() => this.#coming.delete(key));
      this.#coming.set(key, coming);
    }
    return coming;
  }

  async #fetch(key: string, speaker: Speaker, sentence: string): Promise<Int16Array> {
    let pcm = await this.#cache.get(key);
    if (!pcm) {
      const spoken = await this.#synthesize(speaker, sentence, 'phone');
      pcm = shared(normaliseLevel(resampleToPhone(spoken.pcm, spoken.rate)));
      this.#cache.put(key, pcm);
    }
    this.#recent.put(key, pcm);
    return pcm;
  }

  async #synthesize(speaker: Speaker, sentence: string, use: SoundUse): Promise<Samples> {
    const { adapter, breaker, voice, always } = speaker;
    if (this.#closed) throw new SpeechError('speech is closed');
    if (!breaker.admit() && always !== true) throw new SpeechError(`${adapter.name} failed a moment ago`);
    try {
      const sound = await adapter.synthesize(sentence, voice, use);
      if (speechLevel(sound.pcm) === -Infinity) throw new SpeechError(`${adapter.name} made no sound`);
      breaker.succeeded();
      return sound;
    } catch (error) {
      if (!this.#closed) {
        breaker.failed();
        this.#onAdapterTrouble(adapter.name, error);
      }
      throw error;
    }
  }
}

/** English numbers and dates are spelt out as English words; other languages are the adapter's to read. */
function speakableSentences(text: string, voice: Voice): string[] {
  return splitSentences(primarySubtag(voice.language) === 'en' ? spokenText(text) : text.normalize('NFC'));
}
