import type { Selectable } from 'kysely';
import type { ApiAccessRequestTable } from '#core/tables.js';

/** Somebody asks for the API of an account. */
export interface AccessRequest {
  id: string;
  /** As they wrote it; which account that is, is decided by whoever grants it. */
  accountName: string;
  /** Once it was granted: the account that has access now. */
  accountId: string | null;
  name: string;
  email: string;
  useCase: string;
  status: 'waiting' | 'granted' | 'refused';
  createdAt: Date;
  decidedAt: Date | null;
}

export function toAccessRequest(row: Selectable<ApiAccessRequestTable>): AccessRequest {
  return {
    id: row.id,
    accountName: row.account_name,
    accountId: row.account_id,
    name: row.name,
    email: row.email,
    useCase: row.use_case,
    status: row.status,
    createdAt: row.created_at,
    decidedAt: row.decided_at,
  };
}
