import Type from 'typebox';
import { AccountQuery, chosenAccount, Mode, readTime } from '#apis/admin/account-choice.js';
import { ACTOR, type AdminRoutes } from '#apis/admin/admin-parts.js';
import { presentImport } from '#apis/admin/import-routes.js';
import { fileOf } from '#apis/http/index.js';
import { importOptOuts } from '#core/do-not-call/index.js';
import { receiveUpload, UPLOAD_LIMITS } from '#core/imports/index.js';
import {
  addOptOuts,
  liftOptOut,
  listOptOuts,
  OPT_OUT_CHANNELS,
  OPT_OUT_SCOPES,
  reviewOptOut,
  type Suppression,
} from '#core/suppression/index.js';

const strict = { additionalProperties: false };
const Query = Type.Object({ ...AccountQuery.properties, mode: Mode });
const Scope = Type.Enum([...OPT_OUT_SCOPES]);
const Channel = Type.Enum([...OPT_OUT_CHANNELS]);
const What = { scope: Type.Optional(Scope), channel: Type.Optional(Channel) };

/** Who does not want to be called or texted. */
export function addOptOutRoutes(table: AdminRoutes): void {
  table.get('/opt-outs', {
    id: 'listOptOuts',
    summary: 'Opt-outs of an account, the newest first',
    query: Type.Object({
      ...Query.properties,
      ...What,
      phone: Type.Optional(Type.String()),
      since: Type.Optional(Type.String()),
      after: Type.Optional(Type.String()),
      lifted: Type.Optional(Type.Boolean()),
      review: Type.Optional(Type.Boolean()),
      limit: Type.Integer({ minimum: 1, maximum: 1000, default: 100 }),
    }),
    handle: async ({ core, query }) => {
      const { id: accountId } = await chosenAccount(core, query);
      const { entries, next } = await listOptOuts(
        core,
        { accountId, mode: query.mode },
        {
          ...{ address: query.phone, lifted: query.lifted, inReview: query.review, after: query.after },
          scope: query.scope,
          channel: query.channel,
          since: readTime(query.since, 'opt_out.bad_input', 'since'),
          limit: query.limit,
        },
      );
      return { opt_outs: entries.map(presentOptOut), next: next ?? null };
    },
  });

  table.post('/opt-outs', {
    id: 'addOptOuts',
    summary: 'Enter opt-outs',
    query: Query,
    body: Type.Object({ phones: Type.Array(Type.String()), ...What, reason: Type.Optional(Type.String()) }, strict),
    handle: async ({ core, query, body }) => {
      const { id: accountId } = await chosenAccount(core, query);
      const added = await addOptOuts(core, {
        ...{ accountId, mode: query.mode, actor: ACTOR, phones: body.phones, reason: body.reason },
        scope: body.scope,
        channel: body.channel,
      });
      return { added: added.length };
    },
  });

  table.post('/opt-outs/lift', {
    id: 'liftOptOut',
    summary: 'Lift what stops a person',
    query: Query,
    body: Type.Object({ phone: Type.String(), reason: Type.String() }, strict),
    handle: async ({ core, query, body }) => {
      const { id: accountId } = await chosenAccount(core, query);
      const of = { accountId, mode: query.mode, actor: ACTOR };
      const lifted = await liftOptOut(core, { ...of, address: body.phone, reason: body.reason });
      return { lifted: lifted.map(presentOptOut) };
    },
  });

  table.post('/opt-outs/:id/review', {
    id: 'reviewOptOut',
    summary: 'Whether free words that seemed to revoke were meant so; a reason lifts the opt-out',
    query: Query,
    params: Type.Object({ id: Type.String() }),
    body: Type.Object({ lift: Type.Optional(Type.String()) }, strict),
    handle: async ({ core, query, params, body }) => {
      const { id: accountId } = await chosenAccount(core, query);
      const verdict = body.lift === undefined ? ({ keep: true } as const) : { lift: body.lift };
      return presentOptOut(
        await reviewOptOut(core, { accountId, mode: query.mode, id: params.id, verdict, actor: ACTOR }),
      );
    },
  });

  table.post('/opt-outs/import', {
    id: 'importOptOuts',
    summary: 'Read a do-not-call file',
    query: Type.Object({ ...Query.properties, ...What }),
    stream: { mostBytes: UPLOAD_LIMITS.bytes },
    unkept: true,
    handle: async ({ core, query, body }) => {
      const { id: accountId } = await chosenAccount(core, query);
      const owner = { accountId, mode: query.mode };
      const { id: uploadId } = await receiveUpload(core, { ...owner, content: fileOf(body) });
      const job = await importOptOuts(core, {
        ...{ ...owner, uploadId, actor: ACTOR },
        scope: query.scope,
        channel: query.channel,
      });
      return presentImport(job);
    },
  });
}

function presentOptOut(entry: Suppression) {
  return {
    id: entry.id,
    phone: entry.address ?? null,
    scope: entry.scope,
    channel: entry.channel,
    source: entry.source,
    reason: entry.reason ?? null,
    review_text: entry.reviewText ?? null,
    reviewed_at: entry.reviewedAt ?? null,
    created_at: entry.createdAt,
    lifted_at: entry.liftedAt ?? null,
    lifted_reason: entry.liftedReason ?? null,
  };
}
