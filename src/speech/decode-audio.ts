/** Sound files from outside, as samples for the phone. Each is decoded in a thread of its own, which ends with it. */
import { systemClock, type Clock } from '#clock.js';
import { AudioError } from '#speech/audio-error.js';
import type { DecodeRequest } from '#speech/decode-worker.js';
import { PHONE_RATE } from '#speech/resample.js';
import { ThreadCaller } from '#speech/thread-caller.js';
import type { Samples, SoundUse } from '#speech/tts.js';

export { AudioError } from '#speech/audio-error.js';

export const MAX_AUDIO_BYTES = 10 * 1024 * 1024;
export const MAX_AUDIO_SECONDS = 600;
/** Ten minutes of MP3 take a few seconds; this is for a file made to be slow. */
const TIMEOUT_MS = 60_000;
/** What recognisers are trained with. */
const HEARING_RATE = 16_000;
const MAX_AT_ONCE = 2;
const MAX_WAITING = 50;

let running = 0;
const waiting: (() => void)[] = [];

/**
 * WAV (PCM, float, A-law, µ-law) or MP3, told by content, as mono samples at 8 kHz in memory that threads can share.
 * Rejects with `AudioError`: what the file is instead, too large, too long, damaged, or too many at once.
 */
export async function decodeAudio(bytes: Uint8Array, clock: Clock = systemClock): Promise<Int16Array> {
  return (await decode(bytes, { least: PHONE_RATE, most: PHONE_RATE }, clock)).pcm;
}

/** The same files, rejecting in the same way, at 8,000 to 16,000 samples a second: what machines hear best with. */
export async function decodeForHearing(bytes: Uint8Array, clock: Clock = systemClock): Promise<Samples> {
  return decode(bytes, { least: PHONE_RATE, most: HEARING_RATE }, clock);
}

/** As it is asked for: for the phone, else for hearing. */
export async function decodeAs(bytes: Uint8Array, use: SoundUse = 'file'): Promise<Samples> {
  if (use === 'file') return decodeForHearing(bytes);
  return { pcm: await decodeAudio(bytes), rate: PHONE_RATE };
}

async function decode(bytes: Uint8Array, rates: DecodeRequest['rates'], clock: Clock): Promise<Samples> {
  if (bytes.length === 0) throw new AudioError('the file is empty');
  if (bytes.length > MAX_AUDIO_BYTES) {
    throw new AudioError(`the file has ${bytes.length} bytes; ${MAX_AUDIO_BYTES} are the limit`);
  }
  if (running >= MAX_AT_ONCE) {
    if (waiting.length >= MAX_WAITING) throw new AudioError('too many files are being decoded; try again later');
    await new Promise<void>((resolve) => waiting.push(resolve));
  } else {
    running++;
  }
  const thread = new ThreadCaller<DecodeRequest, Samples>({
    script: new URL('./decode-worker.js', import.meta.url),
    clock,
    timeoutMs: TIMEOUT_MS,
    maxWaiting: 0,
    failure: (message) => new AudioError(message),
  });
  try {
    return await thread.call({ bytes, maxSeconds: MAX_AUDIO_SECONDS, rates });
  } finally {
    await thread.close();
    // The place goes straight to the next.
    const next = waiting.shift();
    if (next) next();
    else running--;
  }
}
