import type { Transaction } from 'kysely';
import { nameOf, usesIn, type FlowProblem, type Named } from '#core/call-flow/index.js';
import { changeRouting, lockRouting } from '#core/routing/change-routing.js';
import { readRouting } from '#core/routing/read-routing.js';
import type { Core } from '#core/core.js';
import type { RoutingOwner } from '#core/routing/routing-change.js';
import { inUse } from '#core/routing/routing-draft.js';
import type { Tables } from '#core/tables.js';

/**
 * Who of an account's calls is led to something, as paths. For whoever removes it, in their transaction and before they
 * lock anything else: nobody leads to it any more until the commit.
 */
export async function usesOf(tx: Transaction<Tables>, owner: RoutingOwner, named: Named): Promise<FlowProblem[]> {
  await lockRouting(tx, owner);
  return usesIn(await readRouting({ db: tx }, owner), named);
}

/** @throws CoreError `routing.in_use` with who uses it */
export async function refuseIfUsed(tx: Transaction<Tables>, owner: RoutingOwner, named: Named): Promise<void> {
  await lockRouting(tx, owner);
  const configuration = await readRouting({ db: tx }, owner);
  const uses = usesIn(configuration, named);
  if (uses.length > 0) throw inUse(nameOf(configuration, named), uses);
}

/**
 * For the removal of a number, in its transaction: where it leads is no more, as a version of its own. One that the account
 * does not have is none of ours. @throws CoreError `routing.in_use` when groups show it
 */
export async function forgetNumber(
  core: Pick<Core, 'db' | 'clock'>,
  input: RoutingOwner & { number: string; author: string },
): Promise<void> {
  const { accountId, mode, number, author } = input;
  await changeRouting(core, { accountId, mode, author, summary: `Number ${number} removed` }, (draft) => {
    const { configuration } = draft;
    const id = [...configuration.numbers].find(([, e164]) => e164 === number)?.[0];
    if (id === undefined) return;
    const named = { type: 'number', id } as const;
    const uses = usesIn(configuration, named);
    if (uses.length > 0) throw inUse(nameOf(configuration, named), uses);
    if (draft.get('number', id) !== undefined) draft.remove('number', id);
  });
}
