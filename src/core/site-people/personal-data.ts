import { sql } from 'kysely';
import type { Core } from '#core/core.js';
import type { SitePerson } from '#core/site-people/site-person.js';
import type { OriginKind } from '#core/tables.js';

/** Of each kind; the newest. */
const MOST_OF_A_KIND = 10_000;

/** What is kept of somebody beside who they are; the newest first, amounts in minor units. */
export interface PersonalData {
  origins: {
    kind: OriginKind;
    category: string;
    number: string;
    subtotal: number | null;
    couponCodes: string[];
    visitor: string | null;
    ip: string | null;
    userAgent: string | null;
    shippingAddress: string | null;
    shippingZip: string | null;
    createdAt: Date;
  }[];
  /** When they came by somebody's offer. */
  visits: {
    channel: string;
    visitor: string | null;
    ip: string | null;
    userAgent: string | null;
    createdAt: Date;
  }[];
  /** How they passed on offers of theirs, and to whom letters went. */
  shares: { channel: string; recipients: string[]; createdAt: Date }[];
  /** Browsers that they were known by. */
  visitors: string[];
  /** By identifier; null: they are no loyalty member. */
  memberDates: Record<string, string> | null;
  points: number | null;
}

export async function personalDataOf(core: Pick<Core, 'db'>, { id }: Pick<SitePerson, 'id'>): Promise<PersonalData> {
  const origins = await core.db
    .selectFrom('origins')
    .select(['kind', 'category', 'number', 'subtotal', 'coupon_codes as couponCodes', 'created_at as createdAt'])
    .select(['visitor', 'ip', 'user_agent as userAgent'])
    .select(['shipping_address as shippingAddress', 'shipping_zip as shippingZip'])
    .where('person_id', '=', id)
    .orderBy('id', 'desc')
    .limit(MOST_OF_A_KIND)
    .execute();
  const visits = await core.db
    .selectFrom('offer_claims')
    .select(['channel', 'ip', 'user_agent as userAgent', 'created_at as createdAt'])
    .select(({ fn }) => fn.coalesce('shop_visitor', 'visitor').as('visitor'))
    .where('person_id', '=', id)
    .orderBy('id', 'desc')
    .limit(MOST_OF_A_KIND)
    .execute();
  const shares = await core.db
    .selectFrom('shares')
    .innerJoin('offers', 'offers.id', 'shares.offer_id')
    .select(['channel', 'shares.created_at as createdAt'])
    .select(
      sql<string[]>`array(
        select email from share_recipients where share_id = shares.id and email is not null order by email
      )`.as('recipients'),
    )
    .where('offers.person_id', '=', id)
    .orderBy('shares.id', 'desc')
    .limit(MOST_OF_A_KIND)
    .execute();
  const visitors = await core.db
    .selectFrom('visitor_people')
    .select('uuid')
    .where('person_id', '=', id)
    .orderBy('created_at', 'desc')
    .limit(MOST_OF_A_KIND)
    .execute();
  const member = await core.db
    .selectFrom('loyalty_members')
    .select(['dates', 'balance'])
    .where('person_id', '=', id)
    .executeTakeFirst();
  return {
    ...{ origins, visits, shares, visitors: visitors.map(({ uuid }) => uuid) },
    ...{ memberDates: member?.dates ?? null, points: member?.balance ?? null },
  };
}
