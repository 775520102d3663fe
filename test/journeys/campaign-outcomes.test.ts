import { afterEach, beforeEach, expect, test } from 'vitest';
import { sql } from 'kysely';
import type { Clock } from '#clock.js';
import { addTrunk } from '#core/trunks/index.js';
import type { Engine, EngineCommand } from '#voice/engine.js';
import { SimulatedEngine } from '#voice/simulated/simulated-engine.js';
import { openWorld, SANDBOX_NUMBER, type World } from '../world.js';

/** Campaigns over a simulated network in which people do what the last but third digit of their number says. */
const DOES = {
  '1': '+15005550001',
  '2': '+15005550020',
  '3': '+15005550021',
  '4': '+15005550022',
  '5': '+15005550040',
  '6': '+15005550023',
  '9': '+15005550009',
} as const;
type Kind = keyof typeof DOES;

/** Lets many numbers do what one of the sandbox's does. */
class Crowd implements Engine {
  readonly #network: SimulatedEngine;

  constructor(clock: Clock) {
    this.#network = new SimulatedEngine(clock);
  }

  send(command: EngineCommand): void {
    if (command.kind === 'dial' && command.to.kind === 'trunk') {
      const number = DOES[command.to.number.at(-4) as Kind] ?? command.to.number;
      return this.#network.send({ ...command, to: { ...command.to, number } });
    }
    this.#network.send(command);
  }

  on(listener: Parameters<Engine['on']>[0]): () => void {
    return this.#network.on(listener);
  }

  close(): Promise<void> {
    return this.#network.close();
  }
}

/** Hundreds of calls, on a machine that may be busy. */
const LONG = { timeout: 240_000 };

let world: World;
beforeEach(async () => {
  world = await openWorld({ live: (clock) => new Crowd(clock) });
  const trunk = { name: 'crowd', uri: 'sip:127.0.0.1:5999', channels: 50, callsPerSecond: 20, sipHost: '127.0.0.1' };
  await addTrunk(world.core, { ...trunk, actor: 'test' });
});
afterEach(async () => {
  expect(await world.violations()).toEqual([]);
  await world.close();
});

const ask = (method: string, path: string, body?: object) =>
  world.request(method, `/api/v1${path}`, { key: world.keys.live, ...(body === undefined ? {} : { body }) });

async function create(more: object): Promise<string> {
  const reply = await ask('POST', '/campaigns', {
    ...{ name: 'Many', purpose: 'transactional', from: SANDBOX_NUMBER, message: 'Hello.' },
    ...{ dtmf: { '1': { action: 'hangup' }, '9': { action: 'optout' } }, ...more },
  });
  expect(reply.status, JSON.stringify(reply.body)).toBe(201);
  return String(reply.body['campaign_id']);
}

const look = async (id: string) => (await ask('GET', `/campaigns/${id}`)).body;
const stats = async (id: string) => (await look(id))['stats'] as Record<string, number>;
/** Looks at the database at each step, which is cheaper than to ask. */
const until = (id: string, status: string) =>
  world.runUntil(
    `${id} ${status}`,
    async () => {
      const row = await world.core.db.selectFrom('campaigns').select('status').where('id', '=', id).executeTakeFirst();
      return row?.status === status;
    },
    3_600_000,
  );
const untilReached = (id: string, people: number) =>
  world.runUntil(`${people} reached`, async () => {
    const { rows } = await sql<{ n: number }>`
      select count(*)::int as n from campaign_recipients where campaign_id = ${id} and status = 'done'`.execute(
      world.core.db,
    );
    return rows[0]!.n >= people;
  });

/** `count` people of each kind. */
function people(count: number, kinds: readonly Kind[]): { phone: string }[] {
  return kinds.flatMap((kind) =>
    Array.from({ length: count }, (_, n) => ({ phone: `+1212555${kind}${String(n).padStart(3, '0')}` })),
  );
}

test(
  'of two hundred people each comes to the end that the network gave them, and the figures add up',
  LONG,
  async () => {
    const id = await create({
      contacts: [...people(80, ['1']), ...people(20, ['2', '3', '4', '5', '6', '9'])],
      retry: { max_attempts: 3, on: ['busy', 'no_answer'], minutes_between: 2, delays: { busy: 1 } },
      ring_timeout_seconds: 10,
    });
    await until(id, 'completed');
    const figures = await stats(id);
    const expected = { answered: 80, busy: 20, rejected: 20, no_answer: 20, voicemail: 20, failed: 20, opted_out: 20 };
    expect(figures).toMatchObject({ total: 200, completed: 200, waiting: 0, active: 0, skipped: 0, ...expected });
    const { rows } = await sql<{ outcome: string; tries: number; calls: number; n: number }>`
    select outcome, tries::int, calls, count(*)::int as n from (
      select outcome, tries, (select count(*)::int from calls c
        where c.campaign_id = r.campaign_id and c.recipient = r.position) as calls
      from campaign_recipients r where campaign_id = ${id}) as each
    group by 1, 2, 3 order by 1`.execute(world.core.db);
    const again = ['busy', 'no_answer'];
    expect(rows).toEqual(
      Object.entries(expected)
        .map(([outcome, n]) => ({
          outcome,
          tries: again.includes(outcome) ? 3 : 1,
          calls: again.includes(outcome) ? 3 : 1,
          n,
        }))
        .sort((a, b) => (a.outcome < b.outcome ? -1 : 1)),
    );
    const optOuts = await world.core.db.selectFrom('suppressions').select('id').execute();
    expect(optOuts).toHaveLength(20);
  },
);

test('paused, resumed and canceled under load: who was not reached is, and nobody twice', LONG, async () => {
  const id = await create({ contacts: people(150, ['1']) });
  for (const reached of [20, 60]) {
    await untilReached(id, reached);
    expect((await ask('POST', `/campaigns/${id}/pause`)).body).toMatchObject({ status: 'paused' });
    await world.run(30_000);
    const { active = -1, waiting = 0, completed = 0 } = await stats(id);
    expect([active, waiting + completed]).toEqual([0, 150]);
    expect((await ask('POST', `/campaigns/${id}/resume`)).body).toMatchObject({ status: 'running' });
  }
  await untilReached(id, 100);
  await ask('POST', `/campaigns/${id}/cancel`);
  await world.run(30_000);
  const { active, waiting, completed = 0, skipped = 0 } = await stats(id);
  expect([active, waiting, completed + skipped]).toEqual([0, 0, 150]);
  const { rows } = await sql<{ calls: number; people: number }>`
    select count(*)::int as calls, count(distinct recipient)::int as people from calls
    where campaign_id = ${id}`.execute(world.core.db);
  expect(rows).toEqual([{ calls: completed, people: completed }]);
});

test('canceled with hang_up, calls in progress are hung up', async () => {
  const id = await create({ contacts: people(3, ['7' as Kind]), message: 'A long message. '.repeat(60) });
  await world.runUntil('somebody listens', async () => {
    const { rows } = await sql`select from calls where status = 'answered'`.execute(world.core.db);
    return rows.length === 3;
  });
  const at = world.clock.now();
  await ask('POST', `/campaigns/${id}/cancel?hang_up=true`);
  await world.runUntil('nobody talks', async () => (await stats(id))['active'] === 0, 10_000);
  expect(world.clock.now() - at).toBeLessThan(5000);
  expect(await stats(id)).toMatchObject({ waiting: 0, completed: 3, skipped: 0 });
  const calls = await world.core.db.selectFrom('calls').select(['status', 'reason']).execute();
  expect(new Set(calls.map(({ status }) => status))).toEqual(new Set(['completed']));
});

test('when the end has come whoever waits is expired, who was tried keeps what became of that', async () => {
  const end = new Date(world.clock.now() + 10 * 60_000).toISOString();
  const id = await create({
    contacts: [...people(1, ['2']), ...people(30, ['1'])],
    ...{ end_at: end, calls_per_second: 0.02 },
    retry: { max_attempts: 2, on: ['busy'], minutes_between: 8 },
  });
  await until(id, 'completed');
  const { completed = 0, skipped = 0, ...figures } = await stats(id);
  expect(completed + skipped).toBe(31);
  expect(figures).toMatchObject({ busy: 1, skipped_by_reason: { expired: skipped } });
  expect(skipped).toBeGreaterThan(10);
  expect(world.clock.now()).toBeLessThan(Date.parse(end) + 60_000);
});

test('a list is loaded; a campaign without a way out is stalled and says why', async () => {
  const list = await ask('POST', '/lists', { name: 'Everybody' });
  const listId = String(list.body['list_id']);
  const phones = people(12, ['1']).map(({ phone }, n) => ({ phone, first_name: `No. ${n}` }));
  const members = await Promise.all(
    phones.map(async (contact) => (await ask('POST', '/contacts', contact)).body['contact_id']),
  );
  expect((await ask('POST', `/lists/${listId}/members`, { contact_ids: members })).body).toEqual({ added: 12 });
  await sql`update trunk_states set up = false`.execute(world.core.db);
  await sql`insert into trunk_states (trunk_id, up, detail, since) select id, false, '', now() from trunks
    on conflict (trunk_id) do nothing`.execute(world.core.db);
  const id = await create({ list_id: listId, message: 'Hello {FIRST_NAME}.' });
  await world.runUntil('it is loaded', async () => (await look(id))['loading'] === false);
  await world.runUntil('it runs', async () => (await look(id))['status'] === 'running');
  await world.run(30_000);
  const hourAgo = new Date(world.clock.now() - 3_600_000);
  await world.core.db.updateTable('campaigns').set({ moved_at: hourAgo }).where('id', '=', id).execute();
  expect(await look(id)).toMatchObject({
    ...{ total: 12, stats: { waiting: 12 } },
    stalled: { reason: 'trunks_down', message: 'Every trunk is down.', since: expect.any(String) as string },
  });
  await sql`update trunk_states set up = true`.execute(world.core.db);
  await until(id, 'completed');
  expect(await look(id)).toMatchObject({ stalled: null, stats: { answered: 12 } });
  const calls = await world.core.db.selectFrom('calls').select('script').execute();
  const said = calls.map(({ script }) => ('message' in script ? script.message : ''));
  expect(said).toContain('Hello No. 11.');
});
