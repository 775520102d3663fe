/**
 * sherpa-onnx with a voice of the operator's, such as Piper's or Kokoro's: neural, and nothing leaves the machine. Its program
 * `sherpa-onnx-offline-tts` is run for each sentence. https://k2-fsa.github.io/sherpa/onnx/tts/
 */
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '#clock.js';
import { BoundedWork } from '#speech/bounded-work.js';
import { lineOf, runProgram } from '#speech/run-program.js';
import { speakingOptions } from '#speech/sherpa-models.js';
import { SoundReader } from '#speech/sound-reader.js';
import { SpeechError, type TextToSpeech, type Voice } from '#speech/tts.js';

const NAME = 'sherpa';
/** How long a sentence may take, waiting included; a second or two of it goes into loading the model. */
export const WITHIN_MS = 20_000;
const AT_ONCE = 2;
const MAX_WAITING = 200;
const MAX_OUTPUT_BYTES = 1_000_000;
/** Two minutes at 24,000 Hz take 6 MB. */
const MAX_WAV_BYTES = 10_000_000;

export interface SherpaVoiceOptions {
  /** A path, or a name to be found on PATH. */
  program: string;
  /** The model's. */
  folder: string;
  voice: Voice;
  clock: Clock;
}

/** Throws `SpeechError` when the folder has no model that is known here. */
export function openSherpaVoice({ program, folder, voice, clock }: SherpaVoiceOptions): TextToSpeech {
  const failure = (message: string): SpeechError => new SpeechError(`${NAME}: ${message}`);
  let args: string[];
  try {
    args = speakingOptions(folder);
  } catch (error) {
    throw failure((error as Error).message);
  }
  const work = new BoundedWork({
    ...{ clock, failure, atOnce: AT_ONCE, maxWaiting: MAX_WAITING, withinMs: WITHIN_MS },
  });
  const sounds = new SoundReader(NAME, clock);

  const speak = async (sentence: string, signal: AbortSignal): Promise<Buffer> => {
    const place = await mkdtemp(join(tmpdir(), 'sidetone-speaks-'));
    const file = join(place, 'sentence.wav');
    try {
      const told = [...args, `--output-filename=${file}`, '--', sentence];
      await runProgram({ program, args: told, maxOutputBytes: MAX_OUTPUT_BYTES, signal });
      if ((await stat(file)).size > MAX_WAV_BYTES) throw new Error(`it wrote more than ${MAX_WAV_BYTES} bytes`);
      return await readFile(file);
    } finally {
      await rm(place, { recursive: true, force: true });
    }
  };

  return {
    // Another model sounds different: what is cached of one is not for the other.
    name: `${NAME} ${folder}`,
    voices: [voice],
    async synthesize(sentence, asked, use = 'phone') {
      // The program cannot be given a NUL.
      const text = sentence.replaceAll('\0', ' ');
      if (!/[\p{L}\p{N}]/u.test(text)) throw failure('nothing to speak');
      if (asked.native !== voice.native) throw failure(`no voice ${asked.native}`);
      const wav = await work.run(async (signal) => {
        try {
          return await speak(text, signal);
        } catch (error) {
          throw failure(lineOf(error));
        }
      });
      return sounds.read(wav, use);
    },
    async close() {
      work.close();
      await sounds.close();
    },
  };
}
