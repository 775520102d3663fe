import type { Transaction } from 'kysely';
import type { Mode, Tables } from '#core/tables.js';

/** The last call or text to a person from one of our numbers: what they answer. */
export interface Outreach {
  id: string;
  webhookUrl: string | null;
  dialect: string;
  metadata: Record<string, unknown> | null;
}

/** Of those that have left by then; answers of the platform itself do not count. */
export async function lastOutreach(
  tx: Transaction<Tables>,
  { accountId, mode, person, number, at }: { accountId: string; mode: Mode; person: string; number: string; at: Date },
): Promise<Outreach | undefined> {
  const text = await tx
    .selectFrom('messages')
    .select(['id', 'webhook_url', 'dialect', 'metadata', 'sending_at as left_at'])
    .where('account_id', '=', accountId)
    .where('mode', '=', mode)
    .where('to_address', '=', person)
    .where('from_address', '=', number)
    .where('direction', '=', 'out')
    .where('confirmation', '=', false)
    .where('sending_at', '<=', at)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  const call = await tx
    .selectFrom('calls')
    .select(['id', 'webhook_url', 'dialect', 'metadata', 'dialing_at as left_at'])
    .where('account_id', '=', accountId)
    .where('mode', '=', mode)
    .where('to_number', '=', person)
    .where('from_number', '=', number)
    .where('dialing_at', '<=', at)
    .where('purpose', '<>', 'verification')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  const [last] = [text, call]
    .filter((one) => one !== undefined)
    .sort((one, other) => Number(other.left_at) - Number(one.left_at));
  return last && { id: last.id, webhookUrl: last.webhook_url, dialect: last.dialect, metadata: last.metadata };
}
