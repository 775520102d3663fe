import type { Selectable } from 'kysely';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { FEATURE_NAMES, isFeature, type Feature } from '#core/plans/features.js';
import type { PlanTable } from '#core/tables.js';

/** What an account pays for. Plans are the installation's; an account has one, or that of everybody. */
export interface Plan {
  id: number;
  name: string;
  displayName: string;
  /** Minor units of the account's currency. */
  monthlyPrice: number;
  /** Null: as many as there are. */
  includedUsers: number | null;
  /** Those that it has, with how many are included; null: as many as there are. */
  features: ReadonlyMap<Feature, number | null>;
}

/** Of accounts that were given none: everything. It is not kept as a row, so that nobody can take something out of it. */
export const SELF_HOSTED: Plan = {
  id: 1,
  name: 'self_hosted',
  displayName: 'Self-hosted',
  monthlyPrice: 0,
  includedUsers: null,
  features: new Map(FEATURE_NAMES.map((name) => [name, null])),
};

export function toPlan(row: Selectable<PlanTable>): Plan {
  return {
    id: row.id,
    name: row.name,
    displayName: row.display_name,
    monthlyPrice: row.monthly_price,
    includedUsers: row.included_users,
    features: new Map(
      FEATURE_NAMES.filter((name) => Object.hasOwn(row.features, name)).map((name) => [
        name,
        row.features[name] ?? null,
      ]),
    ),
  };
}

/** As they are kept. @throws CoreError `plan.bad_input` */
export function checkFeatures(given: Readonly<Record<string, number | null>>): Record<string, number | null> {
  for (const [name, included] of Object.entries(given)) {
    if (!isFeature(name)) {
      throw badPlan('features', `There is no feature "${name}"; there are ${FEATURE_NAMES.join(', ')}.`);
    }
    if (included !== null && (!Number.isInteger(included) || included < 0 || included > MOST_INCLUDED)) {
      throw badPlan('features', `"${name}" includes a whole number from 0 to ${MOST_INCLUDED}.`);
    }
  }
  // Whoever may send may read what was sent.
  return 'bulk_texting' in given ? { texting: null, ...given } : { ...given };
}

export const MOST_INCLUDED = 1_000_000_000;

export function badPlan(field: string, message: string): CoreError {
  return new CoreError('plan.bad_input', message, { field });
}

/** By name or id, the one of everybody too. @throws CoreError `plan.not_found` */
export async function findPlan(core: Pick<Core, 'db'>, nameOrId: string): Promise<Plan> {
  if ([SELF_HOSTED.name, String(SELF_HOSTED.id)].includes(nameOrId)) return SELF_HOSTED;
  const id = /^[1-9]\d{0,8}$/.test(nameOrId) ? Number(nameOrId) : 0;
  const row = await core.db
    .selectFrom('plans')
    .selectAll()
    .where((is) => is.or([is('name', '=', nameOrId), is('id', '=', id)]))
    .executeTakeFirst();
  if (row === undefined) {
    throw new CoreError('plan.not_found', `There is no plan "${nameOrId}".`, { field: 'plan' });
  }
  return toPlan(row);
}

/** That of everybody first, then as they were made. */
export async function listPlans(core: Pick<Core, 'db'>): Promise<Plan[]> {
  const rows = await core.db.selectFrom('plans').selectAll().orderBy('id').execute();
  return [SELF_HOSTED, ...rows.map(toPlan)];
}

/** What an account has. */
export async function planOf(core: Pick<Core, 'db'>, accountId: string): Promise<Plan> {
  const row = await core.db
    .selectFrom('accounts')
    .innerJoin('plans', 'plans.id', 'accounts.plan_id')
    .selectAll('plans')
    .where('accounts.id', '=', accountId)
    .executeTakeFirst();
  return row === undefined ? SELF_HOSTED : toPlan(row);
}
