import Type from 'typebox';
import { AccountQuery, chosenAccount } from '#apis/admin/account-choice.js';
import { ACTOR, type AdminParts, type AdminRoutes } from '#apis/admin/admin-parts.js';
import { replyInLines } from '#apis/admin/json-lines.js';
import { recordAudit } from '#core/accounts/index.js';
import { runChecks } from '#core/doctor/index.js';

export function addInstallationRoutes(table: AdminRoutes, { installation, backUp }: AdminParts): void {
  table.post('/doctor', {
    id: 'runDoctor',
    summary: 'Look whether everything works; a JSON document a line, each check when it is done',
    query: AccountQuery,
    returnsType: 'application/x-ndjson',
    handle: async ({ core, query, reply }) => {
      const { id: accountId } = await chosenAccount(core, query);
      return replyInLines(reply, runChecks(core, { accountId, installation }));
    },
  });

  table.post('/backup', {
    id: 'backUp',
    summary: 'Write the database, the files and the secret key into one archive on the server',
    body: Type.Object({ file: Type.String() }, { additionalProperties: false }),
    handle: async ({ core, body, reply }) => {
      try {
        const summary = await backUp(body.file);
        const at = new Date(core.clock.now());
        await recordAudit(core.db, {
          actor: ACTOR,
          action: 'installation.backup',
          subject: 'installation',
          details: { file: body.file },
          at,
        });
        return summary;
      } catch (error) {
        // Storage's one-line errors are written for the operator; it knows nothing of core's.
        if (!(error instanceof Error && error.name === 'StorageError')) throw error;
        void reply.code(409);
        return { error: { code: 'backup.failed', message: error.message } };
      }
    },
  });
}
