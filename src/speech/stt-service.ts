/** What the services that hear have in common. */
import type { Clock } from '#clock.js';
import type { Fetch } from '#speech/provider-http.js';
import { SttError } from '#speech/stt.js';

export interface HearingService {
  /** Without a trailing slash. */
  url: string;
  key: string | undefined;
  model: string;
  clock: Clock;
  fetch?: Fetch;
}

/** Ten minutes of sound on a small server of one's own. */
export const HEARING_WITHIN_MS = 120_000;
export const HEARING_AT_ONCE = 4;

/** @throws SttError */
export function parseAnswer(name: string, bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString()) as unknown;
  } catch {
    throw new SttError(`${name}: its answer is not JSON`);
  }
}

/** A transcript as the port wants it. @throws SttError */
export function oneLine(name: string, text: unknown): string {
  if (typeof text !== 'string') throw new SttError(`${name}: there is no transcript in its answer`);
  return text.replaceAll(/\s+/g, ' ').trim();
}
