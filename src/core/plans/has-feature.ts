import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { FEATURES, type Feature } from '#core/plans/features.js';

/** Whether the account's plan has the feature; an account without a plan has all of them. */
export async function hasFeature(core: Pick<Core, 'db'>, accountId: string, feature: Feature): Promise<boolean> {
  const row = await core.db
    .selectFrom('accounts')
    .leftJoin('plans', 'plans.id', 'accounts.plan_id')
    .select(['plan_id', 'features'])
    .where('accounts.id', '=', accountId)
    .executeTakeFirst();
  if (row === undefined) return false;
  return row.plan_id === null || Object.hasOwn(row.features ?? {}, feature);
}

/** @throws CoreError `plan.feature_missing` */
export async function requireFeature(
  core: Pick<Core, 'db'>,
  { accountId }: { accountId: string },
  feature: Feature,
): Promise<void> {
  if (await hasFeature(core, accountId, feature)) return;
  throw new CoreError(
    'plan.feature_missing',
    `The plan of the account does not include ${FEATURES[feature].displayName}.`,
  );
}
