import { sql } from 'kysely';
import type { RoutingKind } from '#core/call-flow/index.js';
import type { Core, Db } from '#core/core.js';
import { inTransaction } from '#core/in-transaction.js';
import { changeRouting, lockRouting } from '#core/routing/change-routing.js';
import { findVersion, versionNotFound, type RoutingVersion } from '#core/routing/list-versions.js';
import { readRoutingHead } from '#core/routing/routing-rows.js';
import type { RoutingOwner } from '#core/routing/routing-change.js';

/**
 * Brings back what held after a version, 0 being the beginning, as a new version of its own, checked like any other: it
 * is refused, for example, when somebody has left to whom calls would lead again.
 * @returns the new version, or the newest where there was nothing to bring back
 * @throws CoreError `routing.not_found`, `routing.refused`
 */
export async function rollBack(
  core: Pick<Core, 'db' | 'clock'>,
  input: RoutingOwner & { author: string },
  version: number,
): Promise<RoutingVersion> {
  return inTransaction(core.db, async (tx) => {
    await lockRouting(tx, input);
    const head = await readRoutingHead(tx, input);
    if (version < 0 || version > head.version || head.version === 0) throw versionNotFound(version);
    const summary = version === 0 ? 'Back to the beginning' : `Back to version ${version}`;
    const objects = await readObjectsAt(tx, input, version);
    await changeRouting({ db: tx, clock: core.clock }, { ...input, summary, rolledBackTo: version }, (draft) => {
      for (const { kind, id, before } of objects) {
        // A number that has left the account does not come back with where it led.
        if (kind === 'number' && !draft.configuration.numbers.has(id)) continue;
        draft.restore(kind, id, before);
      }
    });
    return findVersion({ db: tx }, input, (await readRoutingHead(tx, input)).version);
  });
}

/** What each object that was changed since was at that version: what the first change after it found. */
async function readObjectsAt(
  db: Db,
  { accountId, mode }: RoutingOwner,
  version: number,
): Promise<{ kind: RoutingKind; id: number; before: unknown }[]> {
  const { rows } = await sql<{ kind: RoutingKind; id: number; before: unknown }>`
    select distinct on (c.kind, c.id) c.kind, c.id, c.before
    from routing_versions v, jsonb_to_recordset(v.changes) as c(kind text, id bigint, before jsonb)
    where v.account_id = ${accountId} and v.mode = ${mode} and v.version > ${version}
    order by c.kind, c.id, v.version`.execute(db);
  return rows;
}
