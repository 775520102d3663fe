import { afterAll, beforeAll, expect, test } from 'vitest';
import { listAccessRequests, refuseAccess, refuseAllAccess, requestAccess } from '#core/api-access/index.js';
import { erasePerson } from '#core/contacts/index.js';
import { queueEmail } from '#core/emails/index.js';
import { addPhone, setPhone } from '#core/phones/index.js';
import { purgeOld } from '#core/retention/index.js';
import type { HeldClock } from '../held-clock.js';
import { openWorld, type Reply, type World } from '../world.js';

/** What outlives people has neither their numbers nor their words (rules 21, 22, 26). */
let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const DAY_MS = 86_400_000;

async function ask(method: string, path: string, body?: object, key?: string): Promise<Reply> {
  (world.clock as HeldClock).advance(1000);
  const reply = await world.request(method, `/api/v2${path}`, { ...(body && { body }), ...(key && { key }) });
  expect(reply.status, `${method} ${path} ${JSON.stringify(reply.body)}`).toBeLessThan(300);
  return reply;
}

async function idOf(reply: Promise<Reply>): Promise<string> {
  return String(((await reply).body['data'] as { id: unknown }).id);
}

test('the audit log says who did what to which row, and nothing of people', async () => {
  const { core, account } = world;
  const blocked = await idOf(ask('POST', '/blocked-numbers', { number: '+13055550901', note: 'Anton calls at night' }));
  await ask('DELETE', `/blocked-numbers/${blocked}`);
  const mobile = await idOf(
    ask('POST', '/forwarding-numbers', { number: '+12125550902', description: 'Berta on the road' }),
  );
  await ask('PATCH', `/forwarding-numbers/${mobile}`, { description: 'Berta at home' });
  const user = await idOf(
    ask('POST', '/users', { firstName: 'Carla', lastName: 'Holm', email: 'carla@example.com', extension: '201' }),
  );
  const next = await idOf(ask('POST', '/users', { firstName: 'Dora', lastName: 'Lind' }));
  await ask('DELETE', `/users/${user}?replacementUserId=${next}`);
  await ask('PATCH', '/account', { email: 'emil@example.com' }, world.keys.live);
  const phone = await addPhone(core, { accountId: account.id, name: '101', actor: 'test' });
  const moved = { location: '9 Frida Street', forwardTo: '+12125550903' };
  await setPhone(core, { accountId: account.id, name: '101', ...moved, actor: 'test' });

  const log = await core.db.selectFrom('audit_log').selectAll().execute();
  const of = (action: string) => log.filter((entry) => entry.action === action);
  expect(of('number.block').map(({ subject }) => subject)).toEqual([blocked]);
  expect(of('number.unblock').map(({ subject }) => subject)).toEqual([blocked]);
  expect(of('phone.set')).toMatchObject([
    { subject: phone.id, details: { name: '101', changed: ['location', 'forwardTo'] } },
  ]);
  expect(of('account.update')).toMatchObject([{ details: { changed: ['email'] } }]);
  expect(of('user.create')).toHaveLength(2);
  expect(of('routing.change').length).toBeGreaterThan(2);
  expect(JSON.stringify(log)).not.toMatch(/55509\d\d|Anton|Berta|Carla|Dora|Emil|emil|Frida/);
});

test('whoever is erased is blocked no longer, and stands in no list', async () => {
  const number = '+13055550911';
  const blocked = await idOf(ask('POST', '/blocked-numbers', { number, note: 'Gerda' }));
  const whom = { accountId: world.account.id, phone: number, actor: 'test' } as const;
  await erasePerson(world.core, { ...whom, mode: 'live' });
  expect((await ask('GET', `/blocked-numbers/${blocked}`)).body).toMatchObject({ data: { number } });
  await erasePerson(world.core, { ...whom, mode: 'test' });
  expect((await world.request('GET', `/api/v2/blocked-numbers/${blocked}`)).status).toBe(404);
});

test('of a letter stays to whom it went and when, also not what stood above it', async () => {
  const at = new Date(world.clock.now());
  const letter = { accountId: world.account.id, to: 'office@example.com', subject: 'From Hilde', body: 'Hello' };
  const id = await world.core.db.transaction().execute((tx) => queueEmail(tx, letter, at));
  world.core.wake.emails();
  const row = () => world.core.db.selectFrom('emails').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
  await world.runUntil('it is sent', async () => (await row()).status === 'sent');
  expect(await row()).toMatchObject({ to_address: 'office@example.com', subject: '', body: '' });
});

test('who asked for access is forgotten after thirty days, and a flood of them is refused at once', async () => {
  const { core } = world;
  const asked = (name: string) =>
    requestAccess(core, { accountName: 'New', name, email: 'ida@example.com', useCase: 'CRM' });
  const { id } = await asked('Ida');
  await asked('Jan');
  await refuseAccess(core, { id, actor: 'test' });
  (world.clock as HeldClock).advance(20 * DAY_MS);
  await asked('Kai');
  expect(await refuseAllAccess(core, 'test')).toBe(2);
  expect(await listAccessRequests(core)).toEqual([]);
  await asked('Lea');
  const names = async () => {
    const rows = await core.db.selectFrom('api_access_requests').select('name').orderBy('name').execute();
    return rows.map(({ name }) => name);
  };
  (world.clock as HeldClock).advance(11 * DAY_MS);
  await purgeOld(core);
  expect(await names()).toEqual(['Jan', 'Kai', 'Lea']);
  (world.clock as HeldClock).advance(20 * DAY_MS);
  await purgeOld(core);
  expect(await names()).toEqual([]);
  const log = await core.db
    .selectFrom('audit_log')
    .select('details')
    .where('action', '=', 'access_request.refuse_all')
    .execute();
  expect(log).toEqual([{ details: { refused: 2 } }]);
});

test('an extension that a phone is forwarded to is not removed, nor given another number', async () => {
  const { core, account } = world;
  const key = world.keys.live;
  const id = await idOf(ask('POST', '/extensions', { name: 'Desk', number: '301' }, key));
  await addPhone(core, { accountId: account.id, name: '102', actor: 'test' });
  const forward = (forwardTo: string | null) =>
    setPhone(core, { accountId: account.id, name: '102', forwardTo, actor: 'test' });
  await forward('301');
  const path = `/api/v2/extensions/${id}`;
  for (const refused of [
    await world.request('DELETE', path, { key }),
    await world.request('PATCH', path, { key, body: { number: '302' } }),
  ]) {
    expect(refused.status).toBe(422);
    expect(refused.body).toMatchObject({
      message: expect.stringContaining('Extension 301 is in use: phones[102].forwardTo') as string,
    });
  }
  await forward(null);
  expect((await world.request('DELETE', path, { key })).status).toBe(204);
});
