import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { LOOPBACK } from '#carriers/carrier.js';
import { createAccount, setLimit } from '#core/accounts/index.js';
import { receiveMessage } from '#core/messages/index.js';
import { purgeOld } from '#core/retention/index.js';
import { queueTexts, readText } from '../queued-texts.js';
import { openReceiver } from '../receiver.js';
import { openWorld, SANDBOX_NUMBER, type World } from '../world.js';

test('recordings, delivery attempts and what texts said go after thirty days, the call, the text and the delivery stay', async () => {
  const world = await openWorld();
  const receiver = await openReceiver();
  try {
    const body = {
      to: '+15005550001',
      from: SANDBOX_NUMBER,
      message: 'Hello.',
      record: true,
      webhook_url: receiver.url,
    };
    const { body: placed } = await world.request('POST', '/api/v1/calls', { body });
    const callId = String(placed['call_id']);
    await world.runUntil('the end is delivered', () => receiver.events('call.completed').length === 1);
    await world.settle();
    const { file } = await world.core.db.selectFrom('recordings').select('file').executeTakeFirstOrThrow();
    expect(existsSync(world.core.recordings.path(file))).toBe(true);
    const attempts = () => world.core.db.selectFrom('delivery_attempts').select('at').execute();
    expect(await attempts()).not.toEqual([]);

    expect((await world.requestInTime('POST', '/v1/otp', { body: { to: '+12125550100' } })).status).toBe(201);
    await world.run(60_000);
    const [textId = ''] = await queueTexts(world.core, world.account.id, [{ to: '+15005550084' }]);
    await world.runUntil('the answer', () => answered(world));

    const later = (days: number) => ({
      ...world.core,
      clock: {
        ...world.clock,
        now: () => world.clock.now() + days * 86_400_000,
        after: world.clock.after.bind(world.clock),
      },
    });
    const person = '+15005550085';
    await receiveMessage(world.core, LOOPBACK, { from: person, to: SANDBOX_NUMBER, text: 'please leave me alone' });
    const campaign = await world.request('POST', '/api/v1/campaigns', {
      body: {
        ...{ name: 'Spring', purpose: 'transactional', channel: 'sms', from: SANDBOX_NUMBER, message: 'Hi {WHO}.' },
        contacts: [{ phone: '+15005550002', variables: { WHO: 'Nobody Anymore' } }],
      },
    });
    expect(campaign.status).toBe(201);
    await world.runUntil('the end of the campaign', async () => {
      const { body: now } = await world.request('GET', `/api/v1/campaigns/${String(campaign.body['campaign_id'])}`);
      return now['status'] === 'completed';
    });

    expect(Object.values(await purgeOld(later(29))).every((count) => count === 0)).toBe(true);
    const purged = await purgeOld(later(31));
    expect(purged).toMatchObject({ recordings: 1, verifications: 1, callWords: 1, recipientWords: 1, reviewTexts: 1 });
    const { body: story } = await world.request('GET', `/api/v1/calls/${callId}`);
    expect(story).toMatchObject({ to: '+15005550001', message: null, status: 'completed', live: false });
    const { review_text: words, ...entry } = await world.core.db
      .selectFrom('suppressions')
      .selectAll()
      .executeTakeFirstOrThrow();
    expect({ words, entry }).toMatchObject({ words: null, entry: { address: person, lifted_at: null } });
    for (const table of ['events', 'messages', 'campaign_recipients', 'calls', 'deliveries'] as const) {
      const rows = JSON.stringify(await world.core.db.selectFrom(table).selectAll().execute());
      expect({ table, said: /Nobody|leave me|Hello/.test(rows) }).toEqual({ table, said: false });
    }
    const bodies = await world.core.db.selectFrom('events').select('data').execute();
    expect(bodies.filter(({ data }) => JSON.stringify(data) !== '{}')).toEqual([]);
    expect(Object.values(await purgeOld(later(31))).every((count) => count === 0)).toBe(true);
    const again = { body: { since: new Date(0).toISOString(), failed_only: false } };
    expect((await world.request('POST', '/api/v1/webhook_deliveries/replay', again)).body).toMatchObject({
      replayed: 0,
    });
    expect(await readText(world.core, textId)).toMatchObject({
      status: 'delivered',
      text: null,
      to_address: '+15005550084',
    });
    const said = await world.core.db
      .selectFrom('events')
      .select('data')
      .where('type', '=', 'message.received')
      .execute();
    expect(said).toEqual([{ data: {} }, { data: {} }]);

    expect(existsSync(world.core.recordings.path(file))).toBe(false);
    expect((await world.request('GET', `/api/v1/calls/${callId}/recording`)).status).toBe(404);
    expect(await attempts()).toEqual([]);
    const { body: listed } = await world.request('GET', `/api/v1/webhook_deliveries?call_id=${callId}`);
    expect(listed['deliveries']).not.toEqual([]);
  } finally {
    await world.close();
    await receiver.close();
  }
});

test('each account keeps what it is set to keep, for as many days', async () => {
  const world = await openWorld();
  try {
    const { core, account, clock } = world;
    const other = await createAccount(core, { name: 'Other', actor: 'test' });
    const set = (accountId: string, name: string, value: number | null) =>
      setLimit({ ...core, keyRing: world.platform.keyRing }, { accountId, name, value, actor: 'test' });
    await set(account.id, 'retention_days_voicemail', 365);
    await set(account.id, 'retention_days_bodies', 7);
    await expect(set(account.id, 'retention_days_bodies', 0)).rejects.toThrow('a whole number from 1 to 3650');
    const at = new Date(clock.now());
    for (const [id, accountId] of [
      ['vcm_ours', account.id],
      ['vcm_theirs', other.id],
    ] as const) {
      await core.recordings.write(`${id}.wav`, new Int16Array(8));
      await core.db
        .insertInto('voice_messages')
        .values({
          ...{ id, account_id: accountId, mode: 'live', mailbox_id: 1, file: `${id}.wav`, bytes: 60, duration_ms: 1 },
          ...{ phone_number: SANDBOX_NUMBER, caller_number: '+12125550177', transcription: 'off' },
          ...{ created_at: at, updated_at: at },
        })
        .execute();
      await core.db
        .insertInto('events')
        .values({
          ...{ id: `evt_${id}`, account_id: accountId, mode: 'live', type: 'message.sent', subject: id },
          ...{ data: JSON.stringify({ text: 'Hello.' }), created_at: at },
        })
        .execute();
    }
    const purge = (days: number) =>
      purgeOld({ ...core, clock: { now: () => clock.now() + days * 86_400_000, after: clock.after.bind(clock) } });
    const kept = async () => ({
      messages: (await core.db.selectFrom('voice_messages').select('id').orderBy('id').execute()).map(({ id }) => id),
      words: (await core.db.selectFrom('events').select(['subject', 'data']).orderBy('id').execute())
        .filter(({ data }) => JSON.stringify(data) !== '{}')
        .map(({ subject }) => subject),
    });
    await purge(8);
    expect(await kept()).toEqual({ messages: ['vcm_ours', 'vcm_theirs'], words: ['vcm_theirs'] });
    await purge(31);
    expect(await kept()).toEqual({ messages: ['vcm_ours'], words: [] });
    expect(existsSync(core.recordings.path('vcm_ours.wav'))).toBe(true);
    await purge(366);
    expect(await kept()).toEqual({ messages: [], words: [] });
    expect(existsSync(core.recordings.path('vcm_ours.wav'))).toBe(false);
  } finally {
    await world.close();
  }
});

async function answered({ core }: World): Promise<boolean> {
  const rows = await core.db.selectFrom('messages').select('id').where('status', '=', 'received').execute();
  return rows.length === 1;
}
