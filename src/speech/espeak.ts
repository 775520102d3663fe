/**
 * eSpeak NG, a program that the operator installs: many languages, a mechanical sound, no network. Each sentence is a
 * process of its own, with the text by stdin. https://github.com/espeak-ng/espeak-ng/blob/master/docs/guide.md
 */
import type { Clock } from '#clock.js';
import { BoundedWork } from '#speech/bounded-work.js';
import { espeakVoices } from '#speech/espeak-voices.js';
import { lineOf, runProgram } from '#speech/run-program.js';
import { SoundReader } from '#speech/sound-reader.js';
import { SpeechError, type TextToSpeech } from '#speech/tts.js';

const NAME = 'espeak';
/** How long a sentence may take, waiting included; most take some 40 ms of a core. */
export const WITHIN_MS = 10_000;
const AT_ONCE = 2;
const MAX_WAITING = 1_000;
/** A minute at 22,050 Hz takes 2.6 MB. */
const MAX_WAV_BYTES = 10_000_000;
const MAX_LIST_BYTES = 100_000;
/** Words a minute; its own 175 are quick for a telephone. */
const SPEED = '150';

export interface EspeakOptions {
  /** A path, or a name to be found on PATH. */
  program: string;
  clock: Clock;
}

/** Rejects with `SpeechError` when the program is not there, or has no voice of ours. */
export async function openEspeak({ program, clock }: EspeakOptions): Promise<TextToSpeech> {
  const failure = (message: string): SpeechError => new SpeechError(`${NAME}: ${message}`);
  const work = new BoundedWork({
    ...{ clock, failure, atOnce: AT_ONCE, maxWaiting: MAX_WAITING, withinMs: WITHIN_MS },
  });
  const run = (args: string[], input: string, maxOutputBytes: number): Promise<Buffer> =>
    work.run(async (signal) => {
      try {
        return (await runProgram({ program, args, input, maxOutputBytes, signal })).stdout;
      } catch (error) {
        throw failure(lineOf(error));
      }
    });

  const voices = espeakVoices((await run(['--voices'], '', MAX_LIST_BYTES)).toString());
  if (voices.length === 0) throw failure(`${program} lists no voice that is known here`);
  const sounds = new SoundReader(NAME, clock);
  return {
    name: NAME,
    voices,
    async synthesize(sentence, voice, use = 'phone') {
      if (!/[\p{L}\p{N}]/u.test(sentence)) throw failure('nothing to speak');
      if (!voices.some(({ native }) => native === voice.native)) throw failure(`no voice ${voice.native}`);
      // Text in double brackets would be taken for phonemes.
      const text = sentence.replaceAll('[[', '[ [');
      const wav = await run(['-v', voice.native, '-s', SPEED, '-b', '1', '--stdin', '--stdout'], text, MAX_WAV_BYTES);
      return sounds.read(wav, use);
    },
    async close() {
      work.close();
      await sounds.close();
    },
  };
}
