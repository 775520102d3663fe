import type { Kysely } from 'kysely';
import type { Purpose } from '#core/purpose.js';
import type { Mode, Tables } from '#core/tables.js';

/** Which entries of the ledger stop a call of this purpose (rule 3); an empty list: none does. */
export function stoppingScopes(purpose: Purpose): ('outreach' | 'all')[] {
  switch (purpose) {
    case 'transactional':
    case 'marketing':
      return ['outreach', 'all'];
    case 'verification':
    case 'person':
      return ['all'];
    case 'emergency':
    case 'internal_leg':
      return [];
  }
}

/** Whether the ledger stops a voice call of this purpose to this address now. Asked at every dial. */
export async function isSuppressed(
  db: Kysely<Tables>,
  call: { accountId: string; mode: Mode; address: string; purpose: Purpose },
): Promise<boolean> {
  const scopes = stoppingScopes(call.purpose);
  if (scopes.length === 0) return false;
  const row = await db
    .selectFrom('suppressions')
    .select('id')
    .where('account_id', '=', call.accountId)
    .where('mode', '=', call.mode)
    .where('address', '=', call.address)
    .where('scope', 'in', scopes)
    .where('channel', 'in', ['all', 'voice'])
    .where('lifted_at', 'is', null)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}
