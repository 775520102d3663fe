import type { Transaction } from 'kysely';
import type { Clock } from '#clock.js';
import { USUAL_RING_SECONDS } from '#core/call-flow/index.js';
import { CoreError } from '#core/errors.js';
import type { PeopleOwner } from '#core/people/user.js';
import { changeRouting } from '#core/routing/index.js';
import type { Tables } from '#core/tables.js';

export interface SetExtension extends PeopleOwner {
  user: { id: string; name: string };
  /** What is dialled; null: none any more. */
  number: string | null;
  actor: string;
}

/**
 * Gives a user an extension, another number for the one they have, or takes it away. Routing is locked already.
 * @throws CoreError `routing.refused` and `routing.in_use`, about the field `extension`
 */
export async function setUserExtension(
  tx: Transaction<Tables>,
  clock: Clock,
  { accountId, mode, user, number, actor }: SetExtension,
): Promise<void> {
  let changed: number | undefined;
  const change = { accountId, mode, author: actor, summary: `Extension of ${user.name}` };
  await changeRouting({ db: tx, clock }, change, async (draft) => {
    const [own] = [...draft.all('extension')].find(([, { userId }]) => userId === user.id) ?? [];
    changed = own;
    if (number === null) {
      if (own !== undefined) draft.remove('extension', own);
    } else if (own === undefined) {
      changed = await draft.create('extension', {
        ...{ number, name: user.name, userId: user.id, destination: null },
        ...{ ringSeconds: USUAL_RING_SECONDS, noAnswer: null, inDirectory: true },
      });
    } else {
      draft.update('extension', own, { number });
    }
  }).catch((error: unknown) => {
    throw aboutExtension(error, changed);
  });
}

/** Of the user's own extension the path is the field of the user. */
function aboutExtension(error: unknown, id: number | undefined): unknown {
  if (!(error instanceof CoreError) || error.code !== 'routing.refused') return error;
  const own = `extensions[${id ?? 0}].number`;
  const problems = error.problems.map(({ path, message }) => ({ path: path === own ? 'extension' : path, message }));
  return new CoreError(error.code, error.message, { problems });
}
