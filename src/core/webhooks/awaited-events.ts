import { sql, type Transaction } from 'kysely';
import type { Core } from '#core/core.js';
import type { EventType } from '#core/events.js';
import type { Site } from '#core/sites/index.js';
import type { Tables } from '#core/tables.js';

/** Whose endpoints must have taken an event of this type before what follows from it happens. */
export function dialectsAwaiting({ dialects }: Pick<Core, 'dialects'>, type: EventType): string[] {
  return Object.keys(dialects).filter((name) => dialects[name]?.awaited?.includes(type));
}

/** Whether anybody would be told of an event of this type at all. */
export async function isHeard(
  tx: Transaction<Tables>,
  { id, accountId, mode }: Pick<Site, 'id' | 'accountId' | 'mode'>,
  type: EventType,
): Promise<boolean> {
  const endpoint = await tx
    .selectFrom('webhook_endpoints')
    .select('id')
    .where('account_id', '=', accountId)
    .where('mode', '=', mode)
    .where('site_id', '=', id)
    .where('enabled', '=', true)
    .where(sql<boolean>`${type} = any(event_types)`)
    .limit(1)
    .executeTakeFirst();
  return endpoint !== undefined;
}

/** Whether an event that was just published must be taken first: by one of those who are told of it. */
export async function isAwaited(
  tx: Transaction<Tables>,
  core: Pick<Core, 'dialects'>,
  { id, type }: { id: string; type: EventType },
): Promise<boolean> {
  const dialects = dialectsAwaiting(core, type);
  if (dialects.length === 0) return false;
  const delivery = await tx
    .selectFrom('deliveries')
    .select('id')
    .where('event_id', '=', id)
    .where('dialect', 'in', dialects)
    .limit(1)
    .executeTakeFirst();
  return delivery !== undefined;
}
