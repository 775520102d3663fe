import smpp from 'smpp';
import type { PartResult } from '#carriers/carrier.js';

const NAMES = new Map(Object.entries(smpp.errors).map(([name, code]) => [code, name]));
/** Version 3.4 calls these otherwise than the library does, which has the names of 5.0. */
NAMES.set(0xc0, 'ESME_RINVOPTPARSTREAM').set(0xc1, 'ESME_ROPTPARNOTALLWD').set(0xc2, 'ESME_RINVPARLEN');
NAMES.set(0xc3, 'ESME_RMISSINGOPTPARAM').set(0xc4, 'ESME_RINVOPTPARAMVAL');

/** Too fast: the whole connection waits. */
const TOO_FAST = new Set(['ESME_RTHROTTLED', 'ESME_RMSGQFUL']);
/** Trouble of the carrier's own, that passes: this part waits. What is not named here is refused for good. */
const TEMPORARY = new Set(['ESME_RSYSERR', 'ESME_RX_T_APPN', 'ESME_RINVBNDSTS']);
const TEMPORARY_MS = 10_000;

/** A command_status as the specification names it (SMPP 3.4, 5.1.3), or `0x00000481` for a carrier's own. */
export function statusName(status: number): string {
  return NAMES.get(status) ?? `0x${status.toString(16).padStart(8, '0')}`;
}

/** Whether the carrier asks us to go more slowly. */
export function isTooFast(status: number): boolean {
  return TOO_FAST.has(statusName(status));
}

/** What an answer other than ESME_ROK means for the part. `waitMs`: how long the connection waits if it was too fast. */
export function refusal(status: number, waitMs: number): PartResult {
  const code = statusName(status);
  if (TOO_FAST.has(code)) return { kind: 'throttled', code, retryAfterMs: waitMs };
  if (TEMPORARY.has(code)) return { kind: 'throttled', code, retryAfterMs: TEMPORARY_MS };
  return { kind: 'refused', code, detail: `the carrier answered ${code}` };
}
