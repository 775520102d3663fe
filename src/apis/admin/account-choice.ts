import Type from 'typebox';
import { findAccount, listAccounts, type Account } from '#core/accounts/index.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';

/** `?account=`: a name or id. */
export const AccountQuery = Type.Object({ account: Type.Optional(Type.String()) });

export const Mode = Type.Union([Type.Literal('live'), Type.Literal('test')]);

/** The account that a command is for: the one it names, else the first. */
export async function chosenAccount(core: Pick<Core, 'db'>, query: { account?: string }): Promise<Account> {
  if (query.account !== undefined) return findAccount(core, query.account);
  const [first] = await listAccounts(core);
  if (first === undefined) {
    throw new CoreError('account.not_found', 'There is no account yet: "sidetone accounts create NAME" makes one.');
  }
  return first;
}

/** A time of the command line. @throws CoreError with the code */
export function readTime(
  text: string | undefined,
  code: 'key.bad_input' | 'opt_out.bad_input' | 'routing.bad_input' | 'webhook.bad_input',
  field: string,
): Date | undefined {
  if (text === undefined) return undefined;
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) {
    throw new CoreError(code, `"${text}" is not a time like 2026-03-02T15:00:00Z.`, { field });
  }
  return time;
}
