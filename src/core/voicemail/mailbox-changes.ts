import { sql, type Transaction } from 'kysely';
import type { Mode, Tables } from '#core/tables.js';

/** On which all processes hear of it: a phone is known to the process that it is registered with. */
export const MAILBOXES_CHANNEL = 'mailboxes';

export interface ChangedMailbox {
  accountId: string;
  mode: Mode;
  mailboxId: number;
}

/** What waits in a mailbox is another number now; told when the transaction commits. */
export async function tellMailboxChanged(tx: Transaction<Tables>, changed: ChangedMailbox): Promise<void> {
  const { accountId, mode, mailboxId } = changed;
  // Test phones are nowhere.
  if (mode === 'test') return;
  await sql`select pg_notify(${MAILBOXES_CHANNEL}, ${`${accountId} ${mailboxId}`})`.execute(tx);
}

export function readChangedMailbox(payload: string): ChangedMailbox | undefined {
  const [accountId, id] = payload.split(' ');
  const mailboxId = Number(id);
  if (accountId === undefined || !Number.isSafeInteger(mailboxId)) return undefined;
  return { accountId, mode: 'live', mailboxId };
}
