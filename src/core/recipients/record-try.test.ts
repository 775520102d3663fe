import { afterAll, beforeAll, expect, test } from 'vitest';
import { NO_RETRY, postponeTry, recordTry, type RetryPolicy, type Try } from '#core/recipients/index.js';
import { openBusiness, type Business } from '#test/business.js';

let business: Business;
let accountId: string;

beforeAll(async () => {
  business = await openBusiness();
  accountId = await business.account('one');
});
afterAll(() => business.close());

const RETRY: RetryPolicy = { attempts: 3, on: ['busy', 'no_answer'], delayMinutes: 30, delays: { busy: 5 } };
const at = (minutes: number): Date => new Date(Date.parse('2026-03-02T15:00:00Z') + minutes * 60_000);
let campaigns = 0;

/** A campaign whose only recipient is under way for the `tries`th time. */
async function trying(
  tries: number,
  more: { retry?: RetryPolicy; endsAt?: Date; status?: 'running' | 'canceled' } = {},
) {
  const campaignId = `cmp_${++campaigns}`;
  await business.db
    .insertInto('campaigns')
    .values({
      ...{ id: campaignId, account_id: accountId, mode: 'test', name: 'One', channel: 'voice' },
      ...{ purpose: 'transactional', status: more.status ?? 'running', senders: [], content: '{}' },
      ...{ calling_hours: null, time_zone: null, retry: JSON.stringify(more.retry ?? RETRY), calls_per_second: null },
      ...{ max_concurrent: null, webhook_url: null, dialect: 'test', metadata: null, starts_at: at(0) },
      ...{ ends_at: more.endsAt ?? null, created_at: at(0) },
    })
    .execute();
  await business.db
    .insertInto('campaign_recipients')
    .values({
      ...{ campaign_id: campaignId, position: 1, phone: '+15005550001', contact_id: null, time_zone: null },
      ...{ consent: null, metadata: null, status: 'active', tries, due_at: null, last_id: 'cal_1' },
    })
    .execute();
  return {
    campaignId,
    record: (result: Pick<Try, 'outcome' | 'at'> & Partial<Try>) =>
      business.db.transaction().execute((tx) => recordTry(tx, { campaignId, recipient: 1, ...result })),
    look: () =>
      business.db
        .selectFrom('campaign_recipients')
        .select(['status', 'outcome', 'tries', 'due_at', 'ended_at'])
        .where('campaign_id', '=', campaignId)
        .executeTakeFirstOrThrow(),
  };
}

test.each([
  ['answered', 1, {}, 'done', undefined],
  ['busy', 1, {}, 'waiting', 5],
  ['no_answer', 2, {}, 'waiting', 30],
  ['no_answer', 3, {}, 'done', undefined],
  ['voicemail', 1, {}, 'done', undefined],
  ['busy', 1, { retry: NO_RETRY }, 'done', undefined],
  ['busy', 1, { status: 'canceled' }, 'done', undefined],
  ['busy', 1, { endsAt: at(6) }, 'done', undefined],
  ['busy', 1, { endsAt: at(7) }, 'waiting', 5],
] as const)('%s at try %i with %o: %s, again after %s minutes', async (outcome, tries, more, status, delay) => {
  const { record, look } = await trying(tries, more);
  await record({ outcome, at: at(1) });
  const over = status === 'done';
  expect(await look()).toEqual({
    ...{ status, outcome, tries },
    ...{ due_at: delay === undefined ? null : at(1 + delay), ended_at: over ? at(1) : null },
  });
});

test('only the try that is under way counts, and only once; a late receipt settles what was unknown', async () => {
  const { record, look } = await trying(2);
  await record({ outcome: 'busy', at: at(1), try: 1 });
  expect(await look()).toMatchObject({ status: 'active' });
  await record({ outcome: 'sent', at: at(1), try: 2 });
  expect(await look()).toMatchObject({ status: 'active', outcome: 'sent' });
  await record({ outcome: 'unknown', at: at(1), try: 2 });
  await record({ outcome: 'delivered', at: at(2), try: 2 });
  await record({ outcome: 'undelivered', at: at(3), try: 2 });
  expect(await look()).toMatchObject({ status: 'done', outcome: 'delivered', ended_at: at(2) });
});

test('a try that never left is not spent', async () => {
  const { campaignId, look } = await trying(2);
  const postpone = () =>
    business.db.transaction().execute((tx) => postponeTry(tx, { campaignId, recipient: 1, dueAt: at(60) }));
  await postpone();
  await postpone();
  expect(await look()).toMatchObject({ status: 'waiting', tries: 1, due_at: at(60) });
});
