import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { contactQuery } from '#core/contacts/find-contact.js';
import { listContacts, upsertContacts } from '#core/contacts/index.js';
import type { Tables } from '#core/tables.js';
import { openDatabase } from '#storage/database.js';
import { migrate } from '#storage/migrate.js';
import { openBusiness, type Business } from '#test/business.js';
import { createEmptyDatabase } from '#test/database.js';
import { wakesTelling } from '#test/wakes.js';

/** A search among many contacts. */
let business: Business;
let accountId: string;
beforeAll(async () => {
  business = await openBusiness();
  accountId = await business.account('book');
  await upsertContacts(
    { ...business, wake: wakesTelling() },
    {
      ...{ accountId, mode: 'live' },
      contacts: [
        { phone: '+12125550100', name: 'Zoë Nightingale', company: '100% Wool_Co' },
        { phone: '+12125550101', email: 'wool@example.org' },
      ],
    },
  );
  await sql`
    insert into contacts (id, account_id, mode, phone, name, created_at, updated_at)
    select 'con_x' || i, ${accountId}, 'live', '+1310' || (1000000 + i), 'Person ' || md5(i::text),
      ${new Date(0)}::timestamptz, ${new Date(0)}::timestamptz
    from generate_series(1, 20000) as i`.execute(business.db);
  await sql`vacuum analyze contacts`.execute(business.db);
});
afterAll(() => business.close());

const SEARCHES: [string, string[]][] = [
  ['nightin', ['+12125550100']],
  ['NIGHTINGALE', ['+12125550100']],
  ['ZOË', ['+12125550100']],
  ['0% wool_', ['+12125550100']],
  ['Wool', ['+12125550100', '+12125550101']],
  ['wo', ['+12125550100', '+12125550101']],
  ['550101', ['+12125550101']],
  ['nobody here', []],
];
const found = async (search: string): Promise<string[]> => {
  const contacts = await listContacts(business, { accountId, mode: 'live' }, { search, limit: 50 });
  return contacts.map(({ phone }) => phone);
};

describe('a search among many contacts', () => {
  test.each(SEARCHES)('finds "%s"', async (search, phones) => {
    expect(await found(search)).toEqual(phones);
  });

  test.each(['nightingale', 'ZOË', 'nobody here', '550101'])('looks for "%s" in an index', async (search) => {
    const { query } = await contactQuery(business, { accountId, mode: 'live' }, { search, limit: 50 });
    const plan = JSON.stringify(await query.explain());
    expect(plan).toContain('contacts_search');
    expect(plan).not.toMatch(/Seq Scan|contacts_account/);
  });

  test('finds the same where the server has no pg_trgm', async () => {
    await sql`drop extension pg_trgm cascade`.execute(business.db);
    for (const [search, phones] of SEARCHES) expect([search, await found(search)]).toEqual([search, phones]);
  });
});

test('a database whose owner may make no extension has the whole schema, without the index', async () => {
  const database = await createEmptyDatabase();
  const storage = await openDatabase<Tables>({
    connection: database.connection,
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    maxConnections: 1,
  });
  const role = `people_${process.pid}`;
  try {
    await sql.raw(`create role ${role}`).execute(storage.kysely);
    await sql.raw(`grant all on schema public to ${role}`).execute(storage.kysely);
    await sql.raw(`set role ${role}`).execute(storage.kysely);
    await migrate(storage.kysely);
    const { rows } = await sql<{ search: string | null; words: string | null }>`
      select to_regclass('contacts_search') as search, to_regclass('events_bodies') as words`.execute(storage.kysely);
    expect(rows).toEqual([{ search: null, words: 'events_bodies' }]);
  } finally {
    await storage.close();
    await database.close();
    const server = await createEmptyDatabase();
    const again = await openDatabase<Tables>({
      connection: server.connection,
      log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    });
    await sql.raw(`drop role if exists ${role}`).execute(again.kysely);
    await again.close();
    await server.close();
  }
});
