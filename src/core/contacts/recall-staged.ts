import type { Transaction } from 'kysely';
import type { Core } from '#core/core.js';
import type { Import } from '#core/imports/index.js';
import { hasErased, recallAddresses } from '#core/suppression/index.js';
import type { Tables } from '#core/tables.js';

const ROWS = 5000;

/** `recallAddresses` for everybody of a file; costs nothing where nobody was ever erased who had opted out. */
export async function recallStaged(tx: Transaction<Tables>, secrets: Core['secrets'], job: Import): Promise<void> {
  if (!(await hasErased(tx, job))) return;
  for (let after = -1; ;) {
    const rows = await tx
      .selectFrom('import_rows')
      .select(['line', 'phone'])
      .where('import_id', '=', job.id)
      .where('line', '>', after)
      .orderBy('line')
      .limit(ROWS)
      .execute();
    const phones = rows.map(({ phone }) => phone);
    await recallAddresses(tx, secrets, job, phones);
    if (rows.length < ROWS) return;
    after = rows.at(-1)?.line ?? after;
  }
}
