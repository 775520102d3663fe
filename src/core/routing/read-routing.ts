import type { FlowConfiguration } from '#core/call-flow/index.js';
import type { Core, Db } from '#core/core.js';
import type { RoutingOwner } from '#core/routing/routing-change.js';
import {
  followObjectRows,
  readObjectRows,
  readPeopleRows,
  readRoutingHead,
  toConfiguration,
  type RoutingRows,
} from '#core/routing/routing-rows.js';

export interface KeptRouting extends RoutingRows {
  configuration: FlowConfiguration;
}

/** Configurations of accounts that a process keeps; the one that was asked for longest ago goes first. */
const MOST_KEPT = 200;
const kept = new WeakMap<Db, Map<string, KeptRouting>>();

/**
 * All that decides where an account's calls lead, as it is now. Kept in the process: a call costs one look at two rows.
 * What is given is never changed, so that a call keeps what it began with. Inside a transaction it is read anew, with
 * what that transaction has done.
 */
export async function readRouting(core: Pick<Core, 'db'>, owner: RoutingOwner): Promise<FlowConfiguration> {
  return (await readKeptRouting(core.db, owner)).configuration;
}

/** The same with its rows, read by `via`: a transaction that has changed nothing yet. */
export async function readKeptRouting(db: Db, owner: RoutingOwner, via: Db = db): Promise<KeptRouting> {
  if (db.isTransaction) return readAgain(db, owner, undefined, { version: -1, stamp: '-' });
  const ofAll = kept.get(db) ?? new Map<string, KeptRouting>();
  kept.set(db, ofAll);
  const key = `${owner.accountId} ${owner.mode}`;
  const known = ofAll.get(key);
  const head = await readRoutingHead(via, owner);
  const isCurrent = known?.objects.version === head.version && known.people.stamp === head.stamp;
  const current = isCurrent ? known : await readAgain(via, owner, known, head);
  ofAll.delete(key);
  ofAll.set(key, current);
  for (const oldest of ofAll.keys()) {
    if (ofAll.size <= MOST_KEPT) break;
    ofAll.delete(oldest);
  }
  return current;
}

/** Reads only what is not known: an object that changed is not a reason to read who is there. */
async function readAgain(
  db: Db,
  owner: RoutingOwner,
  known: KeptRouting | undefined,
  head: { version: number; stamp: string },
): Promise<KeptRouting> {
  const people = known?.people.stamp === head.stamp ? known.people : await readPeopleRows(db, owner);
  const objects =
    known?.objects.version === head.version
      ? known.objects
      : ((known && (await followObjectRows(db, owner, known.objects, head.version))) ??
        (await readObjectRows(db, owner)));
  return { objects, people, configuration: toConfiguration(owner, objects, people) };
}
