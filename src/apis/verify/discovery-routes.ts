import Type from 'typebox';
import type { RouteTable } from '#apis/http/index.js';
import type { Caller } from '#core/accounts/index.js';

/** What there is, for whoever looks first. */
export function discoveryRoutes(table: RouteTable<Caller>): void {
  table.open('', {
    id: 'discover',
    tag: 'Discovery',
    summary: 'What this API has',
    anyOrigin: true,
    returns: Type.Object({
      name: Type.String(),
      version: Type.String(),
      docs: Type.String(),
      resources: Type.Array(Type.String()),
      auth: Type.String(),
    }),
    handle: async ({ core }) => ({
      name: 'Sidetone Verify API',
      version: 'v1',
      docs: `${core.settings.publicUrl}/docs`,
      resources: [],
      auth: 'Authorization: Bearer YOUR_API_KEY',
    }),
  });
}
