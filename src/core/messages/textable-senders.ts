import { readOutreachPolicy } from '#core/accounts/index.js';
import { readCarriers } from '#core/carriers/index.js';
import type { Core } from '#core/core.js';
import { unregisteredAmong } from '#core/registrations/index.js';
import type { Mode } from '#core/tables.js';

/** Those of an account's numbers that texts can be sent from now: a carrier takes them, and no rule refuses them. */
export async function textableSenders(
  core: Pick<Core, 'db'>,
  { accountId, mode, numbers }: { accountId: string; mode: Mode; numbers: readonly string[] },
): Promise<Set<string>> {
  const refusing = (await readOutreachPolicy(core.db, accountId)).unregistered === 'refuse';
  const refused = refusing
    ? await unregisteredAmong(core.db, { accountId, mode, senders: [...numbers] })
    : new Set<string>();
  // The sandbox has a carrier of its own, which takes everything.
  const carriers = mode === 'test' ? undefined : await readCarriers(core.db);
  const isTaken = (number: string): boolean =>
    carriers === undefined ||
    carriers.some(
      ({ accountId: whose, senders }) =>
        (whose === null || whose === accountId) && (senders.length === 0 || senders.includes(number)),
    );
  return new Set(numbers.filter((number) => !refused.has(number) && isTaken(number)));
}
