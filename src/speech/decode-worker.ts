/** The thread of `decode-audio.ts`. */
import { AudioError } from '#speech/audio-error.js';
import { isMp3, readMp3 } from '#speech/mp3.js';
import { resample } from '#speech/resample.js';
import { shared } from '#speech/shared-samples.js';
import { answerCalls } from '#speech/thread-answers.js';
import type { Samples } from '#speech/tts.js';
import { isWav, readWav } from '#speech/wav.js';

export interface DecodeRequest {
  bytes: Uint8Array;
  maxSeconds: number;
  /** The answer has the file's own rate as far as it is within these, both included. */
  rates: { least: number; most: number };
}

/** What people send by mistake, by how it starts. */
const OTHERS: readonly [name: string, offset: number, mark: string][] = [
  ['Ogg', 0, 'OggS'],
  ['FLAC', 0, 'fLaC'],
  ['MP4 or M4A', 4, 'ftyp'],
  ['AIFF', 8, 'AIFF'],
  ['AU', 0, '.snd'],
  ['AMR', 0, '#!AMR'],
  ['WebM', 0, '\x1aE\xdf\xa3'],
  ['an HTML page', 0, '<!DOCTYPE'],
  ['an HTML page', 0, '<html'],
];

answerCalls<DecodeRequest, Samples>(async ({ bytes, maxSeconds, rates }) => {
  const { pcm, rate } = await readAny(bytes, maxSeconds);
  if (pcm.length === 0) throw new AudioError('there is no sound in the file');
  if (pcm.length > maxSeconds * rate) throw new AudioError(`the sound is longer than ${maxSeconds / 60} minutes`);
  const to = Math.max(rates.least, Math.min(rates.most, rate));
  return { pcm: shared(resample(pcm, rate, to)), rate: to };
});

async function readAny(bytes: Uint8Array, maxSeconds: number): Promise<Samples> {
  if (isWav(bytes)) return readWav(bytes);
  const start = Buffer.from(bytes.subarray(0, 16)).toString('latin1');
  const other = OTHERS.find(([, offset, mark]) => start.slice(offset).toLowerCase().startsWith(mark.toLowerCase()));
  if (other) throw new AudioError(`the file is ${other[0]}; WAV and MP3 can be used`);
  if (isMp3(bytes)) return readMp3(bytes, maxSeconds);
  throw new AudioError('the file is neither WAV nor MP3');
}
