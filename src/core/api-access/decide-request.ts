import { changeKeys, findAccount, recordAudit, setApiAccess, type KeyAdmin } from '#core/accounts/index.js';
import { toAccessRequest, type AccessRequest } from '#core/api-access/access-request.js';
import type { Db } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { inTransaction } from '#core/in-transaction.js';

/**
 * Gives an account access to the API: the one that is named, else the one of that very name.
 * @throws CoreError `access_request.not_found`, `access_request.decided`, `account.not_found`
 */
export async function grantAccess(
  core: KeyAdmin,
  { id, account, actor }: { id: string; account?: string; actor: string },
): Promise<AccessRequest> {
  return changeKeys(core, async (tx) => {
    const request = await lockWaiting(tx, id);
    const { id: accountId } = await findAccount({ db: tx }, account ?? request.account_name);
    await setApiAccess({ ...core, db: tx }, { accountId, enabled: true, actor });
    return decide(tx, core, { id, actor, status: 'granted', accountId });
  });
}

/** @throws CoreError `access_request.not_found`, `access_request.decided` */
export async function refuseAccess(
  core: KeyAdmin,
  { id, actor }: { id: string; actor: string },
): Promise<AccessRequest> {
  return changeKeys(core, async (tx) => {
    await lockWaiting(tx, id);
    return decide(tx, core, { id, actor, status: 'refused', accountId: null });
  });
}

/** All that wait, as where somebody fills the form in a thousand times. Gives how many. */
export async function refuseAllAccess(core: Pick<KeyAdmin, 'db' | 'clock'>, actor: string): Promise<number> {
  const at = new Date(core.clock.now());
  return inTransaction(core.db, async (tx) => {
    const { numUpdatedRows } = await tx
      .updateTable('api_access_requests')
      .set({ status: 'refused', decided_at: at })
      .where('status', '=', 'waiting')
      .executeTakeFirst();
    const refused = Number(numUpdatedRows);
    if (refused === 0) return 0;
    await recordAudit(tx, { actor, action: 'access_request.refuse_all', subject: 'all', details: { refused }, at });
    return refused;
  });
}

async function lockWaiting(tx: Db, id: string) {
  const row = await tx
    .selectFrom('api_access_requests')
    .selectAll()
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst();
  if (row === undefined) throw new CoreError('access_request.not_found', `There is no request "${id}".`);
  if (row.status === 'waiting') return row;
  throw new CoreError('access_request.decided', `The request ${id} was ${row.status} already.`);
}

async function decide(
  tx: Db,
  core: Pick<KeyAdmin, 'clock'>,
  decision: { id: string; actor: string; status: 'granted' | 'refused'; accountId: string | null },
): Promise<AccessRequest> {
  const { id, actor, status, accountId } = decision;
  const at = new Date(core.clock.now());
  const row = await tx
    .updateTable('api_access_requests')
    .set({ status, account_id: accountId, decided_at: at })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow();
  const about = accountId === null ? {} : { accountId };
  await recordAudit(tx, { ...about, actor, action: `access_request.${status}`, subject: id, at });
  return toAccessRequest(row);
}
