import type { Core } from '#core/core.js';

/**
 * Hangs up one automated call on a trunk whose channels are all taken, so that a call for help finds one (rule 11): a
 * campaign's first, and of those the latest. Calls between people stay. Gives its id; undefined: there was room, or none.
 */
export async function freeChannel(core: Pick<Core, 'db' | 'hangUp'>, trunkId: string): Promise<string | undefined> {
  const trunk = await core.db.selectFrom('trunks').select('channels').where('id', '=', trunkId).executeTakeFirst();
  const calls = await core.db
    .selectFrom('calls')
    .select(['id', 'purpose', 'priority'])
    .where('trunk_id', '=', trunkId)
    .where('node_id', 'is not', null)
    .orderBy('priority', 'desc')
    .orderBy('id', 'desc')
    .execute();
  const seats = await core.db.selectFrom('trunk_seats').select('leg').where('trunk_id', '=', trunkId).execute();
  // The call for help itself is among them.
  if (trunk === undefined || calls.length + seats.length <= trunk.channels) return undefined;
  const automated = calls.find(({ purpose }) => !BETWEEN_PEOPLE.includes(purpose));
  if (automated !== undefined) core.hangUp(automated.id);
  return automated?.id;
}

const BETWEEN_PEOPLE = ['emergency', 'person', 'internal_leg'];
