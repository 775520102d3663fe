import type { Selectable } from 'kysely';
import { namesOf } from '#core/people/user-names.js';
import type { Mode, UserTable } from '#core/tables.js';

/** Whose people: those of one account in one mode never meet others. */
export interface PeopleOwner {
  accountId: string;
  mode: Mode;
}

export const ROLES = ['owner', 'admin', 'member'] as const;
export type Role = (typeof ROLES)[number];

/** Somebody of the account, reachable on phones. */
export interface User {
  id: string;
  name: string;
  firstName: string;
  /** Empty: there is none. */
  lastName: string;
  email: string | undefined;
  role: Role;
  /** Names of phones; in test mode also simulated numbers. They all ring when the user is called. */
  phones: string[];
  createdAt: Date;
  updatedAt: Date;
}

export function toUser(row: Selectable<UserTable>): User {
  return {
    id: row.id,
    name: row.name,
    ...namesOf(row),
    email: row.email ?? undefined,
    role: row.role,
    phones: row.phones,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
