/**
 * What every speech-to-text adapter must do; its test file calls this. The ear behind the adapter is a stand-in that
 * says how long the sound was that reached it, `  sound of 1.5\n seconds ` with just these spaces, and nothing for silence.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MAX_HEARD_SECONDS, SttError, type SpeechToText } from '#speech/stt.js';
import type { Samples } from '#speech/tts.js';

export function describeSpeechToTextConformance(name: string, openAdapter: () => Promise<SpeechToText>): void {
  describe(`${name} is a speech-to-text adapter`, () => {
    let adapter: SpeechToText;

    beforeAll(async () => {
      adapter = await openAdapter();
    });

    afterAll(() => adapter.close());

    it.each([8_000, 16_000, 44_100])(
      'hears the whole sound at %i samples a second, and says it in one line',
      async (rate) => {
        expect(await adapter.transcribe(tone(1.5, rate))).toBe('sound of 1.5 seconds');
      },
    );

    it('hears nothing in silence', async () => {
      expect(await adapter.transcribe({ pcm: new Int16Array(8_000), rate: 8_000 })).toBe('');
    });

    it.each(['en', 'en-US', 'es', 'zh-Hans-CN'])('takes a hint at the language: %s', async (language) => {
      expect(await adapter.transcribe(tone(0.5, 8_000), { language })).toBe('sound of 0.5 seconds');
    });

    it('hears ten minutes and no more', async () => {
      expect(await adapter.transcribe(tone(MAX_HEARD_SECONDS, 8_000))).toBe('sound of 600.0 seconds');
      const longer = tone(MAX_HEARD_SECONDS + 0.1, 8_000);
      await expect(adapter.transcribe(longer)).rejects.toThrow('the sound is longer than 10 minutes');
    });

    it('keeps requests made at once apart', async () => {
      const lengths = Array.from({ length: 12 }, (_, n) => (n + 1) / 2);
      const heard = await Promise.all(lengths.map((length) => adapter.transcribe(tone(length, 8_000))));
      expect(heard).toEqual(lengths.map((length) => `sound of ${length.toFixed(1)} seconds`));
    });

    it.each<[string, Samples]>([
      ['no sound', { pcm: new Int16Array(0), rate: 8_000 }],
      ['too few samples a second', tone(1, 4_000)],
      ['too many', tone(1, 96_000)],
    ])('refuses %s', async (_what, sound) => {
      await expect(adapter.transcribe(sound)).rejects.toThrow(SttError);
    });

    it('rejects what is unfinished and what comes later once closed, and closes twice', async () => {
      const another = await openAdapter();
      const unfinished = Promise.allSettled(Array.from({ length: 8 }, () => another.transcribe(tone(2, 8_000))));
      await another.close();
      for (const result of await unfinished) {
        if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(SttError);
      }
      await expect(another.transcribe(tone(1, 8_000))).rejects.toThrow(SttError);
      await expect(another.close()).resolves.toBeUndefined();
    });
  });
}

/** A quiet tone. */
function tone(seconds: number, rate: number): Samples {
  return { pcm: Int16Array.from({ length: Math.round(seconds * rate) }, (_, at) => 3_000 * Math.sin(at / 5)), rate };
}
