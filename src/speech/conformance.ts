/** What every text-to-speech adapter must do; its test file calls this. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { speechLevel } from '#speech/level.js';
import { SpeechError, type Samples, type TextToSpeech } from '#speech/tts.js';

export function describeTextToSpeechConformance(name: string, openAdapter: () => Promise<TextToSpeech>): void {
  describe(`${name} is a text-to-speech adapter`, () => {
    let adapter: TextToSpeech;

    beforeAll(async () => {
      adapter = await openAdapter();
    });

    afterAll(() => adapter.close());

    it('lists voices by stable, unique ids', () => {
      const ids = adapter.voices.map(({ id }) => id.toLowerCase());
      expect(ids.length).toBeGreaterThan(0);
      expect(new Set(ids).size).toBe(ids.length);
      for (const voice of adapter.voices) {
        expect(voice.id.toLowerCase()).toContain(`${voice.language}-${voice.quality}-`.toLowerCase());
      }
    });

    it('speaks with every voice, at a rate between telephone and studio', async () => {
      for (const voice of adapter.voices) {
        const sound = await adapter.synthesize('The parcel arrives tomorrow before noon.', voice);
        expect(sound.rate).toBeGreaterThanOrEqual(8_000);
        expect(sound.rate).toBeLessThanOrEqual(48_000);
        // Six words.
        expect(seconds(sound)).toBeGreaterThan(1);
        expect(seconds(sound)).toBeLessThan(6);
        expect(speechLevel(sound.pcm)).toBeGreaterThan(-40);
        expect(clippedShare(sound)).toBeLessThan(0.001);
      }
    });

    it('says as much in a sound file as on the phone', async () => {
      const [voice] = adapter.voices;
      const phone = await adapter.synthesize('The parcel arrives tomorrow.', voice!, 'phone');
      const file = await adapter.synthesize('The parcel arrives tomorrow.', voice!, 'file');
      expect(file.rate).toBeGreaterThanOrEqual(phone.rate);
      expect(seconds(file)).toBeCloseTo(seconds(phone), 1);
    });

    it('takes longer for more words', async () => {
      const [voice] = adapter.voices;
      const short = await adapter.synthesize('Good morning.', voice!);
      const long = await adapter.synthesize(
        'Good morning, this is the clinic, and we have a question for you.',
        voice!,
      );
      expect(seconds(long)).toBeGreaterThan(2 * seconds(short));
    });

    it('makes the same sound for the same sentence', async () => {
      const [voice] = adapter.voices;
      const first = await adapter.synthesize('Press one to confirm.', voice!);
      const second = await adapter.synthesize('Press one to confirm.', voice!);
      expect(second).toEqual(first);
    });

    it('keeps requests made at once apart', async () => {
      const [voice] = adapter.voices;
      const sentences = ['Yes.', 'Please hold the line.', 'Your order has left our warehouse this morning.'];
      const alone: Samples[] = [];
      for (const sentence of sentences) alone.push(await adapter.synthesize(sentence, voice!));
      const together = await Promise.all(sentences.map((sentence) => adapter.synthesize(sentence, voice!)));
      expect(together.map(({ pcm }) => pcm.length)).toEqual(alone.map(({ pcm }) => pcm.length));
    });

    it('refuses text without a word, and goes on', async () => {
      const [voice] = adapter.voices;
      for (const nothing of ['', '   ', '...']) {
        await expect(adapter.synthesize(nothing, voice!)).rejects.toThrow(SpeechError);
      }
      expect(seconds(await adapter.synthesize('Hello there.', voice!))).toBeGreaterThan(0.2);
    });

    it('refuses a voice that it does not have', async () => {
      const stranger = { ...adapter.voices[0]!, id: 'xx-XX-Standard-F', native: 'nobody' };
      await expect(adapter.synthesize('Hello.', stranger)).rejects.toThrow(SpeechError);
    });

    it('rejects what is unfinished and what comes later once closed, and closes twice', async () => {
      const another = await openAdapter();
      const [voice] = another.voices;
      const unfinished = Promise.allSettled(
        Array.from({ length: 5 }, () => another.synthesize('This will not be heard by anyone.', voice!)),
      );
      await another.close();
      for (const result of await unfinished) {
        if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(SpeechError);
      }
      await expect(another.synthesize('Hello.', voice!)).rejects.toThrow(SpeechError);
      await expect(another.close()).resolves.toBeUndefined();
    });
  });
}

function seconds({ pcm, rate }: Samples): number {
  return pcm.length / rate;
}

function clippedShare({ pcm }: Samples): number {
  return pcm.filter((sample) => Math.abs(sample) >= 32767).length / pcm.length;
}
