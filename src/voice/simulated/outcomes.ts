import type { EndCause } from '#voice/engine.js';
import {
  ANNOUNCEMENT,
  FAX,
  MAILBOX,
  MAILBOX_LIKE_A_PERSON,
  MAILBOX_WITHOUT_BEEP,
  NOISE,
  SCREENING,
  SILENCE,
  type Answerer,
} from '#voice/simulated/answerers.js';

/** What happens behind the simulated network when a number is called. */
export type SimulatedOutcome =
  /** Answers; presses `key` once it has listened for a moment; hangs up by itself after `hangUpAfterMs`. A person, mostly. */
  | { kind: 'answers'; key?: string; hangUpAfterMs?: number; answerer?: Answerer }
  | { kind: 'refuses'; cause: EndCause; sipCode: number; sipReason: string; redirects?: string[] }
  /** Rings and rings. `callsBack`: some time after it was given up, the number that was shown is called. */
  | { kind: 'no_answer'; callsBack?: CallsBack }
  /** No answer of any kind, not even a provisional one. */
  | { kind: 'unreachable' };

/** Somebody who calls back: the key that is pressed once they have listened, and whether their number is withheld. */
export interface CallsBack {
  key?: string;
  hidden?: boolean;
  /** After our answer; by itself not at all. */
  hangUpAfterMs?: number;
}

/** How long somebody speaks who calls a person. */
const TALK_MS = 60_000;

/** The documented range: `+1500555` and four digits, of which the last four choose. Documented in docs/sandbox.md. */
const RANGE = /^\+1500555(\d{4})$/;

const FIXED: Record<string, SimulatedOutcome> = {
  '0010': { kind: 'answers', key: '0' },
  '0011': { kind: 'answers', key: '*' },
  '0012': { kind: 'answers', key: '#' },
  '0020': { kind: 'refuses', cause: 'busy', sipCode: 486, sipReason: 'Busy Here' },
  '0021': { kind: 'refuses', cause: 'rejected', sipCode: 603, sipReason: 'Decline' },
  '0022': { kind: 'no_answer' },
  '0023': { kind: 'refuses', cause: 'unallocated', sipCode: 404, sipReason: 'Not Found' },
  '0024': { kind: 'refuses', cause: 'carrier_error', sipCode: 500, sipReason: 'Server Internal Error' },
  '0025': { kind: 'unreachable' },
  '0026': { kind: 'answers', hangUpAfterMs: 2000 },
  '0027': { kind: 'refuses', cause: 'forbidden', sipCode: 403, sipReason: 'Forbidden' },
  '0028': { kind: 'refuses', cause: 'incompatible', sipCode: 488, sipReason: 'Not Acceptable Here' },
  '0030': { kind: 'refuses', ...movedTo('+15005550001') },
  '0031': { kind: 'refuses', ...movedTo('+442079460000') },
  '0032': { kind: 'no_answer', callsBack: { key: '9' } },
  '0033': { kind: 'no_answer', callsBack: { key: '9', hidden: true } },
  '0034': { kind: 'no_answer', callsBack: { hangUpAfterMs: TALK_MS } },
  '0035': { kind: 'no_answer', callsBack: { key: '1', hangUpAfterMs: TALK_MS } },
  '0036': { kind: 'no_answer', callsBack: { key: '2', hangUpAfterMs: TALK_MS } },
  '0037': { kind: 'no_answer', callsBack: { hangUpAfterMs: 5000 } },
  '0040': { kind: 'answers', answerer: MAILBOX },
  '0041': { kind: 'answers', answerer: MAILBOX_WITHOUT_BEEP },
  '0042': { kind: 'answers', answerer: MAILBOX_LIKE_A_PERSON },
  '0043': { kind: 'answers', answerer: FAX },
  '0044': { kind: 'answers', answerer: ANNOUNCEMENT },
  '0045': { kind: 'answers', answerer: SCREENING },
  '0046': { kind: 'answers', answerer: SILENCE },
  '0047': { kind: 'answers', answerer: NOISE },
  '0048': { kind: 'answers', answerer: MAILBOX, hangUpAfterMs: 6500 },
  '0049': { kind: 'answers', key: '1', answerer: SILENCE },
};

/** Digits 0001–0009 answer and press that key; other numbers, also outside the range, answer and only listen. */
export function outcomeOf(number: string): SimulatedOutcome {
  const digits = RANGE.exec(number)?.[1];
  if (digits === undefined) return { kind: 'answers' };
  if (/^000[1-9]$/.test(digits)) return { kind: 'answers', key: digits.slice(3) };
  return FIXED[digits] ?? { kind: 'answers' };
}

function movedTo(...redirects: string[]) {
  return { cause: 'redirected' as const, sipCode: 302, sipReason: 'Moved Temporarily', redirects };
}
