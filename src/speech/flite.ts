/** The voices that come with the package: Flite, as WebAssembly, in a thread of its own. English only, no network. */
import type { Clock } from '#clock.js';
import type { FliteRequest } from '#speech/flite-worker.js';
import { ThreadCaller } from '#speech/thread-caller.js';
import { SpeechError, type Samples, type TextToSpeech } from '#speech/tts.js';
import { FLITE_VOICES } from '#speech/voices.js';

/** A sentence takes tens of milliseconds; this is for a machine that is on its knees. */
const TIMEOUT_MS = 20_000;
const MAX_WAITING = 1_000;

/** Resolves when the first sentence can be spoken without delay; rejects with `SpeechError` when it never will. */
export async function openFlite({ clock }: { clock: Clock }): Promise<TextToSpeech> {
  const thread = new ThreadCaller<FliteRequest, Samples>({
    script: new URL('./flite-worker.js', import.meta.url),
    clock,
    timeoutMs: TIMEOUT_MS,
    maxWaiting: MAX_WAITING,
    failure: (message) => new SpeechError(`flite: ${message}`),
  });
  try {
    await thread.call({ sentence: 'ready', native: 'slt', use: 'phone' });
  } catch (error) {
    await thread.close();
    throw error;
  }
  return {
    name: 'flite',
    voices: FLITE_VOICES,
    async synthesize(sentence, voice, use = 'phone') {
      if (!/[a-z0-9]/i.test(sentence)) throw new SpeechError('flite: nothing to speak');
      if (!FLITE_VOICES.some(({ native }) => native === voice.native)) {
        throw new SpeechError(`flite: no voice ${voice.native}`);
      }
      return thread.call({ sentence, native: voice.native, use });
    },
    close: () => thread.close(),
  };
}
