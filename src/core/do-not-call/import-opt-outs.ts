import { sql } from 'kysely';
import { recordAudit } from '#core/accounts/index.js';
import { readNumber } from '#core/address.js';
import { homeCountry } from '#core/contacts/index.js';
import type { Core } from '#core/core.js';
import { newId } from '#core/ids.js';
import { inTransaction } from '#core/in-transaction.js';
import { startImport, type Import, type ImportOptions, type RowSink } from '#core/imports/index.js';
import { addressHash, type OptOutChannel, type OptOutScope, type SuppressionOwner } from '#core/suppression/index.js';

export interface ImportOptOuts extends SuppressionOwner {
  uploadId: string;
  /** Default: `marketing`, which is what a do-not-call file is about. */
  scope?: OptOutScope | undefined;
  /** Default: voice and SMS. */
  channel?: OptOutChannel | undefined;
  columns?: ImportOptions['columns'];
  actor: string;
}

/** Starts the reading of a do-not-call file. @throws CoreError `upload.not_found`, `import.bad_input`, `import.too_many` */
export async function importOptOuts(core: Pick<Core, 'db' | 'clock' | 'wake'>, input: ImportOptOuts): Promise<Import> {
  const { accountId, mode, uploadId, scope = 'marketing', channel = 'all', columns, actor } = input;
  const started = await inTransaction(core.db, async (tx) => {
    const job = await startImport(
      { ...core, db: tx },
      {
        ...{ accountId, mode, kind: 'opt_outs', uploadId },
        options: { ...(columns === undefined ? {} : { columns }), scope, channel },
      },
    );
    await recordAudit(tx, {
      accountId,
      actor,
      action: 'opt_out.import',
      subject: job.id,
      details: { mode, scope, channel },
      at: new Date(core.clock.now()),
    });
    return job;
  });
  // Whoever was woken within the transaction saw nothing of it yet.
  core.wake.imports();
  return started;
}

/** A do-not-call file becomes entries of the ledger, all in one transaction. Who is there already stays as they are. */
export function optOutRows(secrets: Core['secrets']): RowSink {
  return {
    columns: ['reason'],
    async begin(core, job) {
      const home = await homeCountry(core.db, job);
      const hash = addressHash(secrets);
      return {
        check(row) {
          const phone = readNumber(row['phone'] ?? '', home);
          if (phone === undefined) return { refused: 'Not a phone number with its country code.', column: 'phone' };
          const reason = row['reason']?.trim().slice(0, 500) ?? '';
          const data = { id: newId('sup', core.clock.now()), hash: hash(phone).toString('hex') };
          return { phone, data: { ...data, ...(reason === '' ? {} : { reason }) } };
        },
        async apply(tx) {
          const { numAffectedRows = 0n } = await sql`
            insert into suppressions (id, account_id, mode, address, address_hash, scope, channel, source, reason, created_at)
            select data->>'id', ${job.accountId}, ${job.mode}, phone, decode(data->>'hash', 'hex'),
              ${job.options['scope']}, ${job.options['channel']}, 'import', data->>'reason', ${new Date(core.clock.now())}
            from import_rows where import_id = ${job.id} order by phone
            on conflict do nothing`.execute(tx);
          return { created: Number(numAffectedRows), changed: 0 };
        },
      };
    },
  };
}
