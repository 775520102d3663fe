import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { inTransaction } from '#core/in-transaction.js';
import { openBusiness, type Business } from '#test/business.js';

let core: Business;
let accounts: [string, string];
beforeAll(async () => {
  core = await openBusiness();
  accounts = [await core.account('one'), await core.account('other')];
});
afterAll(() => core.close());

test('two that wait crosswise are both done, one of them at the second try', async () => {
  let arrived = 0;
  let bothThere: () => void = () => undefined;
  const met = new Promise<void>((resolve) => (bothThere = resolve));
  const rename = (ids: readonly string[], name: string) =>
    inTransaction(core.db, async (tx) => {
      for (const id of ids) {
        await tx.updateTable('accounts').set({ email: name }).where('id', '=', id).execute();
        arrived += 1;
        if (arrived === 2) bothThere();
        await met;
      }
    });
  await Promise.all([rename(accounts, 'first'), rename([...accounts].reverse(), 'second')]);
  expect(arrived).toBe(5);
  const rows = await core.db.selectFrom('accounts').select('email').where('id', 'in', accounts).execute();
  expect(new Set(rows.map(({ email }) => email)).size).toBe(1);
});

test('what fails for another reason is tried once, and so is what is inside of another one', async () => {
  let tries = 0;
  const fails = () =>
    inTransaction(core.db, async (tx) => {
      tries += 1;
      await sql`select 1 / 0`.execute(tx);
    });
  await expect(fails()).rejects.toMatchObject({ code: '22012' });
  expect(tries).toBe(1);
  const inside = core.db.transaction().execute((tx) =>
    inTransaction(tx, async () => {
      tries += 1;
      await sql`do $$ begin raise exception using errcode = '40P01'; end $$`.execute(tx);
    }),
  );
  await expect(inside).rejects.toMatchObject({ code: '40P01' });
  expect(tries).toBe(2);
});
