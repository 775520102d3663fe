import Type from 'typebox';
import { AccountQuery, chosenAccount, Mode } from '#apis/admin/account-choice.js';
import { ACTOR, type AdminRoutes } from '#apis/admin/admin-parts.js';
import { awaitVerification, proveNumber, startNumberProof } from '#core/verifications/index.js';
import {
  addNumber,
  listNumbers,
  listVerifiedNumbers,
  NUMBER_KINDS,
  removeNumber,
  type OwnedNumber,
} from '#core/numbers/index.js';

/** As stored with the call that speaks a code; nobody is sent its events. */
const DIALECT = 'verify';

export function addNumberRoutes(table: AdminRoutes): void {
  table.get('/numbers', {
    id: 'listNumbers',
    summary: 'The numbers of an account, and those elsewhere that it proved',
    query: Type.Object({ ...AccountQuery.properties, mode: Type.Optional(Mode) }),
    handle: async ({ core, query }) => {
      const { id: accountId } = await chosenAccount(core, query);
      const whose = { accountId, ...(query.mode === undefined ? {} : { mode: query.mode }) };
      const verified = await listVerifiedNumbers(core, whose);
      return {
        numbers: (await listNumbers(core, whose)).map(presentNumber),
        verified: verified.map(({ number, mode, verifiedAt }) => ({ number, mode, verified_at: verifiedAt })),
      };
    },
  });

  table.post('/numbers', {
    id: 'addNumber',
    summary: 'Give a number to an account, or let an owned one ring on a phone',
    query: AccountQuery,
    body: Type.Object(
      {
        number: Type.String(),
        mode: Mode,
        kind: Type.Optional(Type.Union(NUMBER_KINDS.map((kind) => Type.Literal(kind)))),
        phone: Type.Optional(Type.String()),
        segments_per_second: Type.Optional(Type.Number()),
      },
      { additionalProperties: false },
    ),
    handle: async ({ core, query, body }) => {
      const { id: accountId } = await chosenAccount(core, query);
      const { segments_per_second: segmentsPerSecond, ...added } = body;
      return presentNumber(
        await addNumber(core, {
          accountId,
          ...added,
          ...(segmentsPerSecond === undefined ? {} : { segmentsPerSecond }),
          actor: ACTOR,
        }),
      );
    },
  });

  table.post('/numbers/verify', {
    id: 'verifyNumber',
    summary: 'Call a number and speak a code',
    query: AccountQuery,
    body: Type.Object({ number: Type.String(), mode: Mode }, { additionalProperties: false }),
    status: 201,
    returns: Type.Object({ id: Type.String(), number: Type.String(), mode: Mode, expires_at: Type.String() }),
    handle: async ({ core, query, body }) => {
      const { id: accountId } = await chosenAccount(core, query);
      const asked = await startNumberProof(core, { accountId, ...body, dialect: DIALECT });
      return { id: asked.id, number: asked.to, mode: asked.mode, expires_at: asked.expiresAt.toISOString() };
    },
    settle: async ({ core, closing }, { id }) => awaitVerification(core, id, closing),
  });

  table.post('/numbers/verify/code', {
    id: 'confirmNumber',
    summary: 'The code that was heard at a number',
    query: AccountQuery,
    body: Type.Object(
      { number: Type.String(), mode: Mode, code: Type.String({ pattern: '^[0-9]{4,10}$' }) },
      { additionalProperties: false },
    ),
    handle: async ({ core, query, body }) => {
      const { id: accountId } = await chosenAccount(core, query);
      const { status, attemptsLeft } = await proveNumber(core, { accountId, ...body });
      return { status, attempts_left: attemptsLeft };
    },
  });

  table.delete('/numbers/:number', {
    id: 'removeNumber',
    summary: 'Take a number away from an account',
    query: Type.Object({ ...AccountQuery.properties, mode: Mode, replacement: Type.Optional(Type.String()) }),
    params: Type.Object({ number: Type.String() }),
    handle: async ({ core, query, params }) => {
      const { id: accountId } = await chosenAccount(core, query);
      const { mode, replacement } = query;
      await removeNumber(core, { accountId, mode, number: params.number, replacement, actor: ACTOR });
      return undefined;
    },
  });
}

function presentNumber(owned: OwnedNumber) {
  return {
    number: owned.number,
    kind: owned.kind,
    mode: owned.mode,
    phone: owned.phone,
    segments_per_second: owned.segmentsPerSecond,
    created_at: owned.createdAt,
  };
}
