import { HttpProblem } from '#apis/http/problem.js';
import type { Caller } from '#core/accounts/index.js';

/** This door's names for the roles of core, which are those of its users' objects, too. */
export const ROLE_NAMES = { owner: 'owner', admin: 'manager', member: 'user' } as const;

/** Keys of the account itself may what its owners may. @throws HttpProblem `forbidden_role` */
export function requireManager(auth: Pick<Caller, 'user'>): void {
  if (auth.user?.role === 'member') throw forbidden('This is for owners and managers of the account.');
}

/** @throws HttpProblem `forbidden_role` */
export function requireOwner(auth: Pick<Caller, 'user'>): void {
  if (auth.user !== undefined && auth.user.role !== 'owner') throw forbidden('This is for owners of the account.');
}

/** The user who reads and changes only what is their own; undefined: somebody who sees all of the account. */
export function ownUser(auth: Pick<Caller, 'user'>): { id: string; name: string } | undefined {
  return auth.user?.role === 'member' ? auth.user : undefined;
}

/** For something that is another's, where `ownUser` gives somebody. */
export function notYours(what: string): HttpProblem {
  return forbidden(`This is not ${what} of yours.`);
}

/** For what is the same in the sandbox and outside (rule 20). @throws HttpProblem `forbidden_role` */
export function requireLive(auth: Pick<Caller, 'mode'>): void {
  if (auth.mode === 'test') throw forbidden('A test key changes nothing of the account itself: use a live key.');
}

function forbidden(message: string): HttpProblem {
  return new HttpProblem('forbidden_role', message);
}
