import Type from 'typebox';
import { PlaceCallBody } from '#apis/outreach/call-schemas.js';
import { WEEKDAYS } from '#core/calling-hours/index.js';
import { CAMPAIGN_LIMITS } from '#core/campaigns/index.js';
import { RETRIED_OUTCOMES, RETRY_LIMITS, SKIP_OUTCOMES, TRY_OUTCOMES } from '#core/recipients/index.js';

const strict = { additionalProperties: false };
const Text = Type.String();
const call = PlaceCallBody.properties;
const Value = Type.Union([Type.String(), Type.Number()]);

/** One of `contacts`. Checked for each by itself, so that one that is wrong stops no other. */
export const Contact = Type.Object(
  {
    phone: Type.String({ description: 'E.164.', examples: ['+15005550001'] }),
    first_name: Type.Optional(Type.String({ description: 'Fills `{FIRST_NAME}`.' })),
    last_name: Type.Optional(Type.String({ description: 'Fills `{LAST_NAME}`.' })),
    variables: Type.Optional(
      Type.Record(Type.String(), Value, { description: 'Laid over those of the campaign.', examples: [{}] }),
    ),
    time_zone: Type.Optional(
      Type.String({ description: 'Where they are, if you know it: `America/Chicago`. Default: by their number.' }),
    ),
    consent: Type.Optional(
      Type.Union([Type.String(), Type.Literal(true)], {
        description: 'On what their consent to marketing rests: `web form of 2026-03-01`.',
      }),
    ),
    metadata: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  },
  strict,
);

export const CallingWindow = Type.Object(
  {
    start: Type.String({ description: '`HH:MM`.', examples: ['09:00'] }),
    end: Type.String({ description: '`HH:MM`; at or before `start`: of the next day.', examples: ['18:00'] }),
    days: Type.Optional(Type.Array(Type.String(), { description: `Of ${WEEKDAYS.join(', ')}. Default: every day.` })),
  },
  { ...strict, description: "In each recipient's own time; only hours that are open in every zone they can be in." },
);

const Retry = Type.Object(
  {
    max_attempts: Type.Optional(
      Type.Integer({ description: `Of one recipient, the first included: 1 to ${RETRY_LIMITS.attempts}. Default: 2.` }),
    ),
    minutes_between: Type.Optional(Type.Number({ description: 'Default: 30.' })),
    delays: Type.Optional(
      Type.Record(Type.String(), Type.Number(), { description: 'Minutes by outcome, where they differ.' }),
    ),
    on: Type.Optional(
      Type.Array(Type.String(), {
        description: `Of ${RETRIED_OUTCOMES.join(', ')}. Default: no_answer, busy, failed.`,
      }),
    ),
  },
  strict,
);

const Pace = {
  calls_per_second: Type.Optional(Type.Number({ description: 'Evenly spaced. Default: as the trunks allow.' })),
  max_concurrent: Type.Optional(Type.Integer({ description: 'Calls at the same time. Default: as the trunks allow.' })),
};

/** The body of `POST /api/v1/campaigns`. */
export const CreateCampaignBody = Type.Object(
  {
    name: Type.String({ examples: ['Reminders of March'] }),
    channel: Type.Optional(
      Type.Union([Type.Literal('voice'), Type.Literal('sms')], { description: 'Default: voice.' }),
    ),
    purpose: Type.Optional(
      Type.Union([Type.Literal('transactional'), Type.Literal('marketing')], {
        description:
          'What it is for; it has to be said. Marketing is heard from 8 to 21 h, by people whose consent is known.',
        examples: ['transactional'],
      }),
    ),
    from: Type.Union([Type.String(), Type.Array(Type.String())], {
      description: 'A number of the account, or a pool of them.',
      examples: ['+15005550100'],
    }),
    message: call.message,
    audio_url: call.audio_url,
    voice: call.voice,
    variables: call.variables,
    dtmf: call.dtmf,
    amd: call.amd,
    record: call.record,
    ring_timeout_seconds: call.ring_timeout_seconds,
    max_duration_seconds: call.max_duration_seconds,
    validity_seconds: Type.Optional(Type.Integer({ description: 'Of texts: then they are not sent any more.' })),
    contacts: Type.Optional(
      Type.Array(Type.Unknown(), {
        description:
          `At most ${CAMPAIGN_LIMITS.contacts}; or \`list_id\`, or \`upload_id\`. Each has a \`phone\`, and may have ` +
          '`first_name`, `last_name`, `variables`, `time_zone`, `consent` and `metadata`.',
        examples: [[{ phone: '+15005550001', first_name: 'Sarah' }]],
      }),
    ),
    list_id: Type.Optional(Type.String({ description: 'A list of contacts, as it is when it is read.' })),
    upload_id: Type.Optional(Type.String({ description: 'A CSV file: `phone`, and a column for each field.' })),
    columns: Type.Optional(
      Type.Record(Type.String(), Type.Union([Type.String(), Type.Null()]), {
        description: 'What the columns of the file are called here, by their headings.',
      }),
    ),
    schedule_at: Type.Optional(Type.String({ description: 'The same as `start_at`.' })),
    start_at: Type.Optional(Type.String({ description: 'ISO 8601; without an offset in `timezone`. Default: now.' })),
    end_at: Type.Optional(Type.String({ description: 'Whoever was not reached by then is not tried any more.' })),
    timezone: Type.Optional(
      Type.String({ description: 'Of times without an offset: `America/New_York`. Default: UTC.' }),
    ),
    calling_window: Type.Optional(CallingWindow),
    retry: Type.Optional(Retry),
    ...Pace,
    start: Type.Optional(Type.Boolean({ description: 'false: it waits as a draft. Default: true.' })),
    webhook_url: Type.Optional(Type.String({ description: 'Receives the events of the campaign and of its calls.' })),
    metadata: call.metadata,
  },
  {
    ...strict,
    examples: [
      {
        name: 'Reminders of March',
        purpose: 'transactional',
        from: '+15005550100',
        message: 'Hello {FIRST_NAME}, see you on {DAY}.',
        variables: { DAY: 'Tuesday' },
        contacts: [
          { phone: '+15005550001', first_name: 'Sarah' },
          { phone: '+15005550022', first_name: 'Sam' },
        ],
      },
    ],
  },
);

export const UpdateCampaignBody = Type.Object(
  {
    name: Type.Optional(Text),
    calling_window: Type.Optional(CallingWindow),
    ...Pace,
    start_at: Type.Optional(Text),
    end_at: Type.Optional(Text),
  },
  strict,
);

export const CreatedCampaignReply = Type.Object({
  campaign_id: Text,
  status: Text,
  total: Type.Integer(),
  created_at: Text,
});

const STATUSES = ['draft', 'scheduled', 'running', 'paused', 'completed', 'canceled'] as const;
const page = {
  limit: Type.Integer({ minimum: 1, maximum: 100, default: 50 }),
  cursor: Type.Optional(Type.String({ description: '`next_cursor` of the page before.' })),
};

export const CampaignListQuery = Type.Object(
  {
    ...page,
    status: Type.Optional(Type.Union(STATUSES.map((status) => Type.Literal(status)))),
    channel: Type.Optional(Type.Union([Type.Literal('voice'), Type.Literal('sms')])),
  },
  strict,
);

const filters = {
  status: Type.Optional(
    Type.Union((['waiting', 'active', 'done', 'skipped'] as const).map((status) => Type.Literal(status))),
  ),
  outcome: Type.Optional(
    Type.Union([...new Set([...TRY_OUTCOMES, ...SKIP_OUTCOMES])].map((outcome) => Type.Literal(outcome))),
  ),
  phone: Type.Optional(Text),
};
export const RecipientQuery = Type.Object({ ...page, ...filters }, strict);
export const RecipientExportQuery = Type.Object(filters, strict);
export const CampaignCallsQuery = Type.Object(page, strict);
export const CancelCampaignQuery = Type.Object(
  { hang_up: Type.Optional(Type.Boolean({ description: 'Also hang up its calls in progress. Default: false.' })) },
  strict,
);
export const CampaignParams = Type.Object({ id: Type.String() });
