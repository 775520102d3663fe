import Type from 'typebox';
import { CustomProperties, readProperties } from '#apis/referrals/origin-data.js';
import { MemberObject, presentMember } from '#apis/referrals/present-loyalty.js';
import type { SiteTable } from '#apis/referrals/site-table.js';
import { findActiveMember, joinLoyalty, updateMember } from '#core/loyalty/index.js';

const strict = { additionalProperties: false } as const;
const read = { tag: 'Loyalty', scope: 'referrals:read' } as const;
const write = { tag: 'Loyalty', scope: 'referrals:write' } as const;
const Params = Type.Object({ email: Type.String({ examples: ['anna@example.com'] }) });
const MemberReply = Type.Object({ loyalty_member: MemberObject });

/** Who collects points. */
export function loyaltyMemberRoutes(table: SiteTable): void {
  table.post('/loyalty/members', {
    ...write,
    id: 'joinLoyalty',
    summary: 'Make somebody a loyalty member',
    description: 'Whoever is one already stays as they are.',
    body: Type.Object(
      { data: Type.Object({ email: Type.String({ maxLength: 1000 }) }, strict) },
      { ...strict, examples: [{ data: { email: 'anna@example.com' } }] },
    ),
    status: 201,
    returns: MemberReply,
    handle: async ({ core, site, body }) => ({
      loyalty_member: presentMember(await joinLoyalty(core, site, body.data)),
    }),
  });

  table.get('/loyalty/members/:email', {
    ...read,
    id: 'getLoyaltyMember',
    summary: 'Find a loyalty member',
    params: Params,
    returns: MemberReply,
    handle: async ({ core, site, params: { email } }) => ({
      loyalty_member: presentMember(await findActiveMember(core, site, email)),
    }),
  });

  table.put('/loyalty/members/:email', {
    ...write,
    id: 'updateLoyaltyMember',
    summary: 'Update a loyalty member',
    description: 'Properties and dates are put in place of those of the same names; others stay.',
    params: Params,
    body: Type.Object(
      {
        data: Type.Object(
          {
            custom_properties: Type.Optional(CustomProperties),
            member_dates: Type.Optional(
              Type.Unknown({
                description: 'A list of `{identifier, date}`: birthdays and the like.',
                examples: [[{ identifier: 'birthday', date: '1990-05-17' }]],
              }),
            ),
            active: Type.Optional(Type.Boolean({ description: 'One who is not collects and redeems nothing.' })),
          },
          strict,
        ),
      },
      {
        ...strict,
        examples: [{ data: { member_dates: [{ identifier: 'birthday', date: '1990-05-17' }] } }],
      },
    ),
    returns: MemberReply,
    async handle({ core, site, params: { email }, body: { data } }) {
      const properties = data.custom_properties === undefined ? undefined : readProperties(data.custom_properties);
      const { member_dates: dates, active } = data;
      return { loyalty_member: presentMember(await updateMember(core, site, email, { properties, dates, active })) };
    },
  });
}
