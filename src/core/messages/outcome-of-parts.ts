import type { PartResult } from '#carriers/carrier.js';

/** What the carrier's answers make of a text. */
export type HandedOver =
  | { kind: 'sent' }
  /** Some part of it may have been accepted. */
  | { kind: 'unknown'; detail: string }
  | { kind: 'refused'; code: string; detail: string; otherCarrier: boolean }
  /** What is missing goes out again; the carrier is left alone for so long. */
  | { kind: 'again'; afterMs: number; code?: string; detail?: string };

/** Stands for all parts, where the carrier takes texts whole. */
export const WHOLE = 0;

/** When a carrier cannot be reached, or does not say how long to wait; and the most that it may ask for. */
const REST_MS = 1000;
const REST_MOST_MS = 3_600_000;

/** Each part with its answer; what has none may have left. */
export function answersOf(
  parts: readonly number[],
  results: readonly PartResult[],
): { part: number; result: PartResult }[] {
  const [only] = results;
  if (results.length === 1 && parts.length > 1 && only !== undefined) return [{ part: WHOLE, result: only }];
  return parts.map((part, index) => ({
    part,
    result: results[index] ?? { kind: 'unknown', detail: 'The carrier gave no answer for this part.' },
  }));
}

/** `begun`: parts of it were accepted before. */
export function outcomeOf(results: readonly PartResult[], begun: boolean): HandedOver {
  const [refused] = only(results, 'refused');
  const [unknown] = only(results, 'unknown');
  const someAccepted = begun || only(results, 'accepted').length > 0;
  if (refused !== undefined) {
    // What is with one carrier in part is not begun anew with another: the person would read it twice.
    return { ...refused, otherCarrier: !someAccepted && unknown === undefined };
  }
  if (unknown !== undefined) return unknown;
  const throttled = only(results, 'throttled');
  const [unreachable] = only(results, 'unreachable');
  const [first] = throttled;
  if (first !== undefined) {
    const asked = Math.max(...throttled.map(({ retryAfterMs }) => retryAfterMs));
    return { kind: 'again', afterMs: Math.min(Math.max(asked, 1), REST_MOST_MS), code: first.code };
  }
  if (unreachable !== undefined) return { kind: 'again', afterMs: REST_MS, detail: unreachable.detail };
  return { kind: 'sent' };
}

function only<Kind extends PartResult['kind']>(results: readonly PartResult[], kind: Kind) {
  return results.filter((result): result is Extract<PartResult, { kind: Kind }> => result.kind === kind);
}
