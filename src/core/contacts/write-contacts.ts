import { sql, type Selectable, type Transaction } from 'kysely';
import type { ContactChanges } from '#core/contacts/contact-fields.js';
import { DETAIL_NAMES } from '#core/contacts/contact.js';
import { namesAfter } from '#core/contacts/full-name.js';
import { CoreError } from '#core/errors.js';
import type { ContactTable, Tables } from '#core/tables.js';

export type ContactRow = Selectable<ContactTable>;

const EXTRAS = ['phone_label', 'other_numbers', 'other_emails'] as const;
const CHANGING = [...DETAIL_NAMES, ...EXTRAS, 'fields', 'tags', 'updated_at'];
const COLUMNS = ['id', 'account_id', 'mode', 'phone', 'created_at', ...CHANGING];

/** A contact of whom the number is known and nothing else, after the changes. */
export function newRow(
  row: Pick<ContactRow, 'id' | 'account_id' | 'mode' | 'phone'>,
  changes: ContactChanges,
  at: Date,
): ContactRow {
  const nothing = Object.fromEntries(DETAIL_NAMES.map((name) => [name, null])) as Pick<
    ContactRow,
    (typeof DETAIL_NAMES)[number]
  >;
  const extras = { phone_label: null, other_numbers: [], other_emails: [] };
  const bare = { ...row, ...nothing, ...extras, fields: {}, tags: [], created_at: at, updated_at: at };
  return changedRow(bare, changes, at) ?? bare;
}

/** The row after the changes; undefined: they change nothing. */
export function changedRow(row: ContactRow, changes: ContactChanges, at: Date): ContactRow | undefined {
  const { fields: given = {}, tags = row.tags, ...details } = changes;
  const fields = Object.fromEntries(
    Object.entries({ ...row.fields, ...given }).filter((entry): entry is [string, string] => entry[1] !== null),
  );
  const after = { ...row, ...details, ...namesAfter(row, changes), fields, tags };
  const same =
    DETAIL_NAMES.every((name) => after[name] === row[name]) &&
    EXTRAS.every((name) => JSON.stringify(after[name]) === JSON.stringify(row[name])) &&
    sameFields(fields, row.fields) &&
    tags.join(';') === row.tags.join(';');
  return same ? undefined : { ...after, updated_at: at };
}

function sameFields(one: Record<string, string>, other: Record<string, string>): boolean {
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name]);
}

/** Of numbers that are known already the row is locked, and given as it is now. */
export async function insertOrLock(tx: Transaction<Tables>, rows: readonly ContactRow[]): Promise<ContactRow[]> {
  const columns = columnList(COLUMNS);
  return refusingTaken(async () => {
    const { rows: stored } = await sql<ContactRow>`
      insert into contacts (${columns}) select ${columns} from ${given(rows)}
      on conflict (account_id, mode, phone) do update set phone = excluded.phone
      returning *`.execute(tx);
    return stored;
  });
}

export async function updateRows(tx: Transaction<Tables>, rows: readonly ContactRow[]): Promise<void> {
  if (rows.length === 0) return;
  const changes = sql.join(CHANGING.map((name) => sql`${sql.ref(name)} = ${sql.ref(`given.${name}`)}`));
  await refusingTaken(() =>
    sql`update contacts set ${changes} from ${given(rows)} where contacts.id = given.id`.execute(tx),
  );
}

function columnList(names: readonly string[]) {
  return sql.join(names.map((name) => sql.ref(name)));
}

function given(rows: readonly ContactRow[]) {
  return sql`jsonb_populate_recordset(null::contacts, ${JSON.stringify(rows)}::jsonb) as given`;
}

async function refusingTaken<T>(write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    const { code, constraint, detail = '' } = error as { code?: string; constraint?: string; detail?: string };
    if (code !== '23505' || constraint !== 'contacts_external') throw error;
    // `Key (account_id, mode, external_id)=(acc_1, test, 7) already exists.`
    const id = /\)=\([^,]+, [^,]+, (.*)\) already exists/.exec(detail)?.[1] ?? '';
    throw new CoreError('contact.external_id_taken', `Another contact has the external id "${id}".`, {
      field: 'external_id',
    });
  }
}
