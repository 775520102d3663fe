import Type, { type Static } from 'typebox';
import { personBySlug } from '#apis/referrals/find-by-slug.js';
import { presentMoneyOrNull } from '#apis/referrals/money.js';
import { PersonObject, presentChoice, presentPerson, SubChoice } from '#apis/referrals/present-person.js';
import { presentTime, presentTimeOrNull } from '#apis/referrals/present-time.js';
import type { SiteTable } from '#apis/referrals/site-table.js';
import {
  anonymizePerson,
  personalDataOf,
  unsubscribePerson,
  type PersonalData,
  type SitePerson,
} from '#core/site-people/index.js';
import type { Site } from '#core/sites/index.js';

const tag = 'People';
const Text = Type.String();
const MaybeText = Type.Union([Text, Type.Null()]);
const MaybeNumber = Type.Union([Type.Number(), Type.Null()]);
const params = Type.Object({ person_slug: Type.String({ examples: ['anna@example.com'] }) });
const PersonReply = Type.Object({ person: PersonObject });
const Nothing = Type.Object({}, { additionalProperties: false, examples: [{}] });

const newest = { description: 'The newest first, 10,000 at most.' };
const BROWSER = { ip_address: MaybeText, user_agent: MaybeText, uuid: MaybeText };

const PersonalDataObject = Type.Object({
  created_at: Text,
  customer_id: MaybeText,
  email: MaybeText,
  first_name: MaybeText,
  last_name: MaybeText,
  username: MaybeText,
  phone_number: MaybeText,
  gender: MaybeText,
  custom_properties: Type.Record(Text, Text),
  sub_choice: SubChoice,
  subscribed_at: MaybeText,
  opted_in_at: MaybeText,
  phone_opted_in_at: MaybeText,
  unsubscribed_at: MaybeText,
  points_balance: Type.Union([Type.Integer(), Type.Null()]),
  member_dates: Type.Array(Type.Object({ identifier: Text, date: Text })),
  origins: Type.Array(
    Type.Object({
      type: Type.Enum(['AffiliateMember', 'Purchase', 'Event']),
      created_at: Text,
      ...BROWSER,
      order_number: MaybeText,
      event_category: MaybeText,
      event_number: MaybeText,
      subtotal: MaybeNumber,
      coupon_codes: Type.Array(Text),
      shipping_address: MaybeText,
      shipping_zip: MaybeText,
    }),
    newest,
  ),
  visits: Type.Array(Type.Object({ created_at: Text, channel: Text, ...BROWSER }), {
    description: `When they came by an offer and said who they are. ${newest.description}`,
  }),
  shares: Type.Array(Type.Object({ created_at: Text, channel: Text, recipients: Type.Array(Text) }), newest),
  browsers: Type.Array(Text, { description: 'The UUIDs of browsers that they were known by.' }),
});

export function personalDataRoutes(table: SiteTable): void {
  table.get('/people/:person_slug/personal_data', {
    id: 'getPersonalData',
    summary: 'Get personal information about a person',
    description:
      'What was recommended and given by these is at `/people/{person_slug}/rewards` and `…/referrals_as_…`.',
    tag,
    scope: 'referrals:read',
    params,
    returns: Type.Object({ person: PersonalDataObject }),
    async handle({ core, site, params: { person_slug: slug } }) {
      const person = await personBySlug(core, site, slug);
      return { person: present(site, person, await personalDataOf(core, person)) };
    },
  });

  table.post('/people/:person_slug/anonymize', {
    id: 'anonymizePerson',
    summary: 'Anonymize a person',
    description:
      'For good: everything that says who they are is erased. What stays is that somebody bought and recommended, under an ' +
      'address that nobody has; whoever wants no letters gets none later either.',
    tag,
    scope: 'referrals:write',
    params,
    body: Nothing,
    returns: PersonReply,
    async handle({ core, auth, site, params: { person_slug: slug } }) {
      const { id } = await personBySlug(core, site, slug);
      const person = await anonymizePerson(core, site, { id, actor: auth.keyId });
      return { person: await presentPerson(core, site, person) };
    },
  });

  table.post('/people/:person_slug/unsubscribe', {
    id: 'unsubscribePerson',
    summary: 'Unsubscribe a person',
    description: 'No letters of the site go to them any more, also where nobody was known by this address.',
    tag,
    scope: 'referrals:write',
    params,
    body: Nothing,
    returns: PersonReply,
    async handle({ core, site, params: { person_slug: slug } }) {
      return { person: await presentPerson(core, site, await unsubscribePerson(core, site, slug)) };
    },
  });
}

const TYPES = { affiliate_member: 'AffiliateMember', purchase: 'Purchase', event: 'Event' } as const;

function present(site: Site, person: SitePerson, data: PersonalData): Static<typeof PersonalDataObject> {
  const { timeZone } = site;
  return {
    created_at: presentTime(person.createdAt, timeZone),
    customer_id: person.customerId,
    email: person.email,
    first_name: person.firstName,
    last_name: person.lastName,
    username: person.username,
    phone_number: person.phone,
    gender: null,
    custom_properties: person.properties,
    sub_choice: presentChoice(person.subChoice),
    subscribed_at: presentTimeOrNull(person.subscribedAt, timeZone),
    opted_in_at: presentTimeOrNull(person.optedInAt, timeZone),
    phone_opted_in_at: null,
    unsubscribed_at: presentTimeOrNull(person.unsubscribedAt, timeZone),
    points_balance: data.points,
    member_dates: Object.entries(data.memberDates ?? {}).map(([identifier, date]) => ({ identifier, date })),
    origins: data.origins.map(({ kind, category, number, ...origin }) => ({
      type: TYPES[kind],
      created_at: presentTime(origin.createdAt, timeZone),
      ...presentBrowser(origin),
      order_number: kind === 'purchase' ? number : null,
      event_category: kind === 'event' ? category : null,
      event_number: kind === 'event' ? number : null,
      subtotal: presentMoneyOrNull(origin.subtotal, site.currency),
      coupon_codes: origin.couponCodes,
      shipping_address: origin.shippingAddress,
      shipping_zip: origin.shippingZip,
    })),
    visits: data.visits.map((visit) => ({
      created_at: presentTime(visit.createdAt, timeZone),
      channel: visit.channel,
      ...presentBrowser(visit),
    })),
    shares: data.shares.map(({ createdAt, channel, recipients }) => ({
      created_at: presentTime(createdAt, timeZone),
      ...{ channel, recipients },
    })),
    browsers: data.visitors,
  };
}

function presentBrowser({
  ip,
  userAgent,
  visitor,
}: Pick<PersonalData['visits'][number], 'ip' | 'userAgent' | 'visitor'>) {
  return { ip_address: ip, user_agent: userAgent, uuid: visitor };
}
