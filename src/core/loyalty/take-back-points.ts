import { sql, type Transaction } from 'kysely';
import type { Core } from '#core/core.js';
import { toLoyaltyAction, type LoyaltyAction } from '#core/loyalty/loyalty-action.js';
import { lockMember, writeAction } from '#core/loyalty/write-action.js';
import { toSitePerson } from '#core/site-people/index.js';
import { wholeUnits, type Site } from '#core/sites/index.js';
import type { Tables } from '#core/tables.js';

/**
 * Takes back what a purchase gave that was refunded, as far as the member has it still: all of it, or in part what is
 * more than the rest of the purchase would have given. Gives how many points.
 */
export async function takeBackForOrigin(
  tx: Transaction<Tables>,
  core: Pick<Core, 'clock'>,
  site: Site,
  origin: { id: number; subtotal: number | null; refunded: number | null },
): Promise<number> {
  const given = await tx
    .selectFrom('loyalty_actions')
    .innerJoin('loyalty_members', 'loyalty_members.id', 'loyalty_actions.member_id')
    .selectAll('loyalty_actions')
    .where('loyalty_members.site_id', '=', site.id)
    .where('loyalty_actions.origin_id', '=', origin.id)
    .where('loyalty_actions.kind', '=', 'collect')
    .executeTakeFirst();
  if (given === undefined) return 0;
  const { subtotal, refunded } = origin;
  const left = subtotal === null || refunded === null || refunded >= subtotal ? undefined : subtotal - refunded;
  const action = toLoyaltyAction(given);
  return takeBack(tx, core, site, action, left === undefined ? action.points : beyond(action, site, left));
}

/** Takes back what an approved referral gave the advocate. Gives how many points. */
export async function takeBackForReferral(
  tx: Transaction<Tables>,
  core: Pick<Core, 'clock'>,
  site: Site,
  { id, advocateId }: { id: number; advocateId: number },
): Promise<number> {
  const given = await tx
    .selectFrom('loyalty_actions')
    .innerJoin('loyalty_members', 'loyalty_members.id', 'loyalty_actions.member_id')
    .selectAll('loyalty_actions')
    .where('loyalty_members.person_id', '=', advocateId)
    .where('loyalty_members.site_id', '=', site.id)
    // That of a rule that gives once goes by the rule.
    .where('loyalty_actions.once', 'in', [`referral:${id}`, 'rule:referral'])
    .where(sql<boolean>`details ->> 'referralId' = ${String(id)}`)
    .executeTakeFirst();
  if (given === undefined) return 0;
  const action = toLoyaltyAction(given);
  return takeBack(tx, core, site, action, action.points);
}

/** Of what was given, that which is more than what is left would have given: there may have been no room for all of it. */
function beyond({ details, points }: LoyaltyAction, site: Site, left: number): number {
  const { rule, pointsPerUnit = 0 } = details;
  return Math.max(0, points - (rule?.points ?? 0) - pointsPerUnit * wholeUnits(left, site.currency));
}

async function takeBack(
  tx: Transaction<Tables>,
  core: Pick<Core, 'clock'>,
  site: Site,
  given: LoyaltyAction,
  points: number,
): Promise<number> {
  const member = await lockMember(tx, given.memberId);
  const taken = Math.min(points, member.points);
  if (taken <= 0) return 0;
  const person = await tx
    .selectFrom('site_people')
    .selectAll()
    .where('id', '=', member.personId)
    .executeTakeFirstOrThrow();
  const acted = await writeAction(
    tx,
    site,
    { member, person: toSitePerson(person), campaign: undefined },
    {
      ...{ kind: 'take_back', points: -taken, once: `take_back:${given.id}` },
      ...(given.action === null ? {} : { action: given.action }),
      ...(given.originId === null ? {} : { originId: given.originId }),
      details: {
        ...(given.details.rule === undefined ? {} : { rule: given.details.rule }),
        ...(given.details.referralId === undefined ? {} : { referralId: given.details.referralId }),
      },
    },
    new Date(core.clock.now()),
  );
  if (acted === undefined) return 0;
  // Somebody who is given it once can be given it for something else, where nothing of it is left with them.
  if (taken === given.points) {
    await sql`
      update loyalty_actions set once = once || ':taken_back:' || id
      where id = ${given.id} and once like 'rule:%'`.execute(tx);
  }
  return taken;
}
