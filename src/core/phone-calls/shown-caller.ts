import { isE164 } from '#core/address.js';
import type { CallerId, Diversion } from '#voice/engine.js';

/** Who calls, as those see it whom the call is led to. */
export interface CallerShown {
  /** E.164 or an extension; undefined: not shown. */
  number: string | undefined;
  name: string | undefined;
  /** The number of ours that was called; undefined: a phone of ours calls another. */
  called: string | undefined;
  /** What their network says of the number (`verstat` of ATIS-1000074). */
  verification?: string | undefined;
  /** The number of ours that is shown outside is not to be seen by whoever is called. */
  isHidden?: boolean | undefined;
}

/** What a phone of ours shows; `ours`: a number of ours instead of the caller's. */
export function shownInside({ number, name, called, verification }: CallerShown, ours: string | null): CallerId {
  const displayName = name === undefined ? {} : { displayName: name };
  if (ours !== null) return { number: ours, ...displayName };
  if (number === undefined) return { number: called ?? 'anonymous', private: true };
  return { number, ...displayName, ...(verification === undefined ? {} : { verstat: verification }) };
}

/**
 * What a telephone elsewhere shows (rule 14): the caller's number where the trunk carries it, else ours; and which number
 * of ours sent the call there.
 */
export function shownOutside(
  { number, called, isHidden }: CallerShown,
  ours: string | null,
  keepsCaller: boolean,
): { from: CallerId; diversion?: Diversion } {
  const hidden = isHidden === true ? { private: true } : {};
  // A phone that hides its number is not named by who sent the call on, either.
  const isDiverted = called !== undefined && isHidden !== true;
  const diversion = isDiverted ? { diversion: { number: called, reason: 'unconditional' as const } } : {};
  if (ours !== null) return { from: { number: ours, ...hidden }, ...diversion };
  if (number !== undefined && isE164(number) && keepsCaller) return { from: { number }, ...diversion };
  return { from: { number: called ?? number ?? 'anonymous', ...hidden }, ...diversion };
}
