import { recordAudit } from '#core/accounts/index.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { inTransaction } from '#core/in-transaction.js';
import { badPlan, checkFeatures, SELF_HOSTED, toPlan, type Plan } from '#core/plans/plan.js';

export interface SetPlan {
  /** 1 to 50 small letters, digits, `_` and `-`. */
  name: string;
  /** What is given is set; of a new plan the rest is: its name, 0, as many users as there are, nothing. */
  displayName?: string;
  /** Minor units. */
  monthlyPrice?: number;
  includedUsers?: number | null;
  /** In place of those before: how many of each are included; null: as many as there are. */
  features?: Readonly<Record<string, number | null>>;
  actor: string;
}

const NAME = /^[a-z][a-z0-9_-]{0,49}$/;
const LONGEST_DISPLAY_NAME = 100;
const HIGHEST_PRICE = 1_000_000_000;
const MOST_USERS = 1_000_000;
export const PLANS_MAX = 1000;

/** Makes a plan, or changes one; for its accounts it counts at once. @throws CoreError `plan.bad_input`, `plan.fixed` */
export async function setPlan(core: Pick<Core, 'db' | 'clock'>, input: SetPlan): Promise<Plan> {
  const { name, displayName, monthlyPrice, includedUsers, features } = input;
  if (name === SELF_HOSTED.name) {
    throw new CoreError('plan.fixed', `The plan ${name} has everything and stays as it is.`, { field: 'name' });
  }
  if (!NAME.test(name)) {
    throw badPlan('name', 'The name of a plan is 1 to 50 small letters, digits, "_" or "-", and begins with a letter.');
  }
  if (displayName !== undefined && (displayName.trim() === '' || displayName.length > LONGEST_DISPLAY_NAME)) {
    throw badPlan('displayName', `What is shown of a plan has 1 to ${LONGEST_DISPLAY_NAME} characters.`);
  }
  checkWhole('monthlyPrice', 'The price', monthlyPrice ?? 0, HIGHEST_PRICE);
  checkWhole('includedUsers', 'The number of users', includedUsers ?? 0, MOST_USERS);
  const at = new Date(core.clock.now());
  const changes = {
    ...(displayName === undefined ? {} : { display_name: displayName.trim() }),
    ...(monthlyPrice === undefined ? {} : { monthly_price: monthlyPrice }),
    ...(includedUsers === undefined ? {} : { included_users: includedUsers }),
    ...(features === undefined ? {} : { features: JSON.stringify(checkFeatures(features)) }),
  };
  return inTransaction(core.db, async (tx) => {
    const { others } = await tx
      .selectFrom('plans')
      .select(({ fn }) => fn.countAll<number>().as('others'))
      .where('name', '<>', name)
      .executeTakeFirstOrThrow();
    if (Number(others) >= PLANS_MAX) throw badPlan('name', `There are at most ${PLANS_MAX} plans.`);
    const blank = { display_name: name, monthly_price: 0, included_users: null, features: '{}' };
    const row = await tx
      .insertInto('plans')
      .values({ name, ...blank, ...changes })
      // Where nothing is to be changed, still the row is given back.
      .onConflict((conflict) => conflict.column('name').doUpdateSet({ name, ...changes }))
      .returningAll()
      .executeTakeFirstOrThrow();
    const details = { displayName, monthlyPrice, includedUsers, features };
    await recordAudit(tx, { actor: input.actor, action: 'plan.set', subject: name, details, at });
    return toPlan(row);
  });
}

function checkWhole(field: string, what: string, value: number, most: number): void {
  if (Number.isInteger(value) && value >= 0 && value <= most) return;
  throw badPlan(field, `${what} is a whole number from 0 to ${most}.`);
}
