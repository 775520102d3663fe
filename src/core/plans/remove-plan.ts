import { recordAudit } from '#core/accounts/index.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { inTransaction } from '#core/in-transaction.js';
import { findPlan, SELF_HOSTED, type Plan } from '#core/plans/plan.js';

/** @throws CoreError `plan.not_found`, `plan.fixed`, `plan.in_use` with the accounts that have it */
export async function removePlan(
  core: Pick<Core, 'db' | 'clock'>,
  { plan: nameOrId, actor }: { plan: string; actor: string },
): Promise<Plan> {
  const at = new Date(core.clock.now());
  return inTransaction(core.db, async (tx) => {
    const plan = await findPlan({ db: tx }, nameOrId);
    if (plan.id === SELF_HOSTED.id) throw new CoreError('plan.fixed', `The plan ${plan.name} stays.`);
    // Waits for whoever is giving it to an account just now.
    await tx.selectFrom('plans').select('id').where('id', '=', plan.id).forUpdate().execute();
    const accounts = await tx.selectFrom('accounts').select('name').where('plan_id', '=', plan.id).limit(10).execute();
    if (accounts.length > 0) {
      const names = accounts.map(({ name }) => name).join(', ');
      throw new CoreError('plan.in_use', `Accounts have the plan ${plan.name}: ${names}.`);
    }
    await tx.deleteFrom('plans').where('id', '=', plan.id).execute();
    await recordAudit(tx, { actor, action: 'plan.remove', subject: plan.name, at });
    return plan;
  });
}
