import type { EndCause } from '#voice/engine.js';

/** What happens behind the simulated network when a number is called. */
export type SimulatedOutcome =
  /** Answers; presses `key` once it has listened for a moment; hangs up by itself after `hangUpAfterMs`. */
  | { kind: 'answers'; key?: string; hangUpAfterMs?: number }
  | { kind: 'refuses'; cause: EndCause; sipCode: number; sipReason: string }
  /** Rings and rings. */
  | { kind: 'no_answer' }
  /** No answer of any kind, not even a provisional one. */
  | { kind: 'unreachable' };

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
};

/** Digits 0001–0009 answer and press that key; other numbers, also outside the range, answer and only listen. */
export function outcomeOf(number: string): SimulatedOutcome {
  const digits = RANGE.exec(number)?.[1];
  if (digits === undefined) return { kind: 'answers' };
  if (/^000[1-9]$/.test(digits)) return { kind: 'answers', key: digits.slice(3) };
  return FIXED[digits] ?? { kind: 'answers' };
}
