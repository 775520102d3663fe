import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FAILURES_TO_OPEN, OPEN_MS } from '#speech/circuit-breaker.js';
import { openSpeech } from '#speech/speech.js';
import { SpeechError, type Samples, type Speech, type TextToSpeech, type Voice } from '#speech/tts.js';
import { FLITE_VOICES } from '#speech/voices.js';
import { HeldClock } from '#test/held-clock.js';

let folder: string;
let clock: HeldClock;
let trouble: string[];
const opened: Speech[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stand-in-'));
  clock = new HeldClock();
  trouble = [];
});

afterEach(async () => {
  await Promise.all(opened.splice(0).map((speech) => speech.close()));
  await rm(folder, { recursive: true });
});

/** A tone for any sentence, or a failure for those that `fails` says. */
class Fake implements TextToSpeech {
  readonly asked: string[] = [];
  fails: (sentence: string) => boolean = () => false;

  constructor(
    readonly name: string,
    readonly voices: readonly Voice[],
    readonly remote = false,
  ) {}

  async synthesize(sentence: string, voice: Voice): Promise<Samples> {
    this.asked.push(`${voice.native}: ${sentence}`);
    if (this.fails(sentence)) throw new SpeechError(`${this.name} is down`);
    return { pcm: Int16Array.from({ length: 8_000 }, (_, at) => 5_000 * Math.sin(at / 4)), rate: 8_000 };
  }

  async close(): Promise<void> {}
}

function voice(id: string, native: string): Voice {
  const [language, quality, letter] = [id.slice(0, 5), id.slice(6, -2).toLowerCase(), id.at(-1)];
  return { id, language, gender: letter === 'F' ? 'female' : 'male', quality: quality as 'standard', native };
}

const NEURAL = [voice('en-US-Neural-F', 'nova'), voice('en-US-Neural-M', 'onyx'), voice('es-ES-Neural-F', 'alma')];
const SPANISH = [
  voice('es-MX-Standard-M', 'es-mx'),
  voice('es-ES-Standard-M', 'es'),
  voice('es-ES-Standard-F', 'es+f'),
];

async function open(...adapters: TextToSpeech[]): Promise<Speech> {
  const speech = await openSpeech({
    adapters,
    cacheFolder: folder,
    cacheMaxBytes: 1_000_000,
    clock,
    onAdapterTrouble: (adapter, error) => trouble.push(`${adapter}: ${(error as Error).message}`),
  });
  opened.push(speech);
  return speech;
}

describe('a voice that fails', () => {
  it.each([
    ['en-US-Neural-F', 'en-US-Standard-F'],
    ['en-US-Neural-M', 'en-US-Standard-M'],
  ])('%s is replaced by %s for the whole text', async (asked, spoke) => {
    const neural = new Fake('neural', NEURAL, true);
    neural.fails = (sentence) => sentence.startsWith('Second');
    const flite = new Fake('flite', FLITE_VOICES);
    const speech = await open(neural, flite);
    const clips = await speech.say('First one. Second two.', speech.resolveVoice(asked)!.voice);
    expect(clips.map(({ standIn }) => standIn?.id)).toEqual([spoke, spoke]);
    expect(flite.asked).toHaveLength(2);
    expect(trouble).toEqual(['neural: neural is down']);
  });

  it('says nothing of a stand-in where none was needed', async () => {
    const speech = await open(new Fake('neural', NEURAL), new Fake('flite', FLITE_VOICES));
    const [clip] = await speech.say('Hello.', NEURAL[0]!);
    expect(Object.keys(clip!)).toEqual(['pcm']);
  });

  it('is replaced by one of its own language before an English one, and each reads numbers in its own way', async () => {
    const neural = new Fake('neural', NEURAL, true);
    const espeak = new Fake('espeak', SPANISH);
    const flite = new Fake('flite', FLITE_VOICES);
    neural.fails = () => true;
    const speech = await open(neural, flite, espeak);
    const [first] = await speech.say('Son 3 días.', NEURAL[2]!);
    expect(first!.standIn?.id).toBe('es-ES-Standard-F');
    expect([...neural.asked, ...espeak.asked]).toEqual(['alma: Son 3 días.', 'es+f: Son 3 días.']);

    espeak.fails = () => true;
    const [second] = await speech.say('Son 4 días.', NEURAL[2]!);
    expect(second!.standIn?.id).toBe('en-US-Standard-F');
    expect(flite.asked).toEqual(['slt: Son four dias.']);
  });

  it('is not replaced by one that sends texts away', async () => {
    const flite = new Fake('flite', FLITE_VOICES);
    const neural = new Fake('neural', NEURAL, true);
    flite.fails = () => true;
    const speech = await open(flite, neural);
    await expect(speech.say('Hello.', FLITE_VOICES[0]!)).rejects.toThrow('flite is down');
    expect(neural.asked).toEqual([]);
  });

  it('is the one that is complained of when nobody can speak', async () => {
    const neural = new Fake('neural', NEURAL, true);
    const flite = new Fake('flite', FLITE_VOICES);
    neural.fails = flite.fails = () => true;
    const speech = await open(neural, flite);
    await expect(speech.say('Hello.', NEURAL[0]!)).rejects.toThrow('neural is down');
    expect(trouble).toEqual(['neural: neural is down', 'flite: flite is down']);
  });

  it('is replaced in sound files too', async () => {
    const neural = new Fake('neural', NEURAL, true);
    neural.fails = () => true;
    const speech = await open(neural, new Fake('flite', FLITE_VOICES));
    const sound = await speech.speak('One. Two.', NEURAL[0]!);
    expect(sound.standIn?.id).toBe('en-US-Standard-F');
    // Two seconds and the pause between them.
    expect(sound.pcm.length / sound.rate).toBeCloseTo(2.2, 2);
  });
});

describe('a provider that is down', () => {
  it('is left alone for a while, then asked once, and used again when it answers', async () => {
    const neural = new Fake('neural', NEURAL, true);
    const speech = await open(neural, new Fake('flite', FLITE_VOICES));
    await speech.say('Known before.', NEURAL[0]!);
    neural.asked.length = 0;
    neural.fails = () => true;
    for (let n = 0; n < 10; n++) await speech.say(`Sentence ${'x'.repeat(n + 1)}.`, NEURAL[0]!);
    expect(neural.asked).toHaveLength(FAILURES_TO_OPEN);
    expect(trouble).toHaveLength(FAILURES_TO_OPEN);

    // What it said before is kept, and is still in its voice.
    const [known] = await speech.say('Known before.', NEURAL[0]!);
    expect(known!.standIn).toBeUndefined();

    clock.advance(OPEN_MS);
    await speech.say('Trying.', NEURAL[0]!);
    await speech.say('Not trying.', NEURAL[0]!);
    expect(neural.asked).toHaveLength(FAILURES_TO_OPEN + 1);

    neural.fails = () => false;
    clock.advance(OPEN_MS);
    const clips = await speech.say('Back again. And again.', NEURAL[0]!);
    expect(clips.map(({ standIn }) => standIn)).toEqual([undefined, undefined]);
  });

  it('is asked all the same when nobody else is there', async () => {
    const neural = new Fake('neural', NEURAL, true);
    neural.fails = () => true;
    const speech = await open(neural);
    for (let n = 0; n < 5; n++) await expect(speech.say('Hello.', NEURAL[0]!)).rejects.toThrow('is down');
    expect(neural.asked).toHaveLength(5);
  });
});

describe('the voice for a language', () => {
  it.each([
    ['es-ES', undefined, 'es-ES-Standard-F'],
    ['es-es', 'male', 'es-ES-Standard-M'],
    ['es-MX', 'female', 'es-MX-Standard-M'],
    ['es', undefined, 'es-ES-Standard-F'],
    ['es-AR', 'male', 'es-MX-Standard-M'],
    ['en', undefined, 'en-US-Standard-F'],
    ['en-GB', undefined, 'en-GB-Standard-M'],
    ['fr', undefined, undefined],
    ['est', undefined, undefined],
    ['', undefined, undefined],
  ] as const)('%s, %s: %s', async (language, gender, id) => {
    const speech = await open(new Fake('flite', FLITE_VOICES), new Fake('espeak', SPANISH));
    expect(speech.voiceFor(language, gender)?.id).toBe(id);
  });
});
