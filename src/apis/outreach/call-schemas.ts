import Type from 'typebox';
import { CALL_LIMITS, ON_MACHINE } from '#core/calls/index.js';

const strict = { additionalProperties: false };

const KeyAction = Type.Object(
  {
    action: Type.Union(
      [Type.Literal('webhook'), Type.Literal('optout'), Type.Literal('repeat'), Type.Literal('hangup')],
      { description: 'What the key does.' },
    ),
    url: Type.Optional(
      Type.String({ description: 'For `webhook`: receives `call.dtmf` at once; its answer is ignored.' }),
    ),
    say: Type.Optional(Type.String({ description: 'A sentence spoken after the key.' })),
    then: Type.Optional(
      Type.Union([Type.Literal('hangup'), Type.Literal('repeat'), Type.Literal('continue')], {
        description: 'For `webhook`: what follows. Default: a short thanks, then hang up.',
      }),
    ),
  },
  strict,
);

/** A whole body that works as it stands, with a test key too. */
const WORKING_EXAMPLE = {
  to: '+15005550001',
  from: '+15005550100',
  message: 'Hello {FIRST_NAME}, press 1 to confirm.',
  voice: 'en-US-Standard-F',
  variables: { FIRST_NAME: 'Sarah' },
  dtmf: { '1': { action: 'hangup' }, '9': { action: 'optout' } },
};

/** One call of `POST /api/v1/calls`. */
export const PlaceCallBody = Type.Object(
  {
    to: Type.String({ description: 'E.164, or the name of a phone of yours.', examples: ['+12125550100'] }),
    from: Type.String({ description: 'A number of the account, E.164.', examples: ['+15005550100'] }),
    message: Type.Optional(
      Type.String({
        description: `Text to speak, at most ${CALL_LIMITS.messageCharacters} characters; \`{FIELDS}\` are filled from \`variables\`.`,
        examples: ['Hello {FIRST_NAME}, press 1 to confirm.'],
      }),
    ),
    audio_url: Type.Optional(
      Type.String({ description: 'In place of `message`: a WAV or MP3, at most 10 MB, fetched before dialling.' }),
    ),
    voice: Type.Optional(
      Type.String({ description: 'A voice id such as `en-US-Standard-F`.', examples: ['en-US-Neural-F'] }),
    ),
    variables: Type.Optional(
      Type.Record(Type.String(), Type.Union([Type.String(), Type.Number()]), { examples: [{ FIRST_NAME: 'Sarah' }] }),
    ),
    dtmf: Type.Optional(
      Type.Record(Type.String(), KeyAction, {
        description: 'One action for each key: 0–9, * and #.',
        examples: [{ '9': { action: 'optout' } }],
      }),
    ),
    amd: Type.Optional(
      Type.Object(
        {
          enabled: Type.Optional(Type.Boolean({ description: 'Default: true.' })),
          on_machine: Type.Optional(
            Type.Union(
              ON_MACHINE.map((what) => Type.Literal(what)),
              { description: 'Default: `leave_message`, after the beep.' },
            ),
          ),
          machine_message: Type.Optional(
            Type.String({
              description: 'What is left in place of `message`, with the same `variables`.',
              examples: ['Hello {FIRST_NAME}, please call us back.'],
            }),
          ),
        },
        { ...strict, description: 'Answering machines: whether to listen for them, and what to do with one.' },
      ),
    ),
    purpose: Type.Optional(
      Type.Union([Type.Literal('transactional'), Type.Literal('marketing')], {
        description:
          'Default: `transactional`. `marketing` says who is calling and how to stop it, and waits for 08:00 to 21:00 where ' +
          'the person is.',
      }),
    ),
    webhook_url: Type.Optional(Type.String({ description: 'Receives the events of this call.' })),
    schedule_at: Type.Optional(
      Type.String({ description: 'ISO 8601 with offset. Default: now.', examples: ['2026-12-01T15:00:00Z'] }),
    ),
    record: Type.Optional(Type.Boolean({ description: 'Records both sides, after a spoken notice. Default: false.' })),
    ring_timeout_seconds: Type.Optional(
      Type.Integer({
        minimum: CALL_LIMITS.ringTimeoutSeconds.least,
        maximum: CALL_LIMITS.ringTimeoutSeconds.most,
        description: `Default: ${CALL_LIMITS.ringTimeoutSeconds.default}.`,
      }),
    ),
    max_duration_seconds: Type.Optional(
      Type.Integer({
        minimum: CALL_LIMITS.maxDurationSeconds.least,
        maximum: CALL_LIMITS.maxDurationSeconds.most,
        description: `Default: ${CALL_LIMITS.maxDurationSeconds.default}.`,
      }),
    ),
    metadata: Type.Optional(
      Type.Record(Type.String(), Type.Unknown(), { description: 'Yours; given back with every event.' }),
    ),
  },
  {
    ...strict,
    examples: [WORKING_EXAMPLE],
  },
);

/** One of `calls`. Checked for each by itself, so that one that is wrong stops no other. */
export const OneCall = Type.Object(
  {
    to: Type.String(),
    variables: Type.Optional(Type.Record(Type.String(), Type.Union([Type.String(), Type.Number()]))),
    metadata: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  },
  strict,
);

/** The same for more than one: `to` as a list, or `calls`. */
export const PlaceCallsBody = Type.Object(
  {
    ...PlaceCallBody.properties,
    to: Type.Optional(
      Type.Union([PlaceCallBody.properties.to, Type.Array(Type.Unknown())], {
        description: 'E.164, or the name of a phone of yours. A list of numbers becomes a campaign.',
      }),
    ),
    calls: Type.Optional(
      Type.Array(Type.Unknown(), {
        description:
          'In place of `to`: each a number `to`, with `variables` of its own, laid over the shared ones, and `metadata`; a campaign.',
        examples: [[{ to: '+15005550001', variables: { FIRST_NAME: 'Sarah' } }]],
      }),
    ),
  },
  { ...strict, examples: [WORKING_EXAMPLE] },
);

export const PlacedCall = Type.Object({
  call_id: Type.String(),
  status: Type.String(),
  to: Type.String(),
  created_at: Type.String(),
});

export const CallReply = Type.Object(
  {
    call_id: Type.String(),
    direction: Type.String({ description: '`out`: placed by you; `in`: somebody called your number.' }),
    campaign_id: Type.Union([Type.String(), Type.Null()], { description: 'The campaign that made the call.' }),
    status: Type.String(),
    to: Type.String(),
    from: Type.String(),
    created_at: Type.String(),
  },
  { description: 'Times are ISO 8601 in UTC; what has not happened is null.' },
);

export const ListQuery = Type.Object(
  {
    limit: Type.Integer({ minimum: 1, maximum: 100, default: 50 }),
    cursor: Type.Optional(Type.String({ description: '`next_cursor` of the page before.' })),
    direction: Type.Optional(
      Type.Union([Type.Literal('out'), Type.Literal('in')], { description: 'Placed by you, or come in.' }),
    ),
    status: Type.Optional(
      Type.Union(
        (
          [
            'queued',
            'dialing',
            'ringing',
            'answered',
            'completed',
            'no_answer',
            'busy',
            'rejected',
            'failed',
            'canceled',
            'voicemail',
          ] as const
        ).map((status) => Type.Literal(status)),
      ),
    ),
    to: Type.Optional(Type.String()),
    from: Type.Optional(Type.String()),
    created_after: Type.Optional(Type.String({ description: 'ISO 8601; this moment or later.' })),
    created_before: Type.Optional(Type.String({ description: 'ISO 8601; before this moment.' })),
  },
  strict,
);

export const CallParams = Type.Object({ id: Type.String() });
