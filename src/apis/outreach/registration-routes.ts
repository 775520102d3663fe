import type { RouteTable } from '#apis/http/index.js';
import { presentTime } from '#apis/outreach/parse-time.js';
import type { Caller } from '#core/accounts/index.js';
import { listRegistrations } from '#core/registrations/index.js';

/** Read only: registrations are the operator's, with `sidetone registrations …`. */
export function registrationRoutes(table: RouteTable<Caller>): void {
  table.get('/registrations', {
    id: 'listRegistrations',
    tag: 'Registrations',
    summary: 'Brands and campaigns as registered with the networks, and their caps',
    scope: 'numbers:read',
    handle: async ({ core, auth }) => ({
      registrations: (await listRegistrations(core, auth)).map((one) => ({
        registration_id: one.id,
        kind: one.kind,
        brand_id: one.brandId ?? null,
        name: one.name,
        type: one.type ?? null,
        state: one.state,
        segments_per_minute: one.caps?.segmentsPerMinute ?? null,
        segments_per_day: one.caps?.segmentsPerDay ?? null,
        numbers: one.numbers,
        live: one.mode === 'live',
        created_at: presentTime(one.createdAt),
        updated_at: presentTime(one.updatedAt),
      })),
    }),
  });
}
