/** Sound as files for others. Each is encoded in a thread of its own, one at a time: calls go before. */
import { systemClock, type Clock } from '#clock.js';
import { AudioError } from '#speech/audio-error.js';
import type { EncodeRequest } from '#speech/encode-worker.js';
import { ThreadCaller } from '#speech/thread-caller.js';
import type { AudioFormat, Samples } from '#speech/tts.js';

/** Six minutes of MP3 take some five seconds; this is for a machine that is on its knees. */
const TIMEOUT_MS = 120_000;
const MAX_WAITING = 16;

let last: Promise<unknown> = Promise.resolve();
let waiting = 0;

/**
 * Mono; 16,000 samples a second where the sound has no more, else 24,000; `pcm` always 24,000, 16 bit, the low byte
 * first. Rejects with `AudioError` when too many wait already.
 */
export async function encodeAudio(
  samples: Samples,
  format: AudioFormat,
  clock: Clock = systemClock,
): Promise<Uint8Array> {
  if (waiting >= MAX_WAITING) throw new AudioError('too many files are being encoded; try again later');
  waiting++;
  const mine = last.then(() => encode({ samples, format }, clock)).finally(() => waiting--);
  last = mine.catch(() => undefined);
  return mine;
}

async function encode(request: EncodeRequest, clock: Clock): Promise<Uint8Array> {
  const thread = new ThreadCaller<EncodeRequest, Uint8Array>({
    script: new URL('./encode-worker.js', import.meta.url),
    clock,
    timeoutMs: TIMEOUT_MS,
    maxWaiting: 0,
    failure: (message) => new AudioError(message),
  });
  try {
    return await thread.call(request);
  } finally {
    await thread.close();
  }
}
