import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkLedger, creditWallet, findWallet, holdFunds, releaseFunds, setPrice } from '#core/billing/index.js';
import { reconcileDeadNodes } from '#core/calls/reconcile-calls.js';
import { eventually } from '#test/eventually.js';
import { openBusiness, type Business } from '#test/business.js';
import { wakesTelling } from '#test/wakes.js';

let core: Business;
let accountId: string;

const DEAD_NODE = 999;

beforeEach(async () => {
  core = await openBusiness();
  accountId = await core.account('acme');
  await setPrice(core, { unit: 'voice_minute', amount: '5', actor: 'test' });
  await creditWallet(core, { accountId, amount: 100, note: 'paid', actor: 'test' });
});
afterEach(() => core.close());

const use = (reference: string) => ({ accountId, mode: 'live' as const, reference, at: new Date(core.clock.now()) });

/** One that was ringing when its process died, with its first minute held. */
async function lostCall(id: string): Promise<void> {
  const at = new Date(core.clock.now());
  await core.db
    .insertInto('calls')
    .values({
      id,
      account_id: accountId,
      mode: 'live',
      purpose: 'transactional',
      priority: 3,
      status: 'ringing',
      to_number: '+12125550100',
      from_number: '+15005550100',
      script: JSON.stringify({ voice: { asked: 'a', used: 'a', degraded: false }, keys: {} }),
      dialect: 'outreach',
      ring_timeout_seconds: 30,
      max_duration_seconds: 3600,
      record: false,
      created_at: at,
      due_at: at,
      trunk_id: null,
      node_id: DEAD_NODE,
    })
    .execute();
  await core.db.transaction().execute((tx) => holdFunds(tx, { ...use(id), unit: 'voice_minute', quantity: 1 }));
}

test('whoever has locked a call of a dead process gets to the wallet, while its other calls are ended', async () => {
  await lostCall('cal_1');
  await lostCall('cal_2');
  const woken: string[] = [];
  const wake = wakesTelling((loop) => void woken.push(loop));
  let ending: Promise<void> | undefined;
  await core.db.transaction().execute(async (tx) => {
    await tx.selectFrom('calls').select('id').where('id', '=', 'cal_2').forUpdate().execute();
    ending = reconcileDeadNodes({ ...core, wake });
    await eventually(async () => {
      // Not in this transaction, which would see the activity of its first look only.
      const { rows } = await sql`
        select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`.execute(
        core.db,
      );
      expect(rows).toHaveLength(1);
    });
    await releaseFunds(tx, use('cal_2'));
  });
  await ending;
  const calls = await core.db.selectFrom('calls').select(['id', 'status', 'reason']).orderBy('id').execute();
  expect(calls).toEqual([
    { id: 'cal_1', status: 'failed', reason: 'node_lost' },
    { id: 'cal_2', status: 'failed', reason: 'node_lost' },
  ]);
  expect(woken).toEqual(['calls', 'deliveries']);
  expect(await findWallet(core, accountId)).toMatchObject({ balance: 100, held: 0 });
  expect(await checkLedger(core)).toEqual([]);
});
