import Type from 'typebox';
import { MESSAGE_LIMITS } from '#core/messages/index.js';
import { NATIONAL_TABLES } from '#core/segments/index.js';

const strict = { additionalProperties: false };

const Variables = Type.Record(Type.String(), Type.Union([Type.String(), Type.Number()]), {
  examples: [{ FIRST_NAME: 'Sarah' }],
});
const Metadata = Type.Record(Type.String(), Type.Unknown(), { description: 'Yours; given back with every event.' });
const Writing = {
  smart_encoding: Type.Optional(
    Type.Boolean({
      description:
        'Typographic quotes, dashes, dots and blanks are written plainly where that makes the text GSM 7 bit. Default: true.',
    }),
  ),
  national_tables: Type.Optional(
    Type.Array(Type.Union(NATIONAL_TABLES.map((table) => Type.Literal(table))), {
      maxItems: NATIONAL_TABLES.length,
      description:
        'National tables (3GPP TS 23.038) that may be used where they save a segment. Default: `tr` for numbers of Turkey, else none.',
    }),
  ),
};

/** One of `messages`. Checked for each by itself, so that one that is wrong stops no other. */
export const OneText = Type.Object(
  {
    to: Type.String({ description: 'E.164.', examples: ['+12125550100'] }),
    message: Type.Optional(Type.String()),
    variables: Type.Optional(Variables),
    metadata: Type.Optional(Metadata),
  },
  strict,
);

/** The body of `POST /api/v1/sms`. */
export const SendTextsBody = Type.Object(
  {
    to: Type.Optional(
      Type.Union(
        [
          Type.String(),
          // Each is looked at by itself.
          Type.Array(Type.Unknown(), { minItems: 1, maxItems: MESSAGE_LIMITS.texts }),
        ],
        {
          description: `E.164: one, or up to ${MESSAGE_LIMITS.texts} of them. Or \`messages\`.`,
          examples: ['+12125550100'],
        },
      ),
    ),
    messages: Type.Optional(
      Type.Array(Type.Unknown(), {
        minItems: 1,
        maxItems: MESSAGE_LIMITS.texts,
        description:
          'In place of `to`: for each recipient `to`, and what differs from what holds for all: `message`, `variables` (laid over those of all), `metadata`.',
        examples: [[{ to: '+12125550100', variables: { FIRST_NAME: 'Sarah' } }]],
      }),
    ),
    from: Type.Union(
      [Type.String(), Type.Array(Type.String(), { minItems: 1, maxItems: MESSAGE_LIMITS.pool, uniqueItems: true })],
      {
        description:
          'A number, short code or name of the account; or a pool, of which a recipient hears from the one that wrote to them last.',
        examples: ['+15005550100'],
      },
    ),
    message: Type.Optional(
      Type.String({
        description: `At most ${MESSAGE_LIMITS.segments} segments; \`{FIELDS}\` are filled from \`variables\`.`,
        examples: ['Hello {FIRST_NAME}, your table is ready.'],
      }),
    ),
    variables: Type.Optional(Variables),
    ...Writing,
    purpose: Type.Optional(
      Type.Union([Type.Literal('transactional'), Type.Literal('marketing')], {
        description: 'Default: transactional.',
      }),
    ),
    schedule_at: Type.Optional(
      Type.String({ description: 'ISO 8601 with offset. Default: now.', examples: ['2026-12-01T15:00:00Z'] }),
    ),
    validity_seconds: Type.Optional(
      Type.Integer({
        minimum: MESSAGE_LIMITS.validitySeconds.least,
        maximum: MESSAGE_LIMITS.validitySeconds.most,
        description: `After this time it is not sent any more. Default: ${MESSAGE_LIMITS.validitySeconds.default}.`,
      }),
    ),
    webhook_url: Type.Optional(
      Type.String({ description: 'Receives what becomes of the texts, and answers to them.' }),
    ),
    metadata: Type.Optional(Metadata),
  },
  {
    ...strict,
    examples: [
      {
        to: '+15005550001',
        from: '+15005550100',
        message: 'Hello {FIRST_NAME}, your table is ready.',
        variables: { FIRST_NAME: 'Sarah' },
      },
    ],
  },
);

const SentText = Type.Object({
  sms_id: Type.String(),
  status: Type.String(),
  to: Type.String(),
  from: Type.String(),
  segments: Type.Integer(),
  encoding: Type.String({ description: '`gsm7` or `ucs2`.' }),
  created_at: Type.String(),
});

const SentBatch = Type.Object({
  batch_id: Type.String(),
  status: Type.String(),
  total: Type.Integer(),
  accepted: Type.Integer(),
  messages: Type.Array(
    Type.Object({ index: Type.Integer(), sms_id: Type.String(), to: Type.String(), segments: Type.Integer() }),
  ),
  errors: Type.Array(
    Type.Object({
      index: Type.Integer(),
      to: Type.Union([Type.String(), Type.Null()]),
      error: Type.Object({ code: Type.String(), message: Type.String(), field: Type.String() }),
    }),
  ),
  created_at: Type.String(),
});

export const SentReply = Type.Union([SentText, SentBatch], {
  description: 'The second for a list of recipients, of whatever length.',
});

export const PreviewBody = Type.Object(
  {
    message: Type.String({ examples: ['Hello {FIRST_NAME}'] }),
    variables: Type.Optional(Variables),
    to: Type.Optional(Type.String({ description: 'Whose national tables are used; E.164.' })),
    ...Writing,
  },
  strict,
);

export const PreviewReply = Type.Object({
  text: Type.String({ description: 'As it would go out.' }),
  encoding: Type.String(),
  segments: Type.Integer(),
  too_long: Type.Boolean({ description: `More than ${MESSAGE_LIMITS.segments} segments.` }),
  ucs2_characters: Type.Array(Type.String(), { description: 'Those that are not in GSM 7 bit; the first twenty.' }),
  missing_variables: Type.Array(Type.String()),
});

const STATUSES = [
  'queued',
  'sending',
  'sent',
  'delivered',
  'undelivered',
  'failed',
  'unknown',
  'canceled',
  'received',
] as const;

export const SmsListQuery = Type.Object(
  {
    limit: Type.Integer({ minimum: 1, maximum: 100, default: 50 }),
    cursor: Type.Optional(Type.String({ description: '`next_cursor` of the page before.' })),
    status: Type.Optional(Type.Union(STATUSES.map((status) => Type.Literal(status)))),
    direction: Type.Optional(
      Type.Union([Type.Literal('out'), Type.Literal('in')], { description: 'Sent by you, or received.' }),
    ),
    to: Type.Optional(Type.String()),
    from: Type.Optional(Type.String()),
    batch_id: Type.Optional(Type.String()),
    created_after: Type.Optional(Type.String({ description: 'ISO 8601; this moment or later.' })),
    created_before: Type.Optional(Type.String({ description: 'ISO 8601; before this moment.' })),
  },
  strict,
);

export const SmsParams = Type.Object({ id: Type.String() });

export const SmsReply = Type.Object(
  { ...SentText.properties, direction: Type.String() },
  { description: 'Times are ISO 8601 in UTC; what has not happened is null.' },
);

export const BatchReply = Type.Object({
  batch_id: Type.String(),
  total: Type.Integer(),
  segments: Type.Integer(),
  statuses: Type.Record(Type.String(), Type.Integer()),
  created_at: Type.String(),
});
