import Type, { type Static } from 'typebox';
import { orSayNobody, personBySlug } from '#apis/referrals/find-by-slug.js';
import { CustomProperties, readProperties } from '#apis/referrals/origin-data.js';
import { PersonObject, presentPerson } from '#apis/referrals/present-person.js';
import type { SiteTable } from '#apis/referrals/site-table.js';
import { LONGEST_NAME, updatePerson, type PersonChanges } from '#core/site-people/index.js';

export const PersonSlug = Type.Object({
  person_slug: Type.String({
    description: 'E-mail address, number with its country, customer id or user name, URL-encoded.',
    examples: ['anna@example.com'],
  }),
});

const maybeText = (maxLength: number) =>
  Type.Optional(Type.Union([Type.String({ minLength: 1, maxLength }), Type.Null()]));

const PersonData = Type.Object(
  {
    first_name: maybeText(LONGEST_NAME),
    last_name: maybeText(LONGEST_NAME),
    email: Type.Optional(Type.String({ maxLength: 1000 })),
    phone_number: maybeText(40),
    username: maybeText(LONGEST_NAME),
    customer_id: maybeText(LONGEST_NAME),
    identifier_hash: Type.Optional(
      Type.String({ maxLength: 64, description: 'HMAC-SHA256 of the address with the site’s security key, in hex.' }),
    ),
    custom_properties: Type.Optional(CustomProperties),
    gated_param_subscribed: Type.Optional(Type.Boolean({ description: 'What they chose of letters.' })),
    unsubscribed: Type.Optional(
      Type.Boolean({ description: 'True: no letters any more. It cannot be taken back here.' }),
    ),
    unsubscribed_at: Type.Optional(Type.String({ format: 'date-time', maxLength: 40 })),
  },
  { additionalProperties: false },
);

export function personRoutes(table: SiteTable): void {
  table.get('/people/:person_slug', {
    id: 'findPerson',
    summary: 'Find a person',
    tag: 'People',
    scope: 'referrals:read',
    params: PersonSlug,
    returns: Type.Object({ person: PersonObject }),
    async handle({ core, site, params }) {
      return { person: await presentPerson(core, site, await personBySlug(core, site, params.person_slug)) };
    },
  });
  table.put('/people/:person_slug', {
    id: 'updatePerson',
    summary: 'Update a person',
    description:
      'What is absent stays as it is; null takes it away. Somebody not yet known by an e-mail address is known from now on.',
    tag: 'People',
    scope: 'referrals:write',
    params: PersonSlug,
    body: Type.Object(
      { data: PersonData },
      {
        additionalProperties: false,
        examples: [{ data: { first_name: 'Anna', custom_properties: { favourite: 'green tea' } } }],
      },
    ),
    returns: Type.Object({ person: PersonObject }),
    async handle({ core, site, params, body }) {
      const person = await orSayNobody(updatePerson(core, site, params.person_slug, changesOf(body.data)));
      return { person: await presentPerson(core, site, person) };
    },
  });
}

function changesOf(data: Static<typeof PersonData>): PersonChanges {
  return {
    email: data.email,
    phone: data.phone_number,
    username: data.username,
    customerId: data.customer_id,
    firstName: data.first_name,
    lastName: data.last_name,
    properties: data.custom_properties && readProperties(data.custom_properties),
    identifierHash: data.identifier_hash,
    subscribed: data.gated_param_subscribed,
    unsubscribed: data.unsubscribed,
    unsubscribedAt: data.unsubscribed_at === undefined ? undefined : new Date(data.unsubscribed_at),
  };
}
