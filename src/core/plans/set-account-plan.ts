import { recordAudit } from '#core/accounts/index.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { inTransaction } from '#core/in-transaction.js';
import { findPlan, SELF_HOSTED, type Plan } from '#core/plans/plan.js';

/** Counts at once. @throws CoreError `account.not_found`, `plan.not_found` */
export async function setAccountPlan(
  core: Pick<Core, 'db' | 'clock'>,
  input: { accountId: string; plan: string; actor: string },
): Promise<Plan> {
  const { accountId, actor } = input;
  return inTransaction(core.db, async (tx) => {
    const plan = await findPlan({ db: tx }, input.plan);
    const { numUpdatedRows } = await tx
      .updateTable('accounts')
      .set({ plan_id: plan.id === SELF_HOSTED.id ? null : plan.id })
      .where('id', '=', accountId)
      .executeTakeFirst();
    if (numUpdatedRows === 0n) throw new CoreError('account.not_found', `There is no account "${accountId}".`);
    await recordAudit(tx, {
      ...{ accountId, actor, action: 'account.set_plan', subject: accountId },
      ...{ details: { plan: plan.name }, at: new Date(core.clock.now()) },
    });
    return plan;
  });
}
