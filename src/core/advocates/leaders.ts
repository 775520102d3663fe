import { sql } from 'kysely';
import { COUNTED } from '#core/advocates/progress.js';
import type { Core } from '#core/core.js';
import type { SharedOffer } from '#core/offers/index.js';
import { shortName } from '#core/site-people/index.js';

const MOST_LEADERS = 10;

export interface Leader {
  /** From 1; whoever brought as many has the same. */
  place: number;
  /** First name and initial; null: nothing that is a name. */
  name: string | null;
  friends: number;
  isAdvocate: boolean;
}

interface Row {
  place: number;
  friends: number;
  advocate_id: number;
  first_name: string | null;
  last_name: string | null;
}

/** Who brought most in the campaign of an offer: ten, and whoever has the offer, if they brought any. */
export async function leadersOf(core: Pick<Core, 'db'>, { campaign, offer }: SharedOffer): Promise<Leader[]> {
  const { rows } = await sql<Row>`
    with brought as (
      select counted.advocate_id, count(distinct counted.friend_id)::int as friends, max(counted.id) as latest
      from referrals counted join origins bought on bought.id = counted.origin_id
      where counted.campaign_id = ${campaign.id} and ${COUNTED}
      group by counted.advocate_id
    ), ranked as (
      select *, rank() over (order by friends desc)::int as place,
        row_number() over (order by friends desc, latest) as line
      from brought
    )
    select place, friends, advocate_id, first_name, last_name
    from ranked join site_people on site_people.id = advocate_id
    where line <= ${MOST_LEADERS} or advocate_id = ${offer.personId}
    order by line`.execute(core.db);
  return rows.map(({ place, friends, advocate_id: id, first_name: firstName, last_name: lastName }) => ({
    ...{ place, friends, isAdvocate: id === offer.personId },
    name: shortName({ firstName, lastName }) ?? null,
  }));
}
