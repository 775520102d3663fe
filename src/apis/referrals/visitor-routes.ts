import Type from 'typebox';
import type { SiteTable } from '#apis/referrals/site-table.js';
import { trackVisit } from '#core/offers/index.js';
import { linkVisitor } from '#core/site-people/index.js';

export function visitorRoutes(table: SiteTable): void {
  table.post('/visitors', {
    id: 'createVisitor',
    summary: 'Create a visitor',
    description: 'A browser, by the UUID in its cookie. The same again is the same.',
    tag: 'Visitors',
    scope: 'referrals:write',
    body: Type.Object(
      {
        data: Type.Object({ uuid: Type.String({ maxLength: 36 }) }, { additionalProperties: false }),
      },
      { additionalProperties: false, examples: [{ data: { uuid: 'ecbb6fec-c3b4-4e7b-9aec-3a3f0e0d7b11' } }] },
    ),
    returns: Type.Object({ uuid: Type.String() }),
    async handle({ core, site, body }) {
      const { uuid } = body.data;
      await linkVisitor(core.db, site, uuid, null, new Date(core.clock.now()));
      return { uuid: uuid.toLowerCase() };
    },
  });
  table.put('/visitor_offers/:id/track_visit', {
    id: 'trackVisit',
    summary: 'Mark a visitor’s offer as visited',
    tag: 'Visitors',
    scope: 'referrals:write',
    params: Type.Object({ id: Type.String() }),
    async handle({ core, site, params }) {
      // What is no number names no offer.
      await trackVisit(core, site, /^\d{1,15}$/.test(params.id) ? Number(params.id) : 0);
      return {};
    },
  });
}
