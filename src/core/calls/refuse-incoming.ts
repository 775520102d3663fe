import type { ComingCall } from '#core/calls/taken-call.js';
import type { Core } from '#core/core.js';
import { mayBeEmergency } from '#core/dial-plan/index.js';
import type { Mode } from '#core/tables.js';

/** What a trunk or a phone is told when its call has no route (rule 9). Strangers never come so far. */
export const NO_ROUTE = 480;
/** There is one, and no room. */
export const BUSY = 486;
/** Not here, now: a trunk may know another server. */
export const UNAVAILABLE = 503;

/** Calls that came in and are looked at or spoken with at once, in one process. */
export const MOST_INCOMING = 200;
/** Of these, how many are being looked up and written down: each takes a connection of the database. */
export const MOST_LET_IN = 2;
/** Of those that may be calls for help, how many are asked at once whether they are: extensions look like it, too. */
export const MOST_ASKED = 4;

/** What speaks against looking any further at a call that comes in. */
export function refusalOf({ incoming, draining }: { incoming: number; draining: boolean }): number | undefined {
  if (draining) return UNAVAILABLE;
  return incoming >= MOST_INCOMING ? BUSY : undefined;
}

/** A phone of ours has dialled what is a number for help in some country (rule 11). */
export function mayBeHelp({ incoming: { origin, to } }: Pick<ComingCall, 'incoming'>): boolean {
  return origin.kind === 'phone' && mayBeEmergency(to);
}

/** So that nobody who calls is left waiting. */
export function refuseLeg(core: Pick<Core, 'engines'>, mode: Mode, leg: string, sipCode: number): void {
  core.engines[mode].send({ kind: 'hangup', leg, sipCode });
}
