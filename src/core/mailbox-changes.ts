import { sql, type Transaction } from 'kysely';
import type { Mode, Tables } from '#core/tables.js';

/** On which all processes hear of it: a phone is known to the process that it is registered with. */
export const MAILBOXES_CHANNEL = 'mailboxes';

export interface ChangedMailboxes {
  accountId: string;
  mode: Mode;
  /** Undefined: what waits is the same, and others have the mailboxes. */
  mailboxId?: number | undefined;
}

/** What waits in a mailbox is another number now, or somebody else's; told when the transaction commits. */
export async function tellMailboxChanged(tx: Transaction<Tables>, changed: ChangedMailboxes): Promise<void> {
  const { accountId, mode, mailboxId } = changed;
  // Test phones are nowhere.
  if (mode === 'test') return;
  const payload = mailboxId === undefined ? accountId : `${accountId} ${mailboxId}`;
  await sql`select pg_notify(${MAILBOXES_CHANNEL}, ${payload})`.execute(tx);
}

export function readChangedMailboxes(payload: string): ChangedMailboxes | undefined {
  const [accountId, id] = payload.split(' ');
  if (accountId === undefined || accountId === '') return undefined;
  if (id === undefined) return { accountId, mode: 'live' };
  const mailboxId = Number(id);
  return Number.isSafeInteger(mailboxId) ? { accountId, mode: 'live', mailboxId } : undefined;
}
