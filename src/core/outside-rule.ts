import type { NoWay } from '#core/call-flow/index.js';
import { destinationAllowed } from '#core/calls/index.js';
import type { Core } from '#core/core.js';
import { withinStage } from '#core/numbers/index.js';
import { hasFeature } from '#core/plans/index.js';
import type { Mode } from '#core/tables.js';

/**
 * What speaks against calling a number outside for an account, whether a phone dials it or a call is passed on to it (rule 12): the
 * plan, the countries of the account's own numbers, its stage. Undefined: nothing. Never asked of calls for help.
 */
export async function whyNotOutside(
  { db }: Pick<Core, 'db'>,
  { accountId, mode, number }: { accountId: string; mode: Mode; number: string },
): Promise<Extract<NoWay, 'not_in_plan' | 'not_allowed' | 'not_verified'> | undefined> {
  if (!(await hasFeature({ db }, accountId, 'voice'))) return 'not_in_plan';
  if (!(await destinationAllowed(db, { accountId, mode, to: number }))) return 'not_allowed';
  return (await withinStage(db, { accountId, mode, numbers: [number] })).has(number) ? undefined : 'not_verified';
}
