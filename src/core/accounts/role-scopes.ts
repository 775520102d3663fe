import { SCOPES, type Scope } from '#core/accounts/scopes.js';
import type { UserTable } from '#core/tables.js';

/**
 * What the key of a user may do at most, by their role. `*` is everything; what is left to owners is looked at where it
 * is done. `docs/users.md` is written from it.
 */
export const ROLE_SCOPES = {
  owner: ['*'],
  admin: ['*'],
  // Their own things are all in the phone system, which looks at each route; the rest is for everybody to read.
  member: ['phone-system:read', 'phone-system:write', 'contacts:read', 'numbers:read', 'limits:read'],
} as const satisfies Record<UserTable['role'], readonly Scope[]>;

/** What both the key and the role allow. */
export function scopesWithin(granted: readonly string[], role: UserTable['role']): string[] {
  const allowed: readonly string[] = ROLE_SCOPES[role];
  if (allowed.includes('*')) return [...granted];
  return granted.includes('*')
    ? [...allowed]
    : SCOPES.filter((scope) => [granted, allowed].every((of) => of.includes(scope)));
}
