import type { Core } from '#core/core.js';
import type { SitePerson } from '#core/site-people/site-person.js';
import type { OriginKind } from '#core/tables.js';

/** Of one answer; the newest. */
const MOST_ORIGINS = 10_000;

/** What is kept of somebody beside who they are. */
export interface PersonalData {
  /** The newest first; amounts in minor units. */
  origins: {
    kind: OriginKind;
    category: string;
    number: string;
    subtotal: number | null;
    ip: string | null;
    shippingAddress: string | null;
    shippingZip: string | null;
    createdAt: Date;
  }[];
  /** By identifier; null: they are no loyalty member. */
  memberDates: Record<string, string> | null;
  points: number | null;
}

export async function personalDataOf(core: Pick<Core, 'db'>, { id }: Pick<SitePerson, 'id'>): Promise<PersonalData> {
  const origins = await core.db
    .selectFrom('origins')
    .select(['kind', 'category', 'number', 'subtotal', 'ip', 'created_at as createdAt'])
    .select(['shipping_address as shippingAddress', 'shipping_zip as shippingZip'])
    .where('person_id', '=', id)
    .orderBy('id', 'desc')
    .limit(MOST_ORIGINS)
    .execute();
  const member = await core.db
    .selectFrom('loyalty_members')
    .select(['dates', 'balance'])
    .where('person_id', '=', id)
    .executeTakeFirst();
  return { origins, memberDates: member?.dates ?? null, points: member?.balance ?? null };
}
