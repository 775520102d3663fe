import { sql } from 'kysely';
import type { Core } from '#core/core.js';
import { NODE_LOCK } from '#jobs/node-lease.js';

/** Imports of dead nodes wait again, to be read from the beginning. A node is dead when nobody holds its advisory lock. */
export async function reconcileImports(core: Pick<Core, 'db' | 'node' | 'wake' | 'log'>): Promise<void> {
  const { rows } = await sql<{ id: string }>`
    update imports set status = 'queued', node_id = null, started_at = null, applying_at = null, bytes_read = 0,
      rows_read = 0, rows_refused = 0
    where status = 'running' and id in (
      select id from imports
      where status = 'running' and node_id <> ${core.node} and pg_try_advisory_xact_lock(${NODE_LOCK}, node_id))
    returning id`.execute(core.db);
  if (rows.length === 0) return;
  core.log.warn({ imports: rows.map(({ id }) => id) }, 'imports of a process that died begin anew');
  core.wake.imports();
}
