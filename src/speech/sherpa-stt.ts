/**
 * sherpa-onnx with a model folder of the operator's: nothing leaves the machine. Its program `sherpa-onnx-offline` is run
 * for each sound, on files in a folder of our own. https://k2-fsa.github.io/sherpa/onnx/
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '#clock.js';
import { BoundedWork } from '#speech/bounded-work.js';
import { encodeWav } from '#speech/encode-wav.js';
import { lineOf, ProgramError, runProgram } from '#speech/run-program.js';
import { hearingOptions } from '#speech/sherpa-models.js';
import { splitSound } from '#speech/split-sound.js';
import { HEARING_WITHIN_MS, oneLine } from '#speech/stt-service.js';
import { checkSound, SttError, type SpeechToText } from '#speech/stt.js';
import type { Samples } from '#speech/tts.js';
import { primarySubtag } from '#speech/voice-choice.js';

const NAME = 'sherpa';
/** The model takes the memory of all. */
const AT_ONCE = 1;
const MAX_WAITING = 50;
/** Each word comes with its times and its parts. */
const MAX_OUTPUT_BYTES = 4_000_000;

export interface SherpaOptions {
  /** A path, or a name to be found on PATH. */
  program: string;
  /** The model's. */
  folder: string;
  clock: Clock;
}

/** Throws `SttError` when the folder has no model that is known here. */
export function openSherpaHearing({ program, folder, clock }: SherpaOptions): SpeechToText {
  const failure = (message: string): SttError => new SttError(`${NAME}: ${message}`);
  const { args, isWhisper } = attempt(() => hearingOptions(folder), failure);
  const work = new BoundedWork({
    ...{ clock, failure, atOnce: AT_ONCE, maxWaiting: MAX_WAITING, withinMs: HEARING_WITHIN_MS },
  });

  const hear = async (sound: Samples, language: string | undefined, signal: AbortSignal): Promise<string> => {
    const place = await mkdtemp(join(tmpdir(), 'sidetone-hears-'));
    try {
      const files: string[] = [];
      for (const [index, pcm] of splitSound(sound).entries()) {
        const file = join(place, `${index}.wav`);
        await writeFile(file, encodeWav({ pcm, rate: sound.rate }), { mode: 0o600 });
        files.push(file);
      }
      // Without it Whisper finds the language out by itself; other models know one, or all of theirs at once.
      const hint = isWhisper && language !== undefined ? [`--whisper-language=${primarySubtag(language)}`] : [];
      const run = { program, args: [...args, ...hint, ...files], maxOutputBytes: MAX_OUTPUT_BYTES, signal };
      const { stdout, stderr } = await runProgram(run);
      const heard = transcripts(stderr.toString()).concat(transcripts(stdout.toString()));
      if (heard.length !== files.length) throw failure('no transcript was printed');
      return oneLine(NAME, heard.join(' '));
    } finally {
      await rm(place, { recursive: true, force: true });
    }
  };

  return {
    name: NAME,
    async transcribe(sound, { language } = {}) {
      checkSound(sound);
      return work.run(async (signal) => {
        try {
          return await hear(sound, language, signal);
        } catch (error) {
          if (error instanceof SttError) throw error;
          const message = error instanceof ProgramError ? error.message : 'its files cannot be written';
          throw new SttError(`${NAME}: ${message}`, { cause: lineOf(error) });
        }
      });
    },
    async close() {
      work.close();
    },
  };
}

/** One line of JSON for each file, between other lines; some versions print them to stdout and some to stderr. */
function transcripts(printed: string): string[] {
  return printed.split('\n').flatMap((line) => {
    if (!line.startsWith('{')) return [];
    try {
      const { text } = JSON.parse(line) as { text?: unknown };
      return typeof text === 'string' ? [text] : [];
    } catch {
      return [];
    }
  });
}

function attempt<Result>(work: () => Result, failure: (message: string) => Error): Result {
  try {
    return work();
  } catch (error) {
    throw failure((error as Error).message);
  }
}
