import Type from 'typebox';
import { ACTOR, type AdminParts, type AdminRoutes } from '#apis/admin/admin-parts.js';

export function addBanRoutes(table: AdminRoutes, { bans }: AdminParts): void {
  table.get('/bans', {
    id: 'listBans',
    summary: 'The addresses that SIP does not answer for now, on this server',
    handle: async () => ({
      bans: bans.list().map(({ address, reason, since, until }) => ({
        address,
        reason,
        since: new Date(since),
        until: new Date(until),
      })),
    }),
  });

  table.delete('/bans', {
    id: 'liftBans',
    summary: 'Take the ban off an address; without one, all bans',
    query: Type.Object({ address: Type.Optional(Type.String()) }),
    handle: async ({ query }) => ({ lifted: await bans.lift({ ...query, actor: ACTOR }) }),
  });
}
