import type { RouteTable } from '#apis/http/index.js';
import { findStage, type Caller } from '#core/accounts/index.js';

export function limitRoutes(table: RouteTable<Caller>): void {
  table.get('/limits', {
    id: 'getLimits',
    tag: 'Limits',
    summary: "The account's limits",
    description:
      'Changed by the operator with `sidetone accounts set-limit`. `requests_per_minute` is that of this API; `retention_days`: how long what is kept. The rate headers of every reply say what is left.',
    scope: 'limits:read',
    handle: async ({ core, auth }) => ({
      requests_per_minute: auth.limits.outreach_requests_per_minute,
      verify_requests_per_minute: auth.limits.verify_requests_per_minute,
      phone_system_requests_per_minute: auth.limits.phone_system_requests_per_minute,
      concurrent_calls: auth.limits.concurrent_calls,
      calls_per_second: auth.limits.calls_per_second,
      incoming_calls: auth.limits.incoming_calls,
      phone_calls: auth.limits.phone_calls,
      messages_per_minute: auth.limits.messages_per_minute,
      retention_days: {
        recordings: auth.limits.retention_days_recordings,
        voicemail: auth.limits.retention_days_voicemail,
        bodies: auth.limits.retention_days_bodies,
        delivery_attempts: auth.limits.retention_days_delivery_attempts,
      },
      mode: auth.mode,
      stage: await findStage(core, auth.accountId),
    }),
  });
}
