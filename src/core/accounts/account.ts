import type { Selectable } from 'kysely';
import { effectiveLimits, type Limits } from '#core/accounts/limits.js';
import type { AccountTable } from '#core/tables.js';

/** Who owns numbers, calls and keys. */
export interface Account {
  id: string;
  name: string;
  /** The host part of the addresses of its phones. */
  domain: string;
  /** `development`: it reaches its own and verified numbers only. */
  stage: 'development' | 'production';
  /** Where its owners are written to; null: nowhere. */
  email: string | null;
  /** IANA. */
  timeZone: string;
  /** False: every key of it gets 403. */
  apiEnabled: boolean;
  /** All of them: the default where nothing else was set. */
  limits: Limits;
  createdAt: Date;
}

export function toAccount(row: Selectable<AccountTable>): Account {
  return {
    id: row.id,
    name: row.name,
    domain: row.domain,
    stage: row.stage,
    email: row.email,
    timeZone: row.time_zone,
    apiEnabled: row.api_enabled,
    limits: effectiveLimits(row.limits),
    createdAt: row.created_at,
  };
}
