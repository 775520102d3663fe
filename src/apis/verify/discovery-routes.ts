import Type from 'typebox';
import type { RouteTable } from '#apis/http/index.js';
import type { Caller } from '#core/accounts/index.js';

/** Adds the routes of `addAll`, and one that says what there is, for whoever looks first. */
export function discoveryRoutes(table: RouteTable<Caller>, addAll: (table: RouteTable<Caller>) => void): void {
  const resources = new Set<string>();
  addAll(noting(table, (path) => resources.add(path.split('/')[1] ?? '')));

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
      resources: [...resources].sort(),
      auth: 'Authorization: Bearer YOUR_API_KEY',
    }),
  });
}

/** A table that also tells the path of each route that it is given. */
function noting(table: RouteTable<Caller>, note: (path: string) => void): RouteTable<Caller> {
  return Object.fromEntries(
    Object.entries(table).map(([method, add]) => [
      method,
      (path: string, ...route: never[]) => {
        note(path);
        (add as (path: string, ...route: never[]) => void)(path, ...route);
      },
    ]),
  ) as unknown as RouteTable<Caller>;
}
