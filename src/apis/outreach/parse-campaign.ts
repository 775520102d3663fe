import type { Static } from 'typebox';
import { HttpProblem } from '#apis/http/problem.js';
import { Contact, type CreateCampaignBody, type UpdateCampaignBody } from '#apis/outreach/campaign-schemas.js';
import { DIALECT } from '#apis/outreach/parse-call.js';
import { rowReader } from '#apis/outreach/parse-row.js';
import { parseInstantIn } from '#apis/outreach/parse-time.js';
import type { Caller } from '#core/accounts/index.js';
import type { CampaignChange, NewCampaign, NewRecipient } from '#core/campaigns/index.js';

type Body = Static<typeof CreateCampaignBody>;

/** What `consent: true` is kept as. */
const STATED = 'stated by the account';

export function parseCampaign(body: Body, auth: Pick<Caller, 'accountId' | 'mode'>): NewCampaign {
  if (body.purpose === undefined) {
    throw new HttpProblem(
      'invalid_input',
      'Say what the campaign is for: purpose is "transactional" (what people asked for or need to know) or ' +
        '"marketing" (everything else; it needs consent, and is heard from 8 to 21 h).',
      { field: 'purpose' },
    );
  }
  if (body.schedule_at !== undefined && body.start_at !== undefined) {
    throw new HttpProblem('invalid_input', 'Give schedule_at or start_at, and not both.', { field: 'schedule_at' });
  }
  const zone = body.timezone;
  const starts = body.start_at ?? body.schedule_at;
  const startField = body.start_at === undefined ? 'schedule_at' : 'start_at';
  return {
    accountId: auth.accountId,
    mode: auth.mode,
    name: body.name,
    channel: body.channel ?? 'voice',
    purpose: body.purpose,
    senders: typeof body.from === 'string' ? [body.from] : body.from,
    content: parseContent(body),
    contacts: body.contacts?.map(readContact),
    listId: body.list_id,
    uploadId: body.upload_id,
    columns: body.columns,
    startAt: starts === undefined ? undefined : parseInstantIn(startField, starts, zone),
    endAt: body.end_at === undefined ? undefined : parseInstantIn('end_at', body.end_at, zone),
    timeZone: zone,
    callingHours: body.calling_window,
    retry:
      body.retry === undefined
        ? undefined
        : {
            attempts: body.retry.max_attempts,
            on: body.retry.on,
            delayMinutes: body.retry.minutes_between,
            delays: body.retry.delays,
          },
    callsPerSecond: body.calls_per_second,
    maxConcurrent: body.max_concurrent,
    start: body.start,
    webhookUrl: body.webhook_url,
    dialect: DIALECT,
    metadata: body.metadata,
  };
}

type Spoken = Pick<
  Body,
  | 'message'
  | 'audio_url'
  | 'voice'
  | 'variables'
  | 'dtmf'
  | 'amd'
  | 'record'
  | 'ring_timeout_seconds'
  | 'max_duration_seconds'
> & { validity_seconds?: number | undefined };

/** Only what was given, as it is stored. */
export function parseContent(body: Spoken): NewCampaign['content'] {
  const { amd } = body;
  const given = {
    message: body.message,
    audioUrl: body.audio_url,
    voice: body.voice,
    variables: body.variables === undefined ? undefined : parseVariables(body.variables),
    keys: body.dtmf,
    machine: amd === undefined ? undefined : { detect: amd.enabled, on: amd.on_machine, message: amd.machine_message },
    record: body.record,
    ringTimeoutSeconds: body.ring_timeout_seconds,
    maxDurationSeconds: body.max_duration_seconds,
    validitySeconds: body.validity_seconds,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

export function parseVariables(variables: Readonly<Record<string, string | number>>): Record<string, string> {
  return Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, String(value)] as const));
}

const readContact = rowReader(
  Contact,
  'phone',
  ({ phone, first_name, last_name, variables, time_zone, consent, metadata }): NewRecipient => ({
    phone,
    variables: {
      ...(first_name === undefined ? {} : { FIRST_NAME: first_name }),
      ...(last_name === undefined ? {} : { LAST_NAME: last_name }),
      ...parseVariables(variables ?? {}),
    },
    timeZone: time_zone,
    consent: consent === true ? STATED : consent,
    metadata,
  }),
);

export function parseChange(body: Static<typeof UpdateCampaignBody>): CampaignChange {
  return {
    name: body.name,
    callingHours: body.calling_window,
    callsPerSecond: body.calls_per_second,
    maxConcurrent: body.max_concurrent,
    startAt: body.start_at === undefined ? undefined : parseInstantIn('start_at', body.start_at, undefined),
    endAt: body.end_at === undefined ? undefined : parseInstantIn('end_at', body.end_at, undefined),
  };
}
