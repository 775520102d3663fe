import { isE164, type E164 } from '#core/address.js';
import type { EngineEvent } from '#voice/engine.js';

type LegIncoming = Extract<EngineEvent, { kind: 'leg.incoming' }>;
type Caller = Pick<LegIncoming, 'from' | 'caller'>;

/** In place of a number that its owner does not show. */
const ANONYMOUS = 'anonymous';
const MAX_CALLER_CHARACTERS = 64;
/** What ATIS-1000074 says of a number whose signature is wrong: somebody else's. */
const FORGED = /^TN-Validation-Failed/i;

/**
 * The number of whoever calls in, as their network vouches for it, else as they write it. Undefined where it is withheld,
 * is no number, or is said not to be theirs: then nothing is done in its name.
 */
export function callerNumber({ from, caller = {} }: Caller): E164 | undefined {
  if (caller.private === true || FORGED.test(caller.verstat ?? '')) return undefined;
  return [caller.asserted ?? '', from].find((number) => isE164(number));
}

/** What is kept of how the caller's network vouches for the number; nothing that would tell a number that they withhold. */
export interface Vouched {
  /** `verstat` of ATIS-1000074. */
  verification: string | undefined;
  /** Identity (RFC 8224): a signature over both numbers, which can be read in it. */
  identity: string | undefined;
}

export function vouchedFor({ caller = {} }: Pick<LegIncoming, 'caller'>): Vouched {
  return { verification: caller.verstat, identity: caller.private === true ? undefined : caller.identity };
}

/** What is shown of the caller; never a number that they withhold. */
export function shownCaller(call: Caller): string {
  if (call.caller?.private === true) return ANONYMOUS;
  return callerNumber(call) ?? (call.from.slice(0, MAX_CALLER_CHARACTERS) || ANONYMOUS);
}
