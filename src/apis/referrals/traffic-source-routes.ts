import Type from 'typebox';
import type { SiteTable } from '#apis/referrals/site-table.js';
import { listTrafficSources } from '#core/offers/index.js';

export function trafficSourceRoutes(table: SiteTable): void {
  table.get('/traffic_sources', {
    id: 'listTrafficSources',
    summary: 'List traffic sources',
    description: 'All that origins named, at most 1,000.',
    tag: 'Traffic sources',
    scope: 'referrals:read',
    returns: Type.Array(Type.Object({ identifier: Type.String() })),
    async handle({ core, site }) {
      return (await listTrafficSources(core, site)).map((identifier) => ({ identifier }));
    },
  });
}
