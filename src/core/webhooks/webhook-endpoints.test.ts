import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Dialect } from '#core/events.js';
import {
  createEndpoint,
  findEndpoint,
  listEndpoints,
  MOST_ENDPOINTS,
  publishEvent,
  publishEvents,
  removeEndpoint,
  rollEndpointSecret,
  sendSample,
  updateEndpoint,
} from '#core/webhooks/index.js';
import { openBusiness, type Business } from '#test/business.js';
import { wakesTelling } from '#test/wakes.js';

const dialect: Dialect = {
  render: ({ type }) => ({ body: { type } }),
  ownSecret: true,
  events: { 'call.over': ['call.completed', 'call.no_answer'], 'contact.new': ['contact.created'] },
};
const quiet: Dialect = { render: dialect.render, events: { 'call.over': ['call.completed'] } };
const actor = 'test';

let business: Business;
let core: ReturnType<typeof coreOf>;
let accounts = 0;
beforeAll(async () => {
  business = await openBusiness();
  core = coreOf(business);
});
afterAll(() => business.close());

function coreOf({ db, clock, secrets }: Business) {
  return {
    ...{ db, clock, secrets },
    dialects: { loud: dialect, quiet, mute: { render: dialect.render } },
    settings: { publicUrl: 'https://example.com', loopbackOnly: false },
    wake: { ...wakesTelling(), calls: vi.fn(), deliveries: vi.fn() },
  };
}

async function owner() {
  return { accountId: await business.account(`owner${++accounts}`), mode: 'live' as const };
}

const URL_A = 'https://example.com/a';
const given = { url: URL_A, dialect: 'loud', events: ['call.over'], actor };
const refusal = (code: string, field?: string): object =>
  expect.objectContaining({ code, ...(field === undefined ? {} : { field }) }) as object;

async function deliveries(of: { accountId: string }) {
  return business.db
    .selectFrom('deliveries')
    .select(['url', 'dialect', 'status', 'endpoint_id', 'mode'])
    .where('account_id', '=', of.accountId)
    .orderBy('id')
    .execute();
}

async function publish(of: { accountId: string; mode: 'live' | 'test' }, type: 'call.completed' | 'contact.created') {
  const at = new Date(business.clock.now());
  await business.db.transaction().execute((tx) => publishEvent(tx, { ...of, type, subject: 'sub_1', data: {}, at }));
}

describe('registering', () => {
  it('makes up a secret where the dialect wants one, shows it once, and keeps it encrypted', async () => {
    const of = await owner();
    const made = await createEndpoint(core, { ...of, ...given });
    expect(made.secret).toMatch(/^whsec_/);
    expect(made).toMatchObject({ url: URL_A, events: ['call.over'], enabled: true, hasSecret: true });
    const found = await findEndpoint(core, { ...of, id: made.id });
    expect(JSON.stringify(found)).not.toContain('whsec_');
    const row = await business.db
      .selectFrom('webhook_endpoints')
      .select(['secret_encrypted', 'event_types'])
      .where('id', '=', made.id)
      .executeTakeFirstOrThrow();
    expect(row.secret_encrypted?.includes(made.secret ?? '')).toBe(false);
    expect(row.event_types).toEqual(['call.completed', 'call.no_answer']);
  });

  it('takes a secret that the receiver knows, and makes up none where the dialect needs none', async () => {
    const of = await owner();
    const known = await createEndpoint(core, { ...of, ...given, secret: 'a-secret-of-theirs' });
    expect(known.secret).toBe('a-secret-of-theirs');
    const none = await createEndpoint(core, { ...of, ...given, dialect: 'quiet' });
    expect([none.secret, none.hasSecret]).toEqual([undefined, false]);
  });

  it.each([
    [{ url: 'http://example.com/' }, 'url'],
    [{ url: 'nonsense' }, 'url'],
    [{ events: [] }, 'events'],
    [{ events: ['call.over', 'nothing'] }, 'events'],
    [{ events: ['constructor'] }, 'events'],
    [{ dialect: 'mute' }, 'dialect'],
    [{ dialect: 'unheard' }, 'dialect'],
    [{ secret: 'short' }, 'secret'],
    [{ secret: 'with blanks within it' }, 'secret'],
    [{ description: 'x'.repeat(201) }, 'description'],
  ])('refuses %j, naming %s', async (change, field) => {
    const of = await owner();
    await expect(createEndpoint(core, { ...of, ...given, ...change })).rejects.toEqual(
      refusal('webhook.bad_input', field),
    );
    expect(await listEndpoints(core, of)).toEqual([]);
  });

  it('refuses a URL twice in one account, mode and dialect, also at the same moment', async () => {
    const of = await owner();
    const tries = await Promise.allSettled([1, 2, 3].map(() => createEndpoint(core, { ...of, ...given })));
    expect(tries.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected', 'rejected']);
    await expect(createEndpoint(core, { ...of, ...given })).rejects.toEqual(refusal('webhook.exists', 'url'));
    await createEndpoint(core, { ...of, ...given, dialect: 'quiet' });
    await createEndpoint(core, { ...of, ...given, mode: 'test' });
    await createEndpoint(core, { ...(await owner()), ...given });
  });

  it('ends at a limit, exactly', async () => {
    const of = await owner();
    for (let made = 1; made < MOST_ENDPOINTS; made++) {
      await createEndpoint(core, { ...of, ...given, url: `${URL_A}/${made}` });
    }
    const last = await Promise.allSettled(
      ['x', 'y'].map((path) => createEndpoint(core, { ...of, ...given, url: `${URL_A}/${path}` })),
    );
    expect(last.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(last.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: refusal('webhook.too_many'),
    });
  });
});

describe('an event', () => {
  it('goes to those of its account and mode that asked for it and are enabled', async () => {
    const of = await owner();
    const made = await createEndpoint(core, { ...of, ...given });
    await createEndpoint(core, { ...of, ...given, url: `${URL_A}/off` }).then(({ id }) =>
      updateEndpoint(core, { ...of, id, enabled: false, actor }),
    );
    await createEndpoint(core, { ...of, ...given, url: `${URL_A}/other`, events: ['contact.new'] });
    await createEndpoint(core, { ...of, ...given, mode: 'test' });
    await publish(of, 'call.completed');
    expect(await deliveries(of)).toEqual([
      { url: URL_A, dialect: 'loud', status: 'pending', endpoint_id: made.id, mode: 'live' },
    ]);
  });

  it('goes to the URL of its request as well, and a thousand of a kind go together', async () => {
    const of = await owner();
    const { id } = await createEndpoint(core, { ...of, ...given, events: ['contact.new'] });
    const at = new Date(business.clock.now());
    const things = Array.from({ length: 1001 }, (_, index) => ({ subject: `con_${index}`, data: {} }));
    const events = await business.db
      .transaction()
      .execute((tx) =>
        publishEvents(tx, { ...of, type: 'contact.created', at }, things, [
          { url: 'https://example.org/hook', dialect: 'loud' },
        ]),
      );
    expect(new Set(events.map((event) => event.id)).size).toBe(1001);
    const rows = await deliveries(of);
    expect(rows).toHaveLength(2002);
    expect(rows.filter(({ endpoint_id }) => endpoint_id === id)).toHaveLength(1001);
  });
});

describe('changing', () => {
  it('sends what waits to the new URL', async () => {
    const of = await owner();
    const { id } = await createEndpoint(core, { ...of, ...given });
    await publish(of, 'call.completed');
    await updateEndpoint(core, { ...of, id, url: 'https://example.net/b', description: 'ours', actor });
    expect(await deliveries(of)).toMatchObject([{ url: 'https://example.net/b', status: 'pending' }]);
    expect(await findEndpoint(core, { ...of, id })).toMatchObject({
      url: 'https://example.net/b',
      description: 'ours',
      events: ['call.over'],
    });
    await updateEndpoint(core, { ...of, id, description: null, events: ['contact.new'], actor });
    expect(await findEndpoint(core, { ...of, id })).toMatchObject({ description: undefined, events: ['contact.new'] });
  });

  it('refuses the URL of another endpoint, and events that nobody has', async () => {
    const of = await owner();
    await createEndpoint(core, { ...of, ...given });
    const { id } = await createEndpoint(core, { ...of, ...given, url: `${URL_A}/2` });
    const change = (more: object) => updateEndpoint(core, { ...of, id, actor, ...more });
    await expect(change({ url: URL_A })).rejects.toEqual(refusal('webhook.exists', 'url'));
    await expect(change({ events: ['nothing'] })).rejects.toEqual(refusal('webhook.bad_input', 'events'));
    await expect(change({ url: 'ftp://example.com' })).rejects.toEqual(refusal('webhook.bad_input', 'url'));
    await change({ url: `${URL_A}/2` });
  });

  it('gives up what waits when it is disabled or removed, and keeps it on record', async () => {
    const of = await owner();
    const { id } = await createEndpoint(core, { ...of, ...given });
    await publish(of, 'call.completed');
    await updateEndpoint(core, { ...of, id, enabled: false, actor });
    expect(await deliveries(of)).toMatchObject([{ status: 'failed' }]);
    await updateEndpoint(core, { ...of, id, enabled: true, actor });
    await publish(of, 'call.completed');
    await removeEndpoint(core, { ...of, id, actor });
    expect(await deliveries(of)).toMatchObject([
      { status: 'failed', endpoint_id: id },
      { status: 'failed', endpoint_id: id },
    ]);
    await publish(of, 'call.completed');
    expect(await deliveries(of)).toHaveLength(2);
  });

  it('makes a new secret in place of the old one', async () => {
    const of = await owner();
    const { id, secret } = await createEndpoint(core, { ...of, ...given });
    const rolled = await rollEndpointSecret(core, { ...of, id, actor });
    expect(rolled).toMatch(/^whsec_/);
    expect(rolled).not.toBe(secret);
  });

  it('is written to the audit log, without secrets', async () => {
    const of = await owner();
    const { id, secret } = await createEndpoint(core, { ...of, ...given });
    await updateEndpoint(core, { ...of, id, enabled: false, actor });
    await rollEndpointSecret(core, { ...of, id, actor });
    await removeEndpoint(core, { ...of, id, actor });
    const rows = await business.db
      .selectFrom('audit_log')
      .select(['action', 'details'])
      .where('subject', '=', id)
      .orderBy('id')
      .execute();
    expect(rows.map(({ action }) => action)).toEqual(
      ['create', 'update', 'roll_secret', 'remove'].map((verb) => `webhook_endpoint.${verb}`),
    );
    expect(JSON.stringify(rows)).not.toContain(secret);
  });
});

it('a sample goes to its endpoint alone, and is not among the events of anything else', async () => {
  const of = await owner();
  const { id } = await createEndpoint(core, { ...of, ...given });
  await createEndpoint(core, { ...of, ...given, url: `${URL_A}/2` });
  expect(await sendSample(core, { ...of, id })).toMatchObject({ event: 'call.over' });
  expect(await deliveries(of)).toMatchObject([{ endpoint_id: id, status: 'pending' }]);
  await expect(sendSample(core, { ...of, id, event: 'contact.new' })).rejects.toEqual(
    refusal('webhook.bad_input', 'event'),
  );
  await updateEndpoint(core, { ...of, id, enabled: false, actor });
  await expect(sendSample(core, { ...of, id })).rejects.toEqual(refusal('webhook.bad_input', 'enabled'));
});

it('nobody finds an endpoint of another account or mode', async () => {
  const of = await owner();
  const { id } = await createEndpoint(core, { ...of, ...given });
  for (const other of [await owner(), { ...of, mode: 'test' as const }]) {
    const key = { ...other, id, actor };
    const absent = refusal('webhook.not_found');
    await expect(findEndpoint(core, key)).rejects.toEqual(absent);
    await expect(updateEndpoint(core, { ...key, enabled: false })).rejects.toEqual(absent);
    await expect(rollEndpointSecret(core, key)).rejects.toEqual(absent);
    await expect(sendSample(core, key)).rejects.toEqual(absent);
    await expect(removeEndpoint(core, key)).rejects.toEqual(absent);
    expect(await listEndpoints(core, other)).toEqual([]);
  }
  expect(await findEndpoint(core, { ...of, id })).toMatchObject({ enabled: true });
});
