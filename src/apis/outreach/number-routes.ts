import Type from 'typebox';
import type { RouteTable } from '#apis/http/index.js';
import { HttpProblem } from '#apis/http/problem.js';
import { DIALECT } from '#apis/outreach/parse-call.js';
import { presentTime } from '#apis/outreach/parse-time.js';
import type { Caller } from '#core/accounts/index.js';
import { forgetVerifiedNumber, listUsableNumbers, type UsableNumber } from '#core/numbers/index.js';
import { awaitVerification, proveNumber, startNumberProof } from '#core/verifications/index.js';

const tag = 'Numbers';
const strict = { additionalProperties: false };

const VerifyBody = Type.Object(
  {
    number: Type.String({ description: 'E.164; a phone that you can answer.', examples: ['+12125550100'] }),
    channel: Type.Optional(Type.Literal('voice', { description: 'A call that speaks the code.' })),
    language: Type.Optional(Type.String({ maxLength: 35, description: 'BCP 47. Default: `en-US`.' })),
  },
  { ...strict, examples: [{ number: '+15005550001' }] },
);

const Asked = Type.Object({
  id: Type.String(),
  number: Type.String(),
  status: Type.Literal('calling'),
  channel: Type.Literal('voice'),
  expires_at: Type.String(),
});

const CodeBody = Type.Object(
  { code: Type.String({ pattern: '^[0-9]{4,10}$', description: 'As it was heard. With a test key: 000000.' }) },
  { ...strict, examples: [{ code: '000000' }] },
);

export function numberRoutes(table: RouteTable<Caller>): void {
  table.get('/numbers', {
    id: 'listNumbers',
    tag,
    summary: 'The numbers that calls and texts can come from',
    description: 'Those of the account, and those that were verified: from these calls can come, but no texts.',
    scope: 'numbers:read',
    query: Type.Object(
      {
        limit: Type.Integer({ minimum: 1, maximum: 100, default: 50 }),
        cursor: Type.Optional(Type.String({ description: '`next_cursor` of the page before.' })),
      },
      strict,
    ),
    handle: async ({ core, auth, query }) => {
      const { accountId, mode } = auth;
      const { numbers, next } = await listUsableNumbers(core, {
        ...{ accountId, mode, limit: query.limit, after: query.cursor },
      });
      return { numbers: numbers.map(presentNumber), next_cursor: next ?? null };
    },
  });

  table.post('/numbers/verify', {
    id: 'verifyNumber',
    tag,
    summary: 'Prove that a number is yours: it is called, and a code is spoken',
    description:
      'Answers once the call gives a first sign, within five seconds. 502 `call_not_placed`: no trunk took it, or the ' +
      'network refused it. Limits and prices are those of one-time codes.',
    scope: 'numbers:write',
    body: VerifyBody,
    status: 201,
    returns: Asked,
    handle: async ({ core, auth, body }) => {
      const { accountId, mode } = auth;
      const { number, language } = body;
      const asked = await startNumberProof(core, { accountId, mode, number, language, dialect: DIALECT });
      return {
        id: asked.id,
        number: asked.to,
        status: 'calling' as const,
        channel: 'voice' as const,
        expires_at: presentTime(asked.expiresAt),
      };
    },
    settle: async ({ core, closing }, { id }) => awaitVerification(core, id, closing),
  });

  table.post('/numbers/verify/:id', {
    id: 'confirmNumber',
    tag,
    summary: 'The code that was heard',
    description: 'Answers 200 for a wrong code too: `verified` says whether it was right.',
    scope: 'numbers:write',
    params: Type.Object({ id: Type.String() }),
    body: CodeBody,
    handle: async ({ core, auth, params, body }) => {
      const { accountId, mode } = auth;
      const { status, attemptsLeft } = await proveNumber(core, { accountId, mode, id: params.id, code: body.code });
      if (status === 'not_found') throw new HttpProblem('not_found', `There is no verification ${params.id}.`);
      const verified = status === 'verified' || status === 'already_verified';
      return { id: params.id, verified, status, attempts_left: attemptsLeft };
    },
  });

  table.delete('/numbers/:number', {
    id: 'forgetNumber',
    tag,
    summary: 'Take a verified number back',
    description: 'Numbers of the account itself are taken away by the operator.',
    scope: 'numbers:write',
    params: Type.Object({ number: Type.String() }),
    handle: async ({ core, auth, params }) => {
      const { accountId, mode, keyId } = auth;
      await forgetVerifiedNumber(core, { accountId, mode, number: params.number, actor: keyId });
      return undefined;
    },
  });
}

function presentNumber({ number, source, kind, calls, texts, since }: UsableNumber) {
  return {
    number,
    source,
    kind,
    capabilities: { calls, texts },
    verified_at: source === 'verified' ? presentTime(since) : null,
    added_at: presentTime(since),
  };
}
