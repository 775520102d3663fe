import { Readable } from 'node:stream';
import Type from 'typebox';
import { HttpProblem } from '#apis/http/problem.js';
import type { RouteTable } from '#apis/http/index.js';
import { ImportReply, presentImport } from '#apis/outreach/import-routes.js';
import { parseInstant, presentOptionalTime, presentTime } from '#apis/outreach/parse-time.js';
import type { Caller } from '#core/accounts/index.js';
import { csvLine } from '#core/csv-text.js';
import { importOptOuts } from '#core/do-not-call/index.js';
import { isE164 } from '#core/address.js';
import {
  addOptOuts,
  allOptOuts,
  liftOptOut,
  listOptOuts,
  OPT_OUT_CHANNELS,
  OPT_OUT_LIMITS,
  OPT_OUT_SCOPES,
  OPT_OUT_SOURCES,
  reviewOptOut,
  type Suppression,
} from '#core/suppression/index.js';

const tag = 'Opt-outs';
const strict = { additionalProperties: false };
const oneOf = (values: readonly string[], description: string) => Type.Enum([...values], { description });
const Scope = oneOf(
  OPT_OUT_SCOPES,
  'What it stops: `marketing`; `outreach`, which is marketing and transactional; `all` but emergencies.',
);
const Channel = oneOf(OPT_OUT_CHANNELS, '`all` is voice and SMS.');
const Reason = Type.String({
  description: `Kept in the ledger; at most ${OPT_OUT_LIMITS.reasonCharacters} characters.`,
});
const PhoneParams = Type.Object({ phone: Type.String({ description: 'E.164.' }) });
const IdParams = Type.Object({ id: Type.String() });
const Page = {
  limit: Type.Integer({ minimum: 1, maximum: 100, default: 50 }),
  cursor: Type.Optional(Type.String({ description: '`next_cursor` of the page before.' })),
};

function presentOptOut(entry: Suppression) {
  return {
    optout_id: entry.id,
    phone: entry.address ?? null,
    scope: entry.scope,
    channel: entry.channel,
    source: entry.source,
    reason: entry.reason ?? null,
    call_id: entry.callId ?? null,
    sms_id: entry.messageId ?? null,
    review_text: entry.reviewText ?? null,
    reviewed_at: presentOptionalTime(entry.reviewedAt),
    created_at: presentTime(entry.createdAt),
    lifted_at: presentOptionalTime(entry.liftedAt),
    lifted_reason: entry.liftedReason ?? null,
    live: entry.mode === 'live',
  };
}

/** A number of a path; the plus of one that was not escaped is still there. */
function phoneOf({ phone }: { phone: string }): string {
  if (isE164(phone)) return phone;
  throw new HttpProblem('invalid_input', 'Not E.164: + and 7 to 15 digits, for example +12125550100.', {
    field: 'phone',
  });
}

/** Who does not want to be called or texted. */
export function optOutRoutes(table: RouteTable<Caller>): void {
  table.get('/dnc', {
    id: 'listOptOuts',
    tag,
    summary: 'List opt-outs, the newest first',
    scope: 'contacts:read',
    query: Type.Object(
      {
        ...Page,
        phone: Type.Optional(Type.String()),
        scope: Type.Optional(Scope),
        channel: Type.Optional(Channel),
        source: Type.Optional(oneOf(OPT_OUT_SOURCES, 'How it came.')),
        since: Type.Optional(Type.String({ description: 'ISO 8601; this moment or later.' })),
        lifted: Type.Optional(Type.Boolean({ description: 'Also those that were lifted. Default: false.' })),
      },
      strict,
    ),
    handle: async ({ core, auth, query }) => {
      const { limit, cursor, phone, since, scope, channel, source, lifted } = query;
      const { entries, next } = await listOptOuts(core, auth, {
        limit,
        after: cursor,
        address: phone,
        scope: scope as Suppression['scope'] | undefined,
        channel: channel as Suppression['channel'] | undefined,
        ...{ source, lifted },
        since: since === undefined ? undefined : parseInstant('since', since),
      });
      return { optouts: entries.map(presentOptOut), next_cursor: next ?? null };
    },
  });

  table.post('/dnc', {
    id: 'addOptOuts',
    tag,
    summary: 'Enter opt-outs',
    description: 'Give `phone` or `phones`. Who had opted out of the same already stays so, and is not counted.',
    scope: 'contacts:write',
    body: Type.Object(
      {
        phone: Type.Optional(Type.String({ description: 'E.164.', examples: ['+12125550100'] })),
        phones: Type.Optional(Type.Array(Type.String(), { maxItems: OPT_OUT_LIMITS.together })),
        scope: Type.Optional(Scope),
        channel: Type.Optional(Channel),
        reason: Type.Optional(Reason),
      },
      strict,
    ),
    status: 201,
    handle: async ({ core, auth, body }) => {
      const { phone, phones, scope, channel, reason } = body;
      if ((phone === undefined) === (phones === undefined)) {
        throw new HttpProblem('invalid_input', 'Give either phone or phones.', { field: 'phone' });
      }
      const added = await addOptOuts(core, {
        ...{ accountId: auth.accountId, mode: auth.mode, actor: auth.keyId, reason },
        phones: phones ?? (phone === undefined ? [] : [phone]),
        scope: scope as Suppression['scope'] | undefined,
        channel: channel as Suppression['channel'] | undefined,
      });
      return { added: added.length, optouts: added.map(presentOptOut) };
    },
  });

  table.get('/dnc/reviews', {
    id: 'listOptOutReviews',
    tag,
    summary: 'List texts that seemed to revoke and wait for a look',
    description: 'Until then they stop marketing.',
    scope: 'contacts:read',
    query: Type.Object(Page, strict),
    handle: async ({ core, auth, query }) => {
      const { entries, next } = await listOptOuts(core, auth, {
        limit: query.limit,
        after: query.cursor,
        inReview: true,
      });
      return { reviews: entries.map(presentOptOut), next_cursor: next ?? null };
    },
  });

  table.post('/dnc/reviews/:id/keep', {
    id: 'keepOptOut',
    tag,
    summary: 'It was meant so: the opt-out stands',
    scope: 'contacts:write',
    params: IdParams,
    handle: async ({ core, auth, params }) =>
      presentOptOut(await reviewOptOut(core, { ...ownerOf(auth), id: params.id, verdict: { keep: true } })),
  });

  table.post('/dnc/reviews/:id/lift', {
    id: 'liftReviewedOptOut',
    tag,
    summary: 'It was not meant so: the opt-out is lifted',
    scope: 'contacts:write',
    params: IdParams,
    body: Type.Object({ reason: Reason }, strict),
    handle: async ({ core, auth, params, body }) =>
      presentOptOut(await reviewOptOut(core, { ...ownerOf(auth), id: params.id, verdict: { lift: body.reason } })),
  });

  table.get('/dnc/export', {
    id: 'exportOptOuts',
    tag,
    summary: 'Everybody who has opted out, as CSV',
    scope: 'contacts:read',
    returnsType: 'text/csv',
    handle: ({ core, auth, reply }) => {
      reply.header('content-disposition', 'attachment; filename="opt-outs.csv"').type('text/csv; charset=utf-8');
      return Promise.resolve(Readable.from(lines(allOptOuts(core, auth))));
    },
  });

  table.post('/dnc/import', {
    id: 'importOptOuts',
    tag,
    summary: 'Import a do-not-call file',
    description:
      'The file was handed in with `POST /api/v1/uploads`: a column `phone`, and `reason` if you like. Nothing is lifted by it.',
    scope: 'contacts:write',
    body: Type.Object(
      {
        upload_id: Type.String(),
        scope: Type.Optional({ ...Scope, description: 'Default: `marketing`.' }),
        channel: Type.Optional(Channel),
        columns: Type.Optional(
          Type.Record(Type.String(), Type.Union([Type.String(), Type.Null()]), {
            description: 'Headings of the file by what they stand for; null: not read.',
          }),
        ),
      },
      strict,
    ),
    status: 201,
    returns: ImportReply,
    handle: async ({ core, auth, body }) =>
      presentImport(
        await importOptOuts(core, {
          ...ownerOf(auth),
          uploadId: body.upload_id,
          scope: body.scope as Suppression['scope'] | undefined,
          channel: body.channel as Suppression['channel'] | undefined,
          ...(body.columns === undefined ? {} : { columns: body.columns }),
        }),
        core.settings.publicUrl,
      ),
  });

  table.get('/dnc/:phone', {
    id: 'findOptOut',
    tag,
    summary: 'Whether a person has opted out, with the history',
    scope: 'contacts:read',
    params: PhoneParams,
    handle: async ({ core, auth, params }) => {
      const phone = phoneOf(params);
      const { entries } = await listOptOuts(core, auth, { address: phone, lifted: true, limit: 100 });
      const holding = entries.filter(({ liftedAt }) => liftedAt === undefined);
      const widest = (channel: 'voice' | 'sms') =>
        OPT_OUT_SCOPES.findLast((scope) =>
          holding.some((entry) => entry.scope === scope && ['all', channel].includes(entry.channel)),
        ) ?? null;
      return {
        phone,
        opted_out: holding.length > 0,
        voice: widest('voice'),
        sms: widest('sms'),
        history: entries.map(presentOptOut),
      };
    },
  });

  table.post('/dnc/:phone/lift', {
    id: 'liftOptOut',
    tag,
    summary: 'Lift what stops a person, with a reason',
    scope: 'contacts:write',
    params: PhoneParams,
    body: Type.Object({ reason: Reason }, strict),
    handle: async ({ core, auth, params, body }) => ({
      lifted: (await liftOptOut(core, { ...ownerOf(auth), address: phoneOf(params), reason: body.reason })).map(
        presentOptOut,
      ),
    }),
  });
}

function ownerOf({ accountId, mode, keyId }: Caller) {
  return { accountId, mode, actor: keyId };
}

async function* lines(entries: AsyncIterable<Suppression>): AsyncGenerator<string> {
  yield csvLine(['phone', 'scope', 'channel', 'source', 'reason', 'created_at']);
  for await (const { address, scope, channel, source, reason, createdAt } of entries) {
    yield csvLine([address ?? '', scope, channel, source, reason ?? '', presentTime(createdAt)]);
  }
}
