import { sql } from 'kysely';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import type { RoutingChange, RoutingOwner } from '#core/routing/routing-change.js';

export interface RoutingVersion {
  version: number;
  author: string;
  summary: string;
  /** How many objects it changed. */
  objects: number;
  /** The version whose state it brought back. */
  rolledBackTo: number | undefined;
  createdAt: Date;
}

/** One page of the changes, the newest first. */
export async function listVersions(
  core: Pick<Core, 'db'>,
  owner: RoutingOwner,
  { page, pageSize }: { page: number; pageSize: number },
): Promise<{ items: RoutingVersion[]; total: number }> {
  // Versions are numbered without a gap.
  const { total } = await select(core, owner)
    .clearSelect()
    .select(({ fn }) => fn.coalesce(fn.max('version'), sql<number>`0`).as('total'))
    .executeTakeFirstOrThrow();
  const rows = await select(core, owner)
    .orderBy('version', 'desc')
    .limit(pageSize)
    .offset((page - 1) * pageSize)
    .execute();
  return { items: rows.map(present), total };
}

/** One change, with what each object was before it and after it. @throws CoreError `routing.not_found` */
export async function findVersion(
  core: Pick<Core, 'db'>,
  owner: RoutingOwner,
  version: number,
): Promise<RoutingVersion & { changes: RoutingChange[] }> {
  const row = await select(core, owner).select('changes').where('version', '=', version).executeTakeFirst();
  if (row === undefined) throw versionNotFound(version);
  return { ...present(row), changes: row.changes };
}

export function versionNotFound(version: number): CoreError {
  return new CoreError('routing.not_found', `There is no version ${version}.`, { field: 'version' });
}

function select({ db }: Pick<Core, 'db'>, { accountId, mode }: RoutingOwner) {
  return db
    .selectFrom('routing_versions')
    .select(['version', 'author', 'summary', 'rolled_back_to', 'created_at'])
    .select(sql<number>`jsonb_array_length(changes)`.as('objects'))
    .where('account_id', '=', accountId)
    .where('mode', '=', mode);
}

function present(row: {
  version: number;
  author: string;
  summary: string;
  objects: number;
  rolled_back_to: number | null;
  created_at: Date;
}): RoutingVersion {
  return {
    version: row.version,
    author: row.author,
    summary: row.summary,
    objects: row.objects,
    rolledBackTo: row.rolled_back_to ?? undefined,
    createdAt: row.created_at,
  };
}
