import { CoreError } from '#core/errors.js';
import { rateLimited } from '#core/verifications/destination-caps.js';
import type { Mode } from '#core/tables.js';

/** Numbers of the sandbox whose codes come to nothing (rule 17): docs/sandbox.md has them all. */
const RATE_LIMITED = '+15005550050';
const WITHOUT_FUNDS = '+15005550051';
const EXPIRED = '+15005550052';
const LOCKED = '+15005550053';
/** Calls that are not answered by a person; their verifications end as those of real calls do. */
const UNHEARD = /^\+150055500(2\d|31|4\d)$/;

/** @throws CoreError `verification.rate_limited`, `verification.insufficient_funds` for the numbers that ask for it */
export function refuseTestNumber(mode: Mode, to: string): void {
  if (mode !== 'test') return;
  if (to === RATE_LIMITED) throw rateLimited('This number of the sandbox always had a code a moment ago.', 60);
  if (to === WITHOUT_FUNDS) throw noFunds();
}

/** What checking a code for a test number always says; undefined: the test code verifies. `fails`: as with a live one. */
export function fateOfCheck(to: string): 'expired' | 'locked' | 'fails' | undefined {
  if (to === EXPIRED) return 'expired';
  if (to === LOCKED) return 'locked';
  return UNHEARD.test(to) ? 'fails' : undefined;
}

/** The message is what documented clients compare. */
export function noFunds(): CoreError {
  return new CoreError('verification.insufficient_funds', 'insufficient_funds');
}
