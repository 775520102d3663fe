import { sql, type SelectQueryBuilder } from 'kysely';
import type { RoutingBodies, RoutingKind } from '#core/call-flow/index.js';
import type { Core } from '#core/core.js';
import type { RoutingOwner } from '#core/routing/routing-change.js';
import { routingNotFound } from '#core/routing/routing-draft.js';
import type { Tables } from '#core/tables.js';

export interface RoutingObject<Kind extends RoutingKind> {
  id: number;
  body: RoutingBodies[Kind];
  createdAt: Date;
  updatedAt: Date;
}

export interface ObjectPage {
  /** From 1. */
  page: number;
  pageSize: number;
  /** Part of a name, a number or a description, in any case. */
  search?: string | undefined;
  /** Of this user alone. */
  userId?: string | undefined;
}

/** One page of the objects of a kind, the oldest first. */
export async function listObjects<Kind extends RoutingKind>(
  core: Pick<Core, 'db'>,
  owner: RoutingOwner,
  kind: Kind,
  { page, pageSize, search, userId }: ObjectPage,
): Promise<{ items: RoutingObject<Kind>[]; total: number }> {
  const all = ofKind(core, owner, kind);
  const theirs = userId === undefined ? all : all.where(sql`body->>'userId'`, '=', userId);
  const found = theirs.$if(search !== undefined, (query) =>
    query.where(
      sql`concat_ws(' ', body->>'name', body->>'number', body->>'description')`,
      'ilike',
      `%${(search ?? '').replace(/[\\%_]/g, '\\$&')}%`,
    ),
  );
  const { total } = await found.select(({ fn }) => fn.countAll<number>().as('total')).executeTakeFirstOrThrow();
  const rows = await found
    .select(['id', 'body', 'created_at', 'updated_at'])
    .orderBy('id')
    .limit(pageSize)
    .offset((page - 1) * pageSize)
    .execute();
  return { items: rows.map((row) => present<Kind>(row)), total };
}

/** @throws CoreError `routing.not_found` */
export async function findObject<Kind extends RoutingKind>(
  core: Pick<Core, 'db'>,
  owner: RoutingOwner,
  kind: Kind,
  id: number,
): Promise<RoutingObject<Kind>> {
  const row = await ofKind(core, owner, kind)
    .select(['id', 'body', 'created_at', 'updated_at'])
    .where('id', '=', id)
    .executeTakeFirst();
  if (row === undefined) throw routingNotFound(kind, id);
  return present<Kind>(row);
}

function ofKind(
  { db }: Pick<Core, 'db'>,
  { accountId, mode }: RoutingOwner,
  kind: RoutingKind,
): SelectQueryBuilder<Tables, 'routing_objects', object> {
  return db
    .selectFrom('routing_objects')
    .where('account_id', '=', accountId)
    .where('mode', '=', mode)
    .where('kind', '=', kind);
}

function present<Kind extends RoutingKind>(row: {
  id: number;
  body: unknown;
  created_at: Date;
  updated_at: Date;
}): RoutingObject<Kind> {
  return {
    id: row.id,
    body: row.body as RoutingBodies[Kind],
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
