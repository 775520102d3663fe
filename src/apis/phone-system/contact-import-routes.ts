import Type, { type Static } from 'typebox';
import { fileOf, type RouteTable } from '#apis/http/index.js';
import { ContactBody, parseContact } from '#apis/phone-system/contact-schemas.js';
import { dataOf } from '#apis/phone-system/page.js';
import { presentOptionalTime, presentTime } from '#apis/phone-system/time.js';
import type { Caller } from '#core/accounts/index.js';
import { CONTACTS_AT_ONCE_MAX, importContacts, upsertContacts } from '#core/contacts/index.js';
import { findImport, readRefusedRows, receiveUpload, UPLOAD_LIMITS, type Import } from '#core/imports/index.js';

const tag = 'Contacts';
const Params = Type.Object({ id: Type.String() });
/** A thousand contacts with all that is known of them. */
const BODY_LIMIT_BYTES = 8 * 1024 * 1024;

/** How files of other systems call what we call otherwise. */
const ALIASES = {
  phone_number: 'phone',
  mobile: 'phone',
  mobile_phone: 'phone',
  number: 'phone',
  email_address: 'email',
  company_name: 'company',
  organization: 'company',
  timezone: 'time_zone',
};

const Counts = Type.Object({
  total: Type.Integer(),
  created: Type.Integer(),
  updated: Type.Integer(),
  unchanged: Type.Integer({ description: 'Known as they are, or given again further down.' }),
  failed: Type.Integer(),
});
const ImportObject = Type.Object({
  id: Type.Union([Type.String(), Type.Null()], { description: 'Null for a list, which is done at once.' }),
  status: Type.String({ description: '`queued`, `running`, `completed`, `failed` or `canceled`.' }),
  counts: Counts,
  error: Type.Union([Type.String(), Type.Null()]),
  failedRowsUrl: Type.Union([Type.String(), Type.Null()], { description: 'A CSV with the reasons; needs the key.' }),
  createdAt: Type.String(),
  completedAt: Type.Union([Type.String(), Type.Null()]),
});

function presentImport(job: Import, publicUrl: string): Static<typeof ImportObject> {
  const { read, created, changed, refused } = job.rows;
  const done = job.status === 'completed';
  return {
    id: job.id,
    status: job.status,
    counts: {
      ...{ total: read, created, updated: changed, failed: refused },
      unchanged: done ? read - created - changed - refused : 0,
    },
    error: job.error ?? null,
    failedRowsUrl: job.hasRefused ? `${publicUrl}/api/v2/contacts/import/${job.id}/failed-rows` : null,
    createdAt: presentTime(job.createdAt),
    completedAt: presentOptionalTime(job.endedAt),
  };
}

/** Many contacts at once: a list now, a file as a job. */
export function contactImportRoutes(table: RouteTable<Caller>): void {
  table.post('/contacts/import', {
    id: 'importContacts',
    tag,
    summary: 'Import contacts: a JSON list, or a CSV file',
    description:
      `A list of up to ${CONTACTS_AT_ONCE_MAX} is stored at once, and one bad contact refuses all (200). A file ` +
      `(\`text/csv\`, or a form with one file) of at most ${UPLOAD_LIMITS.bytes / 1_000_000} MB is read as a job (202). Its first ` +
      'line names the columns: `phone` (or `Phone Number`, `mobile`), `first name`, `last name`, `company`, `email`, `tags` ' +
      '(with semicolons between them), `notes`, `external id`; others become custom fields. A second that stands ' +
      'for the same, such as `mobile` beside `phone`, is taken in rows where the first is empty, and else is one, too. ' +
      'Contacts whose number is known ' +
      'are changed; an empty cell changes nothing. An Idempotency-Key means nothing here: what is imported twice is there once.',
    scope: 'contacts:write',
    bodyLimitBytes: BODY_LIMIT_BYTES,
    body: Type.Array(ContactBody, { minItems: 1, maxItems: CONTACTS_AT_ONCE_MAX }),
    stream: { mostBytes: UPLOAD_LIMITS.bytes },
    unkept: true,
    returns: dataOf(ImportObject),
    handle: async ({ core, auth, body, reply }) => {
      const { accountId, mode } = auth;
      if (Array.isArray(body)) {
        const contacts = body.map(parseContact);
        const { created, changed } = await upsertContacts(core, { accountId, mode, contacts });
        const unchanged = body.length - created - changed;
        const now = presentTime(new Date(core.clock.now()));
        return {
          data: {
            ...{ id: null, status: 'completed', error: null, failedRowsUrl: null, createdAt: now, completedAt: now },
            counts: { total: body.length, created, updated: changed, unchanged, failed: 0 },
          },
        };
      }
      const upload = await receiveUpload(core, { accountId, mode, content: fileOf(body) });
      const job = await importContacts(core, { accountId, mode, uploadId: upload.id, aliases: ALIASES });
      reply.code(202);
      return { data: presentImport(job, core.settings.publicUrl) };
    },
  });

  table.get('/contacts/import/:id', {
    id: 'getContactImport',
    tag,
    summary: 'How an import comes along',
    scope: 'contacts:read',
    params: Params,
    returns: dataOf(ImportObject),
    handle: async ({ core, auth, params }) => ({
      data: presentImport(await findImport(core, auth, params.id, 'contacts'), core.settings.publicUrl),
    }),
  });

  table.get('/contacts/import/:id/failed-rows', {
    id: 'getFailedRows',
    tag,
    summary: 'The rows of a file that could not be used, as CSV',
    description: 'Line, column and reason, then the row as it was, so that it can be corrected and handed in again.',
    scope: 'contacts:read',
    params: Params,
    returnsType: 'text/csv',
    handle: async ({ core, auth, params, reply }) => {
      await findImport(core, auth, params.id, 'contacts');
      const rows = await readRefusedRows(core, auth, params.id);
      reply
        .type('text/csv; charset=utf-8')
        .header('content-disposition', `attachment; filename="${params.id}.failed.csv"`)
        .header('cache-control', 'private, no-store');
      return rows;
    },
  });
}
