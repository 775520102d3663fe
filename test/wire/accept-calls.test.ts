import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { setLimit } from '#core/accounts/index.js';
import { addPhone } from '#core/phones/index.js';
import { openWorld, SANDBOX_NUMBER, type Reply, type World } from '../world.js';

/** `POST /api/v1/calls` when hundreds ask at once: what one alone would have been told, each is told. */
describe('calls placed at the same time', () => {
  let world: World;
  let killPoints = 0;
  let count = 0;
  /** Not due, so that nothing but placing happens. */
  let later: string;

  beforeAll(async () => {
    world = await openWorld({ killPoint: (point) => void (killPoints += point === 'call.accepted' ? 1 : 0) });
    const { core, keyRing } = world.platform;
    const limit = { name: 'outreach_requests_per_minute', value: 100_000 };
    await setLimit({ ...core, keyRing }, { accountId: world.account.id, ...limit, actor: 'test' });
    await addPhone(world.core, {
      accountId: world.account.id,
      name: '101',
      password: 'a long password',
      actor: 'test',
    });
    await world.core.db
      .insertInto('suppressions')
      .values({
        ...{ id: 'sup_1', account_id: world.account.id, mode: 'test', address: '+12125550199' },
        ...{ scope: 'outreach', channel: 'all', source: 'key', created_at: new Date(world.clock.now()) },
      })
      .execute();
  });
  beforeEach(() => {
    killPoints = 0;
    later = new Date(world.clock.now() + 48 * 3_600_000).toISOString();
  });
  afterAll(() => world.close());

  const freshKey = (): string => `key-${++count}`;

  function place(body: object = {}, idempotencyKey?: string, key = world.keys.test): Promise<Reply> {
    return world.request('POST', '/api/v1/calls', {
      body: { to: '+12125550100', from: SANDBOX_NUMBER, message: 'Hello.', schedule_at: later, ...body },
      key,
      headers: idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey },
    });
  }

  async function rows(): Promise<number> {
    const { n } = await world.core.db
      .selectFrom('calls')
      .select(({ fn }) => fn.countAll<number>().as('n'))
      .executeTakeFirstOrThrow();
    return Number(n);
  }

  const refusals: [string, object, number, string, string][] = [
    ['a sender that is not ours', { from: '+12125550177' }, 400, 'sender_not_owned', 'from'],
    ['a sender that is no number', { from: 'me' }, 400, 'invalid_request', 'from'],
    ['somebody who opted out', { to: '+12125550199' }, 403, 'recipient_opted_out', 'to'],
    ['a country that is not ours', { to: '+442079460000' }, 403, 'destination_not_allowed', 'to'],
    ['a premium number', { to: '+19005550100' }, 403, 'destination_not_allowed', 'to'],
    ['a phone that is not there', { to: '999' }, 400, 'invalid_request', 'to'],
    ['an unknown voice', { voice: 'nobody' }, 400, 'invalid_request', 'voice'],
    ['an empty variable', { message: 'Hello {NAME}.' }, 400, 'invalid_request', 'variables.NAME'],
    ['a time in the past', { schedule_at: '2001-01-01T00:00:00Z' }, 400, 'invalid_request', 'schedule_at'],
  ];

  test('are all accepted, each once, whatever is refused beside them', async () => {
    const before = await rows();
    const accepted: Promise<Reply>[] = [];
    const refused: [Promise<Reply>, (typeof refusals)[number]][] = [];
    for (let index = 0; index < 270; index++) {
      accepted.push(place({ to: index % 10 === 0 ? '101' : '+12125550100' }, index % 2 === 0 ? freshKey() : undefined));
      const refusal = refusals[index % refusals.length]!;
      if (index % 3 === 0) refused.push([place(refusal[1], index % 2 === 0 ? freshKey() : undefined), refusal]);
    }
    for (const { status, body } of await Promise.all(accepted)) expect({ status, body }).toMatchObject({ status: 201 });
    for (const [reply, [name, , status, code, field]] of refused) {
      const { status: got, body } = await reply;
      expect({ got, body }, name).toMatchObject({ got: status, body: { error: { code, field } } });
    }
    expect(await rows()).toBe(before + 270);
    expect(killPoints).toBe(270);
    const ids = (await Promise.all(accepted)).map(({ body }) => body['call_id']);
    const stored = await world.core.db
      .selectFrom('calls')
      .select('id')
      .where('id', 'in', ids as string[])
      .execute();
    expect(stored).toHaveLength(270);
  });

  test('under the same key are one call; repeated later they get its reply', async () => {
    const before = await rows();
    const keys = Array.from({ length: 60 }, freshKey);
    const replies = await Promise.all([...keys, ...keys, ...keys].map((key) => place({}, key)));
    expect(await rows()).toBe(before + 60);
    for (const [index, key] of keys.entries()) {
      const same = [0, 60, 120].map((offset) => replies[index + offset]!);
      const fresh = same.filter(
        ({ status, headers }) => status === 201 && headers['idempotency-replayed'] === undefined,
      );
      expect(fresh).toHaveLength(1);
      for (const other of same.filter((reply) => reply !== fresh[0])) {
        if (other.status === 409) expect(other.body).toMatchObject({ error: { code: 'idempotency_in_flight' } });
        else expect(other.raw).toEqual(fresh[0]!.raw);
      }
      const again = await place({}, key);
      expect([again.status, again.headers['idempotency-replayed'], again.raw]).toEqual([201, 'true', fresh[0]!.raw]);
    }
    expect(await rows()).toBe(before + 60);
  });

  test('under a key used before for another body are refused; a refusal is repeated as it was', async () => {
    const before = await rows();
    const keys = Array.from({ length: 20 }, freshKey);
    await Promise.all(keys.map((key) => place({}, key)));
    const others = await Promise.all(keys.map((key) => place({ message: 'Another one.' }, key)));
    for (const { status, body } of others) {
      expect({ status, body }).toMatchObject({ status: 400, body: { error: { code: 'idempotency_mismatch' } } });
    }
    const refused = await place({ voice: 'nobody' }, 'refused');
    const again = await place({ voice: 'nobody' }, 'refused');
    expect(refused.status).toBe(400);
    expect([again.status, again.headers['idempotency-replayed'], again.raw]).toEqual([400, 'true', refused.raw]);
    expect(await rows()).toBe(before + 20);
  });

  test('with live and test keys have keys of their own', async () => {
    const key = freshKey();
    const replies = await Promise.all([place({}, key), place({}, key, world.keys.live)]);
    expect(replies.map(({ status }) => status)).toEqual([201, 201]);
    expect(replies[0]?.body['call_id']).not.toBe(replies[1]?.body['call_id']);
  });

  test('under a key of yesterday are new calls', async () => {
    const key = freshKey();
    const first = await place({}, key);
    await world.core.db
      .updateTable('idempotency_keys')
      .set({ created_at: new Date(world.clock.now() - 24 * 3_600_000) })
      .where('key', '=', key)
      .execute();
    const second = await place({}, key);
    expect([second.status, second.headers['idempotency-replayed']]).toEqual([201, undefined]);
    expect(second.body['call_id']).not.toBe(first.body['call_id']);
    expect((await place({}, key)).raw).toEqual(second.raw);
  });

  test('keep what they were given', async () => {
    const given = {
      metadata: { order: 7, deep: { text: 'ünï "quoted" \\ back' } },
      message: 'Hello {NAME}.',
      variables: { NAME: "O'Brien" },
      dtmf: { '1': { action: 'repeat' } },
      record: true,
      ring_timeout_seconds: 12,
      max_duration_seconds: 99,
    };
    const { body } = await place(given, freshKey());
    const row = await world.core.db
      .selectFrom('calls')
      .selectAll()
      .where('id', '=', String(body['call_id']))
      .executeTakeFirstOrThrow();
    expect(row).toMatchObject({
      status: 'queued',
      metadata: given.metadata,
      script: { message: "Hello O'Brien.", keys: { '1': { action: 'repeat' } } },
      record: true,
      ring_timeout_seconds: 12,
      max_duration_seconds: 99,
      created_at: new Date(world.clock.now()),
      due_at: new Date(later),
      scheduled_at: new Date(later),
      attempts: 0,
      node_id: null,
    });
  });

  test('whose statement the database refuses as a whole are tried alone', async () => {
    const before = await rows();
    // As a defect would that comes of many rows in one statement, or of one of them.
    await sql`create function refuse_many() returns trigger language plpgsql as $$
      begin
        if (select count(*) from written) > 1 then raise exception using errcode = '23514'; end if;
        return null;
      end $$`.execute(world.core.db);
    await sql`create trigger refuse_many after insert on calls referencing new table as written
      for each statement execute function refuse_many()`.execute(world.core.db);
    const replies = await Promise.all(
      Array.from({ length: 60 }, (_, index) => place({}, index % 2 === 0 ? freshKey() : undefined)),
    );
    await sql`drop trigger refuse_many on calls`.execute(world.core.db);
    expect(replies.filter(({ status }) => status === 201)).toHaveLength(60);
    expect(await rows()).toBe(before + 60);
    expect(killPoints).toBe(60);
  });
});
