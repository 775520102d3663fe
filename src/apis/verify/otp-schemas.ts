import Type from 'typebox';

const strict = { additionalProperties: false };

/** The body of `POST /v1/otp`. */
export const RequestOtpBody = Type.Object(
  {
    to: Type.String({ description: 'E.164.', examples: ['+15551234567'] }),
    code_length: Type.Optional(
      Type.Integer({
        minimum: 4,
        maximum: 10,
        description: 'Digits of the code; taken down to the longest that the account’s policy allows (6 by default).',
      }),
    ),
    language: Type.Optional(
      Type.String({
        maxLength: 35,
        pattern: '^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$',
        description: 'BCP 47. Where no voice speaks it the code is spoken in English; `language_used` says so.',
        examples: ['en-US'],
      }),
    ),
    code: Type.Optional(
      Type.String({
        pattern: '^[0-9]{4,10}$',
        description: 'A code of your own, which you check yourself, in place of one of ours.',
      }),
    ),
    channel: Type.Optional(
      Type.Union([Type.Literal('voice'), Type.Literal('sms')], {
        description: 'How the code comes. Default: `voice`.',
      }),
    ),
  },
  { ...strict, examples: [{ to: '+15551234567' }] },
);

/** The body of `POST /v1/otp/verify`. */
export const CheckOtpBody = Type.Object(
  {
    code: Type.Optional(
      Type.String({ pattern: '^[0-9]{4,10}$', description: 'What the person typed. Needed.', examples: ['000000'] }),
    ),
    id: Type.Optional(Type.String({ description: 'Of the reply to `POST /v1/otp`. Either this or `to`.' })),
    to: Type.Optional(
      Type.String({ description: 'The number: its latest code is meant.', examples: ['+15551234567'] }),
    ),
  },
  { ...strict, examples: [{ code: '000000', to: '+15551234567' }] },
);

const Maybe = (schema: ReturnType<typeof Type.String>) => Type.Union([schema, Type.Null()]);

export const OtpReply = Type.Object({
  object: Type.Literal('otp'),
  simulated: Type.Optional(Type.Boolean({ description: 'With a test key.' })),
  livemode: Type.Boolean(),
  id: Type.String(),
  to: Type.String(),
  status: Type.String({ description: '`calling`; with a test key `delivered`.' }),
  channel: Type.String(),
  language_used: Type.String({ description: 'BCP 47: what the code is spoken in.' }),
  expires_at: Type.Optional(Type.String()),
  expires_in: Type.Optional(Type.Integer({ description: 'With a test key: seconds.' })),
  sandbox_code: Type.Optional(Type.String({ description: 'With a test key: the code that always verifies.' })),
  verification: Type.Optional(Type.String({ description: '`client`: the code is your own.' })),
});

export const OtpStory = Type.Object({
  object: Type.Literal('otp'),
  simulated: Type.Optional(Type.Boolean()),
  livemode: Type.Boolean(),
  id: Type.String(),
  to: Type.String(),
  status: Type.String({
    description: '`pending`, `calling`, `delivered`, `verified`, `failed`, `expired` or `locked`.',
  }),
  channel: Type.String(),
  language: Type.String(),
  language_used: Type.String(),
  verification: Type.String({ description: '`server`, or `client` for a code of your own.' }),
  attempts_left: Type.Integer(),
  call: Maybe(Type.String({ description: 'The id of its call.' })),
  created_at: Type.String(),
  expires_at: Type.String(),
  delivered_at: Maybe(Type.String()),
  verified_at: Maybe(Type.String()),
  ended_at: Maybe(Type.String()),
  failure: Type.Union([Type.Object({ reason: Type.String(), message: Type.String() }), Type.Null()]),
});

export const OtpCheckReply = Type.Object({
  object: Type.Literal('otp_verification'),
  simulated: Type.Optional(Type.Boolean()),
  livemode: Type.Boolean(),
  status: Type.String({
    description: '`verified`, `mismatch`, `expired`, `locked`, `not_found` or `already_verified`.',
  }),
  verified: Type.Boolean(),
  attempts_left: Type.Integer(),
});

export const OtpParams = Type.Object({ id: Type.String() });
