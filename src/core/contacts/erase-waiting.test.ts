import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { erasePerson } from '#core/contacts/index.js';
import { openBusiness, type Business } from '#test/business.js';
import { addCall, insertCampaign } from '#test/campaign-calls.js';

let business: Business;
let accountId: string;
beforeAll(async () => {
  business = await openBusiness();
  accountId = await business.account('one');
});
afterAll(() => business.close());

const PHONE = '+12125550100';

test('whoever is being handed to dialling at this moment is not erased: the call is seen once it is there', async () => {
  const at = new Date(business.clock.now());
  const campaign = { id: 'cmp_1', accountId, mode: 'test', at } as const;
  await insertCampaign(business.db, campaign);
  const id = await addCall(business.db, campaign, { position: 1, phone: PHONE });
  // Back to the moment before the feeder takes them.
  const over = () => business.db.updateTable('calls').set({ status: 'canceled', ended_at: at }).execute();
  await over();
  await business.db.updateTable('campaign_recipients').set({ status: 'waiting', tries: 0, last_id: null }).execute();

  const nothing = { remove: async () => undefined } as never;
  const erase = () =>
    erasePerson(
      { ...business, recordings: nothing, uploads: nothing },
      { accountId, mode: 'test', phone: PHONE, actor: 'test' },
    );
  let erasing: Promise<unknown> | undefined;
  await business.db.transaction().execute(async (tx) => {
    await tx.selectFrom('campaign_recipients').select('position').forUpdate().execute();
    erasing = erase().catch((error: unknown) => error);
    // Until it waits for the recipient that the feeder holds.
    for (let waiting = 0; waiting === 0;) {
      const { rows } = await sql<{ n: number }>`
        select count(*)::int as n from pg_locks where not granted`.execute(tx);
      waiting = rows[0]?.n ?? 0;
    }
    await tx.updateTable('calls').set({ status: 'queued', ended_at: null }).execute();
    await tx.updateTable('campaign_recipients').set({ status: 'active', tries: 1, last_id: id }).execute();
  });
  expect(await erasing).toMatchObject({ code: 'contact.in_use' });

  await over();
  expect(await erase()).toMatchObject({ calls: 1, recipients: 1 });
});
