import type { Transaction } from 'kysely';
import type { IncomingText } from '#carriers/carrier.js';
import type { Mode, Tables } from '#core/tables.js';

/** Whose number was texted. */
export interface TextedAccount {
  id: string;
  name: string;
  mode: Mode;
}

/** Undefined: nobody's. In the sandbox many accounts own one number: there it is whom the text answers. */
export async function findTextedAccount(
  tx: Transaction<Tables>,
  mode: Mode,
  incoming: Pick<IncomingText, 'from' | 'to' | 'inReplyTo'>,
): Promise<TextedAccount | undefined> {
  if (incoming.inReplyTo !== undefined) {
    const answered = await tx
      .selectFrom('messages')
      .innerJoin('accounts', 'accounts.id', 'messages.account_id')
      .select(['accounts.id', 'accounts.name'])
      .where('messages.id', '=', incoming.inReplyTo)
      .where('messages.mode', '=', mode)
      .executeTakeFirst();
    return answered && { ...answered, mode };
  }
  const owners = await tx
    .selectFrom('numbers')
    .innerJoin('accounts', 'accounts.id', 'numbers.account_id')
    .select(['accounts.id', 'accounts.name'])
    .where('numbers.number', '=', incoming.to)
    .where('numbers.mode', '=', mode)
    .limit(2)
    .execute();
  const [owner] = owners;
  return owner === undefined || owners.length > 1 ? undefined : { ...owner, mode };
}

/** The account that the first part was for, if the number is still its own. */
export async function findOwner(
  tx: Transaction<Tables>,
  { accountId, mode, to }: { accountId: string; mode: Mode; to: string },
): Promise<TextedAccount | undefined> {
  const owner = await tx
    .selectFrom('numbers')
    .innerJoin('accounts', 'accounts.id', 'numbers.account_id')
    .select(['accounts.id', 'accounts.name'])
    .where('numbers.account_id', '=', accountId)
    .where('numbers.number', '=', to)
    .where('numbers.mode', '=', mode)
    .executeTakeFirst();
  return owner && { ...owner, mode };
}
