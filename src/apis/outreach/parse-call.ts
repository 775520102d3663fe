import type { Static } from 'typebox';
import { HttpProblem } from '#apis/http/problem.js';
import type { PlaceCallsBody } from '#apis/outreach/call-schemas.js';
import { parseInstant } from '#apis/outreach/parse-time.js';
import type { PlaceCall } from '#core/calls/index.js';
import type { Caller } from '#core/accounts/index.js';

/** The name of this door's dialect, as stored with calls. */
export const DIALECT = 'outreach';

export function parseCall(body: Static<typeof PlaceCallsBody>, auth: Pick<Caller, 'accountId' | 'mode'>): PlaceCall {
  const { to } = body;
  if (typeof to !== 'string') {
    throw new HttpProblem('invalid_input', 'The field "to" is missing.', { field: 'to' });
  }
  const variables = Object.entries(body.variables ?? {}).map(([name, value]) => [name, String(value)] as const);
  return {
    accountId: auth.accountId,
    mode: auth.mode,
    to,
    from: body.from,
    message: body.message,
    audioUrl: body.audio_url,
    voice: body.voice,
    variables: Object.fromEntries(variables),
    keys: body.dtmf,
    machine: { detect: body.amd?.enabled, on: body.amd?.on_machine, message: body.amd?.machine_message },
    webhookUrl: body.webhook_url,
    dialect: DIALECT,
    purpose: body.purpose,
    scheduleAt: body.schedule_at === undefined ? undefined : parseInstant('schedule_at', body.schedule_at),
    record: body.record,
    ringTimeoutSeconds: body.ring_timeout_seconds,
    maxDurationSeconds: body.max_duration_seconds,
    metadata: body.metadata,
  };
}
