import { sql } from 'kysely';
import type { FlowConfiguration, FlowMemory } from '#core/call-flow/index.js';
import type { Core } from '#core/core.js';
import type { RoutingOwner } from '#core/routing/routing-change.js';

/** What groups remember of before, as far as any group of the configuration asks for it. */
export async function readTurns(
  core: Pick<Core, 'db'>,
  owner: RoutingOwner,
  configuration: FlowConfiguration,
): Promise<FlowMemory> {
  const groups = [...configuration.objects.ring_group]
    .filter(([, { strategy }]) => strategy === 'round_robin' || strategy === 'least_recent')
    .map(([id]) => id);
  if (groups.length === 0) return { turns: () => undefined };
  const rows = await core.db
    .selectFrom('ring_group_turns')
    .select(['group_id', 'device_id', 'rung_at', 'answered_at'])
    .where('account_id', '=', owner.accountId)
    .where('mode', '=', owner.mode)
    .where('group_id', 'in', groups)
    .execute();
  const turns = new Map(
    rows.map((row) => [
      `${row.group_id} ${row.device_id}`,
      { rungAt: row.rung_at, answeredAt: row.answered_at ?? undefined },
    ]),
  );
  return { turns: (groupId, deviceId) => turns.get(`${groupId} ${deviceId}`) };
}

/** Writes down that a device of a group was rung, or that it answered. An older moment never undoes a later one. */
export async function recordTurn(
  core: Pick<Core, 'db'>,
  owner: RoutingOwner,
  turn: { groupId: number; deviceId: number; rungAt: Date; answeredAt?: Date },
): Promise<void> {
  const { groupId, deviceId, rungAt, answeredAt } = turn;
  await core.db
    .insertInto('ring_group_turns')
    .values({
      account_id: owner.accountId,
      mode: owner.mode,
      group_id: groupId,
      device_id: deviceId,
      rung_at: rungAt,
      answered_at: answeredAt ?? null,
    })
    .onConflict((conflict) =>
      conflict.columns(['account_id', 'mode', 'group_id', 'device_id']).doUpdateSet({
        rung_at: sql`greatest(ring_group_turns.rung_at, excluded.rung_at)`,
        // greatest() passes nulls over.
        answered_at: sql`greatest(ring_group_turns.answered_at, excluded.answered_at)`,
      }),
    )
    .execute();
}
