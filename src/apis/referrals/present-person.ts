import Type, { type Static } from 'typebox';
import { presentTimeOrNull } from '#apis/referrals/present-time.js';
import type { Core } from '#core/core.js';
import { claimLink } from '#core/offers/index.js';
import { summarizePerson, type SitePerson } from '#core/site-people/index.js';
import type { Site } from '#core/sites/index.js';

const MaybeText = Type.Union([Type.String(), Type.Null()]);
const Count = Type.Integer({ minimum: 0 });

export const SubChoice = Type.Union([Type.Boolean(), Type.Null()], {
  description: 'Whether they agreed to letters of the shop; null: they were never asked.',
});

export const PersonObject = Type.Object({
  email: MaybeText,
  first_name: MaybeText,
  last_name: MaybeText,
  username: MaybeText,
  customer_id: MaybeText,
  phone_number: MaybeText,
  gender: MaybeText,
  custom_properties: Type.Record(Type.String(), Type.String()),
  sub_choice: SubChoice,
  subscribed_at: MaybeText,
  opted_in_at: MaybeText,
  phone_opted_in_at: MaybeText,
  unsubscribed_at: MaybeText,
  events_count: Count,
  personal_claim_url: Type.Union([Type.String(), Type.Null()], { description: 'Of their first offer that is open.' }),
  referral_counts: Type.Object({ total: Count, approved: Count, pending: Count }),
  reward_counts: Type.Object({ total: Count }),
  share_counts: Type.Object({ total: Count }),
  last_invited_by: Type.Union([Type.String(), Type.Null()], { description: 'The address of an advocate.' }),
  referred_by: Type.Union([Type.String(), Type.Null()], { description: 'The address of an advocate.' }),
});

export function presentChoice(choice: unknown): boolean | null {
  return typeof choice === 'string' ? choice === 'subscribed' : null;
}

export async function presentPerson(
  core: Pick<Core, 'db' | 'clock' | 'settings'>,
  site: Site,
  person: SitePerson,
): Promise<Static<typeof PersonObject>> {
  const { referrals, ...summary } = await summarizePerson(core, person);
  const time = (at: Date | null): string | null => presentTimeOrNull(at, site.timeZone);
  return {
    email: person.email,
    first_name: person.firstName,
    last_name: person.lastName,
    username: person.username,
    customer_id: person.customerId,
    phone_number: person.phone,
    gender: null,
    custom_properties: person.properties,
    sub_choice: presentChoice(person.subChoice),
    subscribed_at: time(person.subscribedAt),
    opted_in_at: time(person.optedInAt),
    phone_opted_in_at: null,
    unsubscribed_at: time(person.unsubscribedAt),
    events_count: summary.events,
    personal_claim_url: summary.offerCode === null ? null : claimLink(core, { code: summary.offerCode }),
    referral_counts: referrals,
    reward_counts: { total: summary.rewards },
    share_counts: { total: summary.shares },
    last_invited_by: summary.lastInvitedBy,
    referred_by: summary.referredBy,
  };
}
