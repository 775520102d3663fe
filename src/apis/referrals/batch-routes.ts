import Type, { type Static, type TSchema } from 'typebox';
import { setImmediate } from 'node:timers/promises';
import { HttpProblem } from '#apis/http/index.js';
import { compileValidator } from '#apis/http/validate.js';
import { duplicateSentence } from '#apis/referrals/origin-routes.js';
import { AffiliateMemberData, EventData, PurchaseData, readOrigin } from '#apis/referrals/origin-data.js';
import { presentError } from '#apis/referrals/present-error.js';
import { presentTime, presentTimeOrNull } from '#apis/referrals/present-time.js';
import type { SiteTable } from '#apis/referrals/site-table.js';
import {
  acceptBatch,
  findOriginBatch,
  listBatchErrors,
  MOST_BATCH_ROWS,
  type BatchRow,
} from '#core/referral-programme/index.js';
import type { Site } from '#core/sites/index.js';
import type { OriginKind } from '#core/tables.js';

const BATCH_BYTES = 16 * 1024 * 1024;
/** Everybody else has a turn after so many. */
const ROWS_BETWEEN_TURNS = 200;

const KINDS = {
  affiliate_members: {
    ...{ kind: 'affiliate_member', what: 'affiliate members', data: AffiliateMemberData },
    examples: [{ email: 'anna@example.com', first_name: 'Anna' }, { email: 'vera@example.com' }],
  },
  events: {
    ...{ kind: 'event', what: 'events', data: EventData },
    examples: [{ email: 'anna@example.com', event_category: 'newsletter', event_number: '24', subtotal: 0 }],
  },
  purchases: {
    ...{ kind: 'purchase', what: 'purchases', data: PurchaseData },
    examples: [{ email: 'tom@example.com', order_number: '100013', subtotal: 24 }],
  },
} as const satisfies Record<string, { kind: OriginKind; what: string; data: TSchema; examples: object[] }>;

const TYPES = { affiliate_member: 'AffiliateMember', event: 'Event', purchase: 'Purchase' } as const;

/** Core's names of fields, as this API calls them. */
const FIELDS: Record<string, string> = {
  visitor: 'uuid',
  ip: 'ip_address',
  phone: 'phone_number',
  customerId: 'customer_id',
  firstName: 'first_name',
  lastName: 'last_name',
  properties: 'custom_properties',
  currency: 'currency_iso_code',
  category: 'event_category',
  happenedAt: 'created_at',
};

const BatchObject = Type.Object({
  batch_id: Type.String(),
  type: Type.Enum(['AffiliateMember', 'Event', 'Purchase']),
  status: Type.Enum(['processing', 'completed']),
  create_offers: Type.Boolean(),
  total: Type.Integer(),
  succeeded: Type.Integer({ description: 'Rows whose origin is there now.' }),
  failed: Type.Integer(),
  created_at: Type.String(),
  completed_at: Type.Union([Type.String(), Type.Null()]),
});

const RowError = Type.Object({
  row: Type.Integer({ description: '0-based, as in the request.' }),
  field: Type.Union([Type.String(), Type.Null()]),
  error_message: Type.String(),
});

export function batchRoutes(table: SiteTable): void {
  for (const [path, { kind, what, data, examples }] of Object.entries(KINDS)) {
    const check = compileValidator(data, 'body');
    table.post(`/origins/batch/${path}`, {
      id: `createBatchOf${path.replace(/(^|_)([a-z])/g, (_all, _line, letter: string) => letter.toUpperCase())}`,
      summary: `Create a batch of ${what}`,
      description:
        `Up to ${MOST_BATCH_ROWS} rows, each as in the request for one; answered at once, and made one after the other. ` +
        'What became of them: `GET /origins/batches/{id}`.',
      tag: 'Origins',
      scope: 'referrals:write',
      bodyLimitBytes: BATCH_BYTES,
      body: Type.Object(
        {
          data: Type.Array(Type.Record(Type.String(), Type.Unknown()), { minItems: 1, maxItems: MOST_BATCH_ROWS }),
          create_offers: Type.Optional(
            Type.Boolean({ description: 'Whether offers are made of them. Default: true.' }),
          ),
        },
        { additionalProperties: false, examples: [{ data: examples }] },
      ),
      returns: Type.Object({ batch_id: Type.String() }),
      async handle({ core, site, body }) {
        const rows: BatchRow[] = [];
        for (const row of body.data) {
          rows.push(readRow(site, kind, check, row));
          if (rows.length % ROWS_BETWEEN_TURNS === 0) await setImmediate();
        }
        const { id } = await acceptBatch(core, site, { kind, createOffers: body.create_offers ?? true, rows });
        return { batch_id: id };
      },
    });
  }
  table.get('/origins/batches/:id', {
    id: 'findBatch',
    summary: 'What became of a batch',
    tag: 'Origins',
    scope: 'referrals:read',
    params: Type.Object({ id: Type.String() }),
    query: Type.Object({
      page: Type.Integer({ minimum: 1, maximum: 10_000, default: 1 }),
      per_page: Type.Integer({ minimum: 1, maximum: 100, default: 25 }),
    }),
    returns: Type.Object({ batch: BatchObject, errors: Type.Array(RowError), total: Type.Integer() }),
    async handle({ core, site, params, query: { page, per_page: limit } }) {
      const batch = await findOriginBatch(core, site, params.id);
      const errors = await listBatchErrors(core, batch, { limit, offset: (page - 1) * limit });
      const numberName = batch.kind === 'event' ? 'event_number' : 'order_number';
      return {
        batch: {
          batch_id: batch.id,
          type: TYPES[batch.kind],
          status: batch.endedAt === null ? ('processing' as const) : ('completed' as const),
          create_offers: batch.createOffers,
          total: batch.total,
          succeeded: batch.done,
          failed: batch.failed,
          created_at: presentTime(batch.createdAt, site.timeZone),
          completed_at: presentTimeOrNull(batch.endedAt, site.timeZone),
        },
        errors: errors.map(({ row, field, code, error }) => ({
          row,
          field: field === 'number' ? numberName : field && (FIELDS[field] ?? field),
          error_message: code === 'origin.duplicate' ? duplicateSentence(batch.kind) : error,
        })),
        total: batch.failed,
      };
    },
  });
}

/** A row that cannot be read is told later, as if its request had been refused. */
function readRow(site: Site, kind: OriginKind, check: (row: unknown) => unknown, row: unknown): BatchRow {
  try {
    return { origin: readOrigin(site, kind, check(row) as Static<typeof PurchaseData>) };
  } catch (error) {
    if (!(error instanceof HttpProblem)) throw error;
    const { code, message, field, faults } = error;
    const { error_message } = presentError({ code, message, faults, status: 400, requestId: '' });
    return { error: error_message, field };
  }
}
