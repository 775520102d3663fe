import { mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '#clock.js';
import { openFlite } from '#speech/flite.js';
import { speechLevel } from '#speech/level.js';
import { MAX_TEXT_LENGTH, openSpeech, type SpeechOptions } from '#speech/speech.js';
import { SpeechError, type Samples, type Speech, type TextToSpeech, type Voice } from '#speech/tts.js';
import { FLITE_VOICES } from '#speech/voices.js';

let folder: string;
const opened: Speech[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'speech-'));
});

afterEach(async () => {
  await Promise.all(opened.splice(0).map((speech) => speech.close()));
  await rm(folder, { recursive: true });
});

/** A second of a 300 Hz tone for any sentence; counts. */
class Counting implements TextToSpeech {
  readonly name: string = 'counting';
  readonly voices: readonly Voice[] = FLITE_VOICES;
  readonly sentences: string[] = [];
  /** Waited for before each sentence. */
  gate: () => Promise<void> = async () => {};

  async synthesize(sentence: string): Promise<Samples> {
    this.sentences.push(sentence);
    await this.gate();
    return { pcm: tone(300, 16_000, 1_000), rate: 16_000 };
  }

  async close(): Promise<void> {}
}

function tone(hertz: number, rate: number, amplitude: number): Int16Array {
  return Int16Array.from({ length: rate }, (_, at) => amplitude * Math.sin((2 * Math.PI * hertz * at) / rate));
}

async function open(adapter: TextToSpeech, options: Partial<SpeechOptions> = {}): Promise<Speech> {
  const speech = await openSpeech({
    adapters: [adapter],
    cacheFolder: folder,
    cacheMaxBytes: 10_000_000,
    clock: systemClock,
    ...options,
  });
  opened.push(speech);
  return speech;
}

const [VOICE] = FLITE_VOICES as [Voice];

describe('voices', () => {
  it('are found in any case', async () => {
    const speech = await open(new Counting());
    expect(speech.resolveVoice('EN-us-standard-f')).toEqual({ voice: VOICE, degraded: false });
    for (const voice of speech.voices()) expect(speech.resolveVoice(voice.id)).toEqual({ voice, degraded: false });
  });

  it.each([
    ['en-US-Neural-F', 'en-US-Standard-F'],
    ['en-us-neural-c', 'en-US-Standard-F'],
    ['en-US-Neural-M', 'en-US-Standard-M'],
    ['en-US-Neural-D', 'en-US-Standard-M'],
    ['en-GB-Neural-B', 'en-GB-Standard-M'],
  ])('%s is known but absent and served by %s', async (asked, served) => {
    const speech = await open(new Counting());
    const found = speech.resolveVoice(asked);
    expect(found?.voice.id).toBe(served);
    expect(found?.degraded).toBe(true);
  });

  it.each(['', 'alice', 'en-US-Neural-Z', 'fr-FR-Neural-F', 'en-US-Standard-Z', 'en-GB-Neural-F'])(
    '%j is not known, or has nobody of its language and gender to serve it',
    async (asked) => {
      const speech = await open(new Counting());
      expect(speech.resolveVoice(asked)).toBeUndefined();
    },
  );

  it('a neural voice that is there is not degraded', async () => {
    class Neural extends Counting {
      override readonly name = 'neural';
      override readonly voices: readonly Voice[] = [
        { id: 'en-US-Neural-F', language: 'en-US', gender: 'female', quality: 'neural', native: 'n' },
      ];
    }
    const neural = new Neural();
    const flite = new Counting();
    const speech = await open(flite, { adapters: [flite, neural] });
    const found = speech.resolveVoice('en-US-Neural-F')!;
    expect(found.degraded).toBe(false);
    await speech.say('Hello.', found.voice);
    expect(neural.sentences).toEqual(['Hello.']);
    expect(flite.sentences).toEqual([]);
  });
});

describe('saying', () => {
  it('gives a clip a sentence, of 8 kHz samples at the common loudness that threads can share', async () => {
    const adapter = new Counting();
    const speech = await open(adapter);
    const clips = await speech.say('Hello. This is Dr. Smith at 3:15 p.m. today. Press 1!', VOICE);
    expect(adapter.sentences).toEqual(['Hello.', 'This is Doctor Smith at three fifteen P M today.', 'Press one!']);
    expect(clips).toHaveLength(3);
    for (const { pcm } of clips) {
      expect(pcm.buffer).toBeInstanceOf(SharedArrayBuffer);
      expect(pcm).toHaveLength(8_000);
      expect(speechLevel(pcm)).toBeCloseTo(-20, 0);
      // 300 Hz for a second, still.
      const rising = pcm.filter((sample, at) => at > 0 && pcm[at - 1]! < 0 && sample >= 0).length;
      expect(Math.abs(rising - 300)).toBeLessThanOrEqual(1);
    }
  });

  it('asks once for what was said before, however it was written', async () => {
    const adapter = new Counting();
    const speech = await open(adapter);
    const [first] = await speech.say('Press 1.', VOICE);
    const [second] = await speech.say('Press one.', VOICE);
    expect(second).toEqual(first);
    expect(adapter.sentences).toEqual(['Press one.']);
    await speech.say('Press one.', FLITE_VOICES[1]!);
    expect(adapter.sentences).toHaveLength(2);
  });

  it('asks once for what many want at the same time', async () => {
    const adapter = new Counting();
    let openGate = (): void => {};
    const gate = new Promise<void>((resolve) => (openGate = resolve));
    adapter.gate = () => gate;
    const speech = await open(adapter);
    const all = Promise.all(Array.from({ length: 20 }, () => speech.say('Please hold.', VOICE)));
    openGate();
    expect((await all).flat()).toHaveLength(20);
    expect(adapter.sentences).toEqual(['Please hold.']);
  });

  it('refuses what cannot be spoken', async () => {
    const adapter = new Counting();
    const speech = await open(adapter);
    for (const text of ['', ' \n ', '...', '😀', '日本語']) {
      await expect(speech.say(text, VOICE)).rejects.toThrow('nothing in the text that can be spoken');
    }
    await expect(speech.say('a'.repeat(MAX_TEXT_LENGTH + 1), VOICE)).rejects.toThrow('5000 are the limit');
    await expect(speech.say('Hello', { ...VOICE, id: 'xx' })).rejects.toThrow('there is no voice xx');
    expect(adapter.sentences).toEqual([]);
  });

  it('passes a failure on and tries again the next time', async () => {
    const adapter = new Counting();
    adapter.gate = async () => {
      throw new SpeechError('no');
    };
    const speech = await open(adapter);
    await expect(speech.say('Hello.', VOICE)).rejects.toThrow(SpeechError);
    adapter.gate = async () => {};
    expect(await speech.say('Hello.', VOICE)).toHaveLength(1);
  });

  it('refuses silence from an adapter', async () => {
    const adapter = new Counting();
    adapter.synthesize = async () => ({ pcm: new Int16Array(8_000), rate: 8_000 });
    const speech = await open(adapter);
    await expect(speech.say('Hello.', VOICE)).rejects.toThrow('counting made no sound');
  });

  it('is refused after closing', async () => {
    const speech = await open(new Counting());
    await speech.close();
    await expect(speech.say('Hello.', VOICE)).rejects.toThrow('closed');
  });

  it('works with the voices that come with the package', async () => {
    const speech = await open(await openFlite({ clock: systemClock }));
    const clips = await speech.say(
      'Hello Ann, your appointment is on 2025-04-15 at 3:15 PM. Press 1 to confirm.',
      VOICE,
    );
    expect(clips).toHaveLength(2);
    const seconds = clips.map(({ pcm }) => pcm.length / 8_000);
    expect(seconds[0]).toBeGreaterThan(3);
    expect(seconds[0]).toBeLessThan(8);
    expect(seconds[1]).toBeGreaterThan(0.8);
    expect(seconds[1]).toBeLessThan(2.5);
    for (const { pcm } of clips) {
      expect(speechLevel(pcm)).toBeGreaterThan(-22);
      expect(speechLevel(pcm)).toBeLessThan(-19.5);
    }
  });
});

describe('speaking for a sound file', () => {
  it('gives the whole text in one piece, as good as the voice is', async () => {
    const speech = await open(await openFlite({ clock: systemClock }));
    const clips = await speech.say('Hello Ann. Press 1.', VOICE);
    const { pcm, rate, standIn } = await speech.speak('Hello Ann. Press 1.', VOICE);
    expect(rate).toBe(16_000);
    expect(standIn).toBeUndefined();
    const seconds = clips.reduce((sum, clip) => sum + clip.pcm.length / 8_000, 0);
    expect(pcm.length / rate).toBeCloseTo(seconds + 0.2, 1);
    expect(speechLevel(pcm)).toBeCloseTo(-20, 0);
  });

  it('refuses what cannot be spoken', async () => {
    const speech = await open(new Counting());
    await expect(speech.speak('...', VOICE)).rejects.toThrow('nothing in the text that can be spoken');
  });
});

describe('the cache on disk', () => {
  const noMemory = { memoryMaxBytes: 0 };

  it('outlives a restart', async () => {
    const before = new Counting();
    const first = await open(before);
    const spoken = await first.say('Hello.', VOICE);
    await first.close();

    const after = new Counting();
    const second = await open(after);
    expect(await second.say('Hello.', VOICE)).toEqual(spoken);
    expect(after.sentences).toEqual([]);
    expect((await second.say('Hello.', VOICE))[0]!.pcm.buffer).toBeInstanceOf(SharedArrayBuffer);
  });

  it('is for its owner only', async () => {
    const speech = await open(new Counting(), { cacheFolder: join(folder, 'clips') });
    await speech.say('Your code is 1 2 3 4.', VOICE);
    await speech.close();
    const [name] = await readdir(join(folder, 'clips'));
    expect((await stat(join(folder, 'clips'))).mode & 0o777).toBe(0o700);
    expect((await stat(join(folder, 'clips', name!))).mode & 0o777).toBe(0o600);
  });

  it.each<[string, (path: string) => Promise<void>]>([
    ['cut short', (path) => truncate(path, 100)],
    ['empty', (path) => truncate(path, 0)],
    [
      'changed',
      async (path) => {
        const file = await readFile(path);
        file[500]! ^= 1;
        await writeFile(path, file);
      },
    ],
  ])('makes a file that is %s anew', async (_how, damage) => {
    const first = await open(new Counting());
    const spoken = await first.say('Hello.', VOICE);
    await first.close();
    const [name] = await readdir(folder);
    await damage(join(folder, name!));

    const adapter = new Counting();
    const second = await open(adapter);
    expect(await second.say('Hello.', VOICE)).toEqual(spoken);
    expect(adapter.sentences).toEqual(['Hello.']);
    await second.close();
    const third = await open(new Counting());
    expect(await third.say('Hello.', VOICE)).toEqual(spoken);
  });

  it('forgets the least recently used when it is full', async () => {
    // A clip is 16,016 bytes: three fit.
    const options = { ...noMemory, cacheMaxBytes: 50_000 };
    const adapter = new Counting();
    for (const text of ['One.', 'Two.', 'Three.', 'One.', 'Four.']) {
      const speech = await open(adapter, options);
      await speech.say(text, VOICE);
      await speech.close();
    }
    expect(adapter.sentences).toEqual(['One.', 'Two.', 'Three.', 'Four.']);
    expect(await readdir(folder)).toHaveLength(3);
    adapter.sentences.length = 0;
    const speech = await open(adapter, options);
    for (const text of ['One.', 'Three.', 'Four.', 'Two.']) await speech.say(text, VOICE);
    expect(adapter.sentences).toEqual(['Two.']);
  });

  it('removes what a killed process was writing', async () => {
    await writeFile(join(folder, 'abc.1.0.part'), 'half');
    await writeFile(join(folder, 'notes.txt'), 'kept');
    const speech = await open(new Counting());
    await speech.close();
    expect(await readdir(folder)).toEqual(['notes.txt']);
  });

  it('tells of trouble and speaks on', async () => {
    const trouble: unknown[] = [];
    const speech = await open(new Counting(), { ...noMemory, onCacheTrouble: (error) => trouble.push(error) });
    await rm(folder, { recursive: true });
    await writeFile(folder, 'a file where the folder was');
    expect(await speech.say('Two.', VOICE)).toHaveLength(1);
    await speech.close();
    expect(trouble.length).toBeGreaterThan(0);
  });
});
