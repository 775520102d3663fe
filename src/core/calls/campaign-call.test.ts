import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MARKETING_HOURS, type CallingHours } from '#core/calling-hours/index.js';
import { lastLook } from '#core/calls/call-writer.js';
import { openBusiness, type Business } from '#test/business.js';
import { addCall, insertCampaign } from '#test/campaign-calls.js';

let business: Business;
let accountId: string;
let campaigns = 0;

beforeAll(async () => {
  business = await openBusiness();
  accountId = await business.account('one');
});
afterAll(() => business.close());

/** A campaign's only call, about to be dialled at a moment. */
async function aboutToDial(options: {
  at: string;
  phone?: string;
  timeZone?: string;
  hours?: CallingHours;
  status?: 'running' | 'paused' | 'completed' | 'canceled';
  attempts?: number;
}) {
  const at = new Date(options.at);
  const campaign = { id: `cmp_${++campaigns}`, accountId, mode: 'test', at } as const;
  const { status, hours = MARKETING_HOURS, attempts = 0, phone = '+12125550100', timeZone } = options;
  await insertCampaign(business.db, { ...campaign, hours, ...(status === undefined ? {} : { status }) });
  const person = { position: 1, phone, node: 7, ...(timeZone === undefined ? {} : { timeZone }) };
  const id = await addCall(business.db, campaign, person);
  const call = await business.db
    .updateTable('calls')
    .set({ attempts })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow();
  const looked = await business.db.transaction().execute((tx) => lastLook(tx, business.secrets, call, 'queued', at));
  const [row] = await business.db.selectFrom('calls').selectAll().where('id', '=', id).execute();
  const recipient = await business.db
    .selectFrom('campaign_recipients')
    .select(['status', 'tries', 'due_at'])
    .where('campaign_id', '=', campaign.id)
    .executeTakeFirstOrThrow();
  return { looked: typeof looked === 'string' ? looked : 'dialled', row, recipient };
}

describe('the last look before a call of a campaign', () => {
  test.each([
    // New York: the clocks go from 02:00 to 03:00 on 8 March, and from 02:00 to 01:00 on 1 November 2026.
    ['+12125550100', undefined, '2026-03-07T13:00:00Z', undefined],
    ['+12125550100', undefined, '2026-03-08T01:59:59Z', undefined],
    ['+12125550100', undefined, '2026-03-08T02:00:00Z', '2026-03-08T12:00:00Z'],
    ['+12125550100', undefined, '2026-03-08T11:59:59Z', '2026-03-08T12:00:00Z'],
    ['+12125550100', undefined, '2026-03-09T00:59:59Z', undefined],
    ['+12125550100', undefined, '2026-03-09T01:00:00Z', '2026-03-09T12:00:00Z'],
    ['+12125550100', undefined, '2026-11-01T01:00:00Z', '2026-11-01T13:00:00Z'],
    ['+12125550100', undefined, '2026-11-01T12:59:59Z', '2026-11-01T13:00:00Z'],
    // Lord Howe: half an hour back on 5 April, half an hour on again on 4 October 2026.
    ['+61265635555', 'Australia/Lord_Howe', '2026-04-04T10:00:00Z', '2026-04-04T21:30:00Z'],
    ['+61265635555', 'Australia/Lord_Howe', '2026-04-05T10:29:59Z', undefined],
    ['+61265635555', 'Australia/Lord_Howe', '2026-10-03T10:30:00Z', '2026-10-03T21:00:00Z'],
    // Arizona changes no clock. Whose zone is not known and could be the Navajo Nation's waits for both.
    ['+16025550100', undefined, '2026-03-08T14:59:59Z', '2026-03-08T15:00:00Z'],
    ['+19285550100', undefined, '2026-03-09T03:00:00Z', '2026-03-09T15:00:00Z'],
    ['+19285550100', 'America/Phoenix', '2026-03-09T03:00:00Z', undefined],
  ])('%s in %s at %s: %s', async (phone, timeZone, at, due) => {
    const { looked, row, recipient } = await aboutToDial({
      at,
      phone,
      ...(timeZone === undefined ? {} : { timeZone }),
    });
    if (due === undefined) {
      expect([looked, recipient.status, recipient.tries]).toEqual(['dialled', 'active', 1]);
    } else {
      expect([looked, row]).toEqual(['withdrawn', undefined]);
      expect(recipient).toEqual({ status: 'waiting', tries: 0, due_at: new Date(due) });
    }
  });

  test('withdraws it while the campaign is paused, and cancels it when that is over', async () => {
    const at = '2026-03-02T18:00:00Z';
    const paused = await aboutToDial({ at, status: 'paused' });
    expect(paused).toEqual({
      ...{ looked: 'withdrawn', row: undefined },
      recipient: { status: 'waiting', tries: 0, due_at: new Date(at) },
    });
    expect(await aboutToDial({ at, status: 'canceled' })).toMatchObject({ looked: 'canceled' });
    expect(await aboutToDial({ at, status: 'completed' })).toMatchObject({ looked: 'canceled' });
  });

  test('lets a single marketing call wait for its hours, in the time of the contact where that is known', async () => {
    const look = async (at: string) => {
      const { row } = await aboutToDial({ at: '2026-03-02T18:00:00Z', phone: '+19285550100' });
      const call = await business.db
        .updateTable('calls')
        .set({ campaign_id: null, recipient: null, purpose: 'marketing' })
        .where('id', '=', row!.id)
        .returningAll()
        .executeTakeFirstOrThrow();
      const looked = await business.db
        .transaction()
        .execute((tx) => lastLook(tx, business.secrets, call, 'queued', new Date(at)));
      const after = await business.db.selectFrom('calls').selectAll().where('id', '=', call.id).executeTakeFirst();
      return { looked: typeof looked === 'string' ? looked : 'dialled', node: after?.node_id, due: after?.due_at };
    };
    const due = new Date('2026-03-03T15:00:00Z');
    expect(await look('2026-03-03T04:30:00Z')).toEqual({ looked: 'withdrawn', node: null, due });
    await business.db
      .insertInto('contacts')
      .values({
        ...{ id: 'con_1', account_id: accountId, mode: 'test', phone: '+19285550100', name: null, company: null },
        ...{ email: null, city: null, region: null, country: null, time_zone: 'Pacific/Honolulu' },
        ...{ created_at: new Date(0), updated_at: new Date(0) },
      })
      .execute();
    expect(await look('2026-03-03T04:30:00Z')).toMatchObject({ looked: 'dialled' });
  });

  test('lets one wait that may have left already: its try is spent', async () => {
    const closed = await aboutToDial({ at: '2026-03-03T03:00:00Z', attempts: 1 });
    expect(closed).toMatchObject({ looked: 'withdrawn', recipient: { status: 'active', tries: 1 } });
    expect(closed.row).toMatchObject({ status: 'queued', node_id: null, due_at: new Date('2026-03-03T13:00:00Z') });
  });
});
