import { sql, type RawBuilder, type Transaction } from 'kysely';
import { applyStandingRows } from '#core/contacts/apply-standing-rows.js';
import { DETAIL_NAMES, type ContactDetail } from '#core/contacts/contact.js';
import type { ContactImportOptions } from '#core/contacts/import-contacts.js';
import { CoreError } from '#core/errors.js';
import type { Import } from '#core/imports/index.js';
import type { Tables } from '#core/tables.js';

/** Rows whose external id another contact has, or an earlier row of the file. */
export async function refuseTakenIds(tx: Transaction<Tables>, { id, accountId, mode }: Import): Promise<void> {
  await sql`
    update import_rows set refused_column = 'external_id', refused = taken.why
    from (
      select rows.line, case
          when rows.line > rows.first then 'Line ' || rows.first || ' has the same external id.'
          else 'The contact with the number ' || contacts.phone || ' has this external id.' end as why
      from (
        select line, phone, data->>'external_id' as external_id,
          min(line) over (partition by data->>'external_id') as first
        from import_rows where import_id = ${id} and refused is null and data->>'external_id' is not null
      ) as rows
      left join lateral (
        select id, phone from contacts
        where account_id = ${accountId} and mode = ${mode} and external_id = rows.external_id and phone <> rows.phone
        limit 1
      ) as contacts on true
      where rows.line > rows.first or contacts.id is not null
    ) as taken
    where import_rows.import_id = ${id} and import_rows.line = taken.line`.execute(tx);
}

/** The advisory lock of those who apply a file of contacts. */
const APPLYING = 0x51df;
const MANY = 1000;

/** Makes contacts of all staged rows in a few statements, whatever their number. */
export async function applyContactRows(
  tx: Transaction<Tables>,
  job: Import,
  options: ContactImportOptions,
  at: Date,
): Promise<{ created: number; changed: number }> {
  const { id, accountId, mode, targetId } = job;
  // One after the other in all processes: each counts the contacts below, which two at once would wait for crosswise.
  await sql`select pg_advisory_xact_lock(${APPLYING})`.execute(tx);
  const onConflict = options.update ? updating(at) : sql`do nothing`;
  const { rows } = await sql<{ created: string; changed: string }>`
    with written as (
      insert into contacts (id, account_id, mode, phone, ${columns()}, fields, tags, created_at, updated_at)
      select data->>'id', ${accountId}, ${mode}, phone, ${values()}, coalesce(data->'fields', '{}'),
        ${tagsOf(options.tags)}, ${at}, ${at}
      -- In one order everywhere: two who write the same numbers wait for one another, and never crosswise.
      from import_rows where import_id = ${id} order by phone
      on conflict (account_id, mode, phone) ${onConflict}
      returning (xmax = 0) as made)
    select count(*) filter (where made) as created, count(*) filter (where not made) as changed from written`.execute(
    tx,
  );
  const [counted] = rows;
  const written = { created: Number(counted?.created), changed: Number(counted?.changed) };
  // What was written a moment ago is not counted yet, and is then looked for in the wrong index: one contact after the other.
  if (written.created >= MANY) await sql`analyze contacts`.execute(tx);
  await applyStandingRows(tx, job, at);
  if (targetId !== undefined) await addToList(tx, job, targetId, at);
  return written;
}

async function addToList(tx: Transaction<Tables>, job: Import, listId: string, at: Date): Promise<void> {
  const list = await tx
    .selectFrom('contact_lists')
    .select('id')
    .where('id', '=', listId)
    .forKeyShare()
    .executeTakeFirst();
  if (list === undefined) throw new CoreError('import.bad_input', 'The list is no longer there.');
  await sql`
    insert into contact_list_members (list_id, contact_id, added_at)
    select ${listId}, contacts.id, ${at}
    from import_rows
    cross join lateral (
      select contacts.id from contacts
      where account_id = ${job.accountId} and mode = ${job.mode} and phone = import_rows.phone limit 1
    ) as contacts
    where import_rows.import_id = ${job.id} order by contacts.id
    on conflict do nothing`.execute(tx);
}

function columns(): RawBuilder<unknown> {
  return sql.join(DETAIL_NAMES.map((name) => sql.ref(name)));
}

/** What a row says; a first and a last name make the name, where it has none. */
function values(): RawBuilder<unknown> {
  return sql.join(
    DETAIL_NAMES.map((name) => {
      const said = sql`data->>${sql.lit(name)}`;
      return name === 'name'
        ? sql`coalesce(${said}, nullif(concat_ws(' ', data->>'first_name', data->>'last_name'), ''))`
        : said;
    }),
  );
}

function tagsOf(all: readonly string[]): RawBuilder<unknown> {
  return sql`case when data ? 'tags' then array(
      select distinct tag from unnest(array(select jsonb_array_elements_text(data->'tags')) || ${all}::text[]) as tag
      order by tag)
    else ${all}::text[] end`;
}

/** What is said takes the place of what is stored; where that changes nothing, nothing is written. */
function updating(at: Date): RawBuilder<unknown> {
  const changes: [string, RawBuilder<unknown>][] = [
    ...DETAIL_NAMES.map((name): [string, RawBuilder<unknown>] => [name, after(name)]),
    ['fields', sql`contacts.fields || excluded.fields`],
    [
      'tags',
      sql`case when contacts.tags @> excluded.tags then contacts.tags else array(
        select distinct tag from unnest(contacts.tags || excluded.tags) as tag order by tag) end`,
    ],
  ];
  const before = sql.join(changes.map(([name]) => sql.ref(`contacts.${name}`)));
  const then = sql.join(changes.map(([, value]) => value));
  const set = sql.join(changes.map(([name, value]) => sql`${sql.ref(name)} = ${value}`));
  return sql`do update set ${set}, updated_at = ${at} where (${before}) is distinct from (${then})`;
}

/** The same as `namesAfter`, in SQL. */
function after(name: ContactDetail): RawBuilder<unknown> {
  const first = sql`coalesce(excluded.first_name, contacts.first_name)`;
  const last = sql`coalesce(excluded.last_name, contacts.last_name)`;
  const composed = (one: RawBuilder<unknown>, other: RawBuilder<unknown>) => sql`concat_ws(' ', ${one}, ${other})`;
  const given = composed(sql`excluded.first_name`, sql`excluded.last_name`);
  switch (name) {
    case 'name':
      return sql`case when ${given} <> '' and excluded.name = ${given} then ${composed(first, last)}
        else coalesce(excluded.name, contacts.name) end`;
    case 'first_name':
    case 'last_name':
      return sql`case when ${given} = '' and excluded.name is not null
          and excluded.name <> ${composed(sql`contacts.first_name`, sql`contacts.last_name`)} then null
        else ${name === 'first_name' ? first : last} end`;
    default:
      return sql`coalesce(excluded.${sql.ref(name)}, contacts.${sql.ref(name)})`;
  }
}
