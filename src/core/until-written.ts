import type { Transaction } from 'kysely';
import type { Core } from '#core/core.js';
import type { Tables } from '#core/tables.js';

/** Tries until the database takes it: what happened on the phone cannot be refused, only written later. */
export async function untilWritten<T>(
  core: Pick<Core, 'db' | 'clock' | 'log'>,
  write: (tx: Transaction<Tables>) => Promise<T>,
): Promise<T> {
  for (let wait = 100; ; wait = Math.min(wait * 2, 5000)) {
    try {
      return await core.db.transaction().execute(write);
    } catch (error) {
      if (!isTransient(error)) throw error;
      core.log.warn({ error: String(error) }, 'the database is away; writing again soon');
      await new Promise<void>((resolve) => core.clock.after(wait, resolve));
    }
  }
}

/** Connection failures and shutdowns of the server; SQLSTATE classes 08, 40, 53, 57. A wrong statement is not. */
export function isTransient(error: unknown): boolean {
  const code = error !== null && typeof error === 'object' && 'code' in error ? String(error.code) : '';
  if (/^(08|40|53|57)/.test(code) || /^(ECONN|EPIPE|ENOENT|ETIMEDOUT)/.test(code)) return true;
  return code === '' && error instanceof Error && /connection|terminat|timeout/i.test(error.message);
}
