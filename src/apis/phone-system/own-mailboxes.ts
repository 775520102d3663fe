import { notYours, ownUser } from '#apis/phone-system/may.js';
import type { Caller } from '#core/accounts/index.js';
import type { Core } from '#core/core.js';
import { readRouting } from '#core/routing/index.js';

/** The mailboxes of the key's user; undefined: the key sees those of the whole account. */
export async function ownMailboxes(core: Core, auth: Caller): Promise<number[] | undefined> {
  const user = ownUser(auth);
  if (user === undefined) return undefined;
  const { objects } = await readRouting(core, auth);
  return [...objects.mailbox].flatMap(([id, { userId }]) => (userId === user.id ? [id] : []));
}

/** @throws HttpProblem `forbidden_role` */
export async function requireMailbox(core: Core, auth: Caller, mailboxId: number): Promise<void> {
  const own = await ownMailboxes(core, auth);
  if (own !== undefined && !own.includes(mailboxId)) throw notYours('a mailbox');
}
