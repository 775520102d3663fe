import { sql } from 'kysely';
import {
  DEFAULT_SETTINGS,
  type FlowConfiguration,
  type FlowPhone,
  type FlowUser,
  type RoutingBodies,
  type RoutingKind,
} from '#core/call-flow/index.js';
import type { Db } from '#core/core.js';
import type { RoutingChange, RoutingOwner } from '#core/routing/routing-change.js';

/** Versions behind the newest from which it is reached by following the changes. */
const MOST_FOLLOWED = 20;

/** The objects of an account as they are kept, by kind and id, at one version. */
export interface ObjectRows {
  version: number;
  bodies: ReadonlyMap<RoutingKind, ReadonlyMap<number, unknown>>;
}

/** What is not versioned, as of one stamp. */
export interface PeopleRows extends Pick<FlowConfiguration, 'numbers' | 'users' | 'phones' | 'sounds'> {
  stamp: string;
}

/** All of it. */
export interface RoutingRows {
  objects: ObjectRows;
  people: PeopleRows;
}

/** What a kept configuration is told by: two lookups by primary key. */
export async function readRoutingHead(db: Db, owner: RoutingOwner): Promise<{ version: number; stamp: string }> {
  const { accountId, mode } = owner;
  const { rows } = await sql<{ version: number; stamp: string }>`
    select coalesce((select max(version) from routing_versions where account_id = ${accountId} and mode = ${mode}), 0) as version,
      coalesce((select stamp from routing_stamps where account_id = ${accountId} and mode = ${mode}), '') as stamp`.execute(
    db,
  );
  return rows[0] ?? { version: 0, stamp: '' };
}

/** All objects and the version that they are of, in one statement, so that they belong together. */
export async function readObjectRows(db: Db, owner: RoutingOwner): Promise<ObjectRows> {
  const { accountId, mode } = owner;
  const { rows } = await sql<{ version: number; kind: RoutingKind | null; id: number; body: unknown }>`
    select head.version, o.kind, o.id, o.body
    from (select coalesce(max(version), 0) as version from routing_versions
      where account_id = ${accountId} and mode = ${mode}) head
    left join routing_objects o on o.account_id = ${accountId} and o.mode = ${mode}
    order by o.kind, o.id`.execute(db);
  const bodies = new Map<RoutingKind, Map<number, unknown>>();
  for (const { kind, id, body } of rows) {
    if (kind === null) continue;
    const ofKind = bodies.get(kind) ?? new Map<number, unknown>();
    bodies.set(kind, ofKind.set(id, body));
  }
  return { version: rows[0]?.version ?? 0, bodies };
}

/** The same objects at a later version, by the changes in between; undefined: they are too many, or not all there. */
export async function followObjectRows(
  db: Db,
  owner: RoutingOwner,
  from: ObjectRows,
  to: number,
): Promise<ObjectRows | undefined> {
  if (to <= from.version || to - from.version > MOST_FOLLOWED) return undefined;
  const versions = await db
    .selectFrom('routing_versions')
    .select('changes')
    .where('account_id', '=', owner.accountId)
    .where('mode', '=', owner.mode)
    .where('version', '>', from.version)
    .where('version', '<=', to)
    .orderBy('version')
    .execute();
  if (versions.length !== to - from.version) return undefined;
  return {
    version: to,
    bodies: applyChanges(
      from.bodies,
      versions.flatMap(({ changes }) => changes),
    ),
  };
}

export function applyChanges(bodies: ObjectRows['bodies'], changes: readonly RoutingChange[]): ObjectRows['bodies'] {
  const changed = new Map(bodies);
  const copied = new Map<RoutingKind, Map<number, unknown>>();
  for (const { kind, id, after } of changes) {
    const ofKind = copied.get(kind) ?? new Map(changed.get(kind));
    copied.set(kind, ofKind);
    changed.set(kind, ofKind);
    if (after === null) ofKind.delete(id);
    else ofKind.set(id, after);
  }
  return changed;
}

/** Who and what else calls can be led to, and the stamp that it is of, in one statement. */
export async function readPeopleRows(db: Db, owner: RoutingOwner): Promise<PeopleRows> {
  const { accountId, mode } = owner;
  type Row =
    | { what: 'stamp'; id: string; about: null }
    | { what: 'number'; id: string; about: { name: string } }
    | { what: 'sound'; id: string; about: null }
    | { what: 'user'; id: string; about: FlowUser }
    | { what: 'phone'; id: string; about: FlowPhone };
  const { rows } = await sql<Row>`
    select 'stamp' as what, coalesce(max(stamp), '') as id, null::json as about
      from routing_stamps where account_id = ${accountId} and mode = ${mode}
    union all select 'number', id::text, json_build_object('name', number)
      from numbers where account_id = ${accountId} and mode = ${mode} and kind = 'e164'
    union all select 'sound', id::text, null
      from sounds where account_id = ${accountId} and mode = ${mode}
    union all select 'user', id, json_build_object('name', name, 'phones', phones)
      from users where account_id = ${accountId} and mode = ${mode}
    union all select 'phone', name, json_build_object(
        'doNotDisturb', do_not_disturb, 'callWaiting', call_waiting, 'forwardTo', forward_to, 'callerId', caller_id)
      from phones where account_id = ${accountId} and ${mode} = 'live'`.execute(db);
  const people = {
    stamp: '',
    numbers: new Map<number, string>(),
    users: new Map<string, FlowUser>(),
    phones: new Map<string, FlowPhone>(),
    sounds: new Set<number>(),
  };
  for (const row of rows) {
    if (row.what === 'stamp') people.stamp = row.id;
    else if (row.what === 'number') people.numbers.set(Number(row.id), row.about.name);
    else if (row.what === 'user') people.users.set(row.id, row.about);
    else if (row.what === 'phone') people.phones.set(row.id, row.about);
    else people.sounds.add(Number(row.id));
  }
  return people;
}

export function toConfiguration(owner: RoutingOwner, rows: ObjectRows, people: PeopleRows): FlowConfiguration {
  const all = <Kind extends RoutingKind>(kind: Kind): ReadonlyMap<number, RoutingBodies[Kind]> =>
    (rows.bodies.get(kind) ?? new Map()) as ReadonlyMap<number, RoutingBodies[Kind]>;
  return {
    version: rows.version,
    objects: {
      number: all('number'),
      menu: all('menu'),
      ring_group: all('ring_group'),
      extension: all('extension'),
      forwarding_number: all('forwarding_number'),
      forwarding_schedule: all('forwarding_schedule'),
      mailbox: all('mailbox'),
    },
    hours: all('hours').get(0),
    settings: { ...DEFAULT_SETTINGS, ...all('settings').get(0) },
    numbers: people.numbers,
    users: people.users,
    phones: people.phones,
    sounds: people.sounds,
    sandbox: owner.mode === 'test',
  };
}
