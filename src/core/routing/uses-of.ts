import type { Transaction } from 'kysely';
import { nameOf, usesIn, type Named } from '#core/call-flow/index.js';
import { changeRouting, lockRouting } from '#core/routing/change-routing.js';
import { readRouting } from '#core/routing/read-routing.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import type { RoutingOwner } from '#core/routing/routing-change.js';
import { inUse, type Replaceable } from '#core/routing/routing-draft.js';
import type { Tables } from '#core/tables.js';

/** @throws CoreError `routing.in_use` with who uses it */
export async function refuseIfUsed(tx: Transaction<Tables>, owner: RoutingOwner, named: Named): Promise<void> {
  await lockRouting(tx, owner);
  const configuration = await readRouting({ db: tx }, owner);
  const uses = usesIn(configuration, named);
  if (uses.length > 0) throw inUse(nameOf(configuration, named), uses);
}

/**
 * For the removal of a phone or a sound, in its transaction: with a replacement whatever uses it uses that from now on, as a
 * version of its own; without one it is refused.
 * @throws CoreError `routing.in_use`, `routing.refused` (there is no such replacement), `routing.bad_input`
 */
export async function replaceOrRefuse(
  core: { db: Transaction<Tables>; clock: Core['clock'] },
  input: RoutingOwner & { author: string },
  named: Replaceable,
  replacement: Replaceable['id'] | undefined,
): Promise<void> {
  const { accountId, mode, author } = input;
  if (replacement !== undefined) {
    refuseItself(named, replacement);
    const summary = `Another ${named.type} in place of one that is removed`;
    await changeRouting(core, { accountId, mode, author, summary }, (draft) => draft.replaceNamed(named, replacement));
  }
  await refuseIfUsed(core.db, { accountId, mode }, named);
}

function refuseItself({ type, id }: Replaceable, replacement: string | number): void {
  if (id !== replacement) return;
  const field = type === 'sound' ? 'replacementId' : 'replacement';
  throw new CoreError('routing.bad_input', 'What is removed cannot replace itself.', { field });
}

/**
 * For the removal of a number, in its transaction: where it leads is no more, as a version of its own. One that the account
 * does not have is none of ours. Groups that show it show `replacement` from now on.
 * @throws CoreError `routing.in_use` when groups show it, `routing.bad_input`
 */
export async function forgetNumber(
  core: Pick<Core, 'db' | 'clock'>,
  input: RoutingOwner & { number: string; replacement?: string | undefined; author: string },
): Promise<void> {
  const { accountId, mode, number, replacement, author } = input;
  await changeRouting(core, { accountId, mode, author, summary: `Number ${number} removed` }, (draft) => {
    const { configuration } = draft;
    const idOf = (wanted: string): number | undefined =>
      [...configuration.numbers].find(([, e164]) => e164 === wanted)?.[0];
    const id = idOf(number);
    if (id === undefined) return;
    const named = { type: 'number', id } as const;
    if (replacement !== undefined) {
      const other = idOf(replacement);
      if (other === undefined || other === id) {
        throw new CoreError('routing.bad_input', `There is no other number ${replacement} of the account.`, {
          field: 'replacement',
        });
      }
      draft.replaceNamed(named, other);
    }
    const uses = usesIn(draft.configuration, named);
    if (uses.length > 0) throw inUse(nameOf(configuration, named), uses);
    if (draft.get('number', id) !== undefined) draft.remove('number', id);
  });
}
