import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAccount, createKey, setApiAccess } from '#core/accounts/index.js';
import { grantAccess, listAccessRequests, MOST_WAITING, refuseAccess } from '#core/api-access/index.js';
import { CoreError } from '#core/errors.js';
import type { HeldClock } from '../held-clock.js';
import { openWorld, type Reply, type World } from '../world.js';

/** The page on which strangers ask for the API of an account, and what its operator does about it. */
let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const actor = 'test';
const FORM = {
  account: 'Newcomer',
  name: 'Ann <script>',
  email: 'ann@example.com',
  use_case: 'Contacts & "history"\nfor our CRM',
};

function send(fields: Record<string, string> | string, headers: Record<string, string> = {}): Promise<Reply> {
  return world.request('POST', '/api-access', {
    key: null,
    body: typeof fields === 'string' ? fields : new URLSearchParams(fields).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
  });
}
/** So that no test counts against the limit of another. */
const later = () => (world.clock as HeldClock).advance(60_000);
const waiting = () => listAccessRequests(world.core);

describe('the page', () => {
  test('is a form without scripts that nothing else can be loaded into', async () => {
    const { status, headers, raw } = await world.request('GET', '/api-access', { key: null });
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    expect(headers['content-security-policy']).toMatch(
      /^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self'/,
    );
    expect(headers['cache-control']).toBe('no-store');
    const page = raw.toString();
    expect(page).toContain('<form method="post" action="/api-access"');
    for (const name of Object.keys(FORM)) expect(page).toContain(`name="${name}"`);
    expect(page).not.toMatch(/<script|javascript:|onload=/);
  });

  test('takes a request down, and leads away so that it is not sent twice', async () => {
    const sent = await send(FORM);
    expect([sent.status, sent.headers['location']]).toEqual([303, '/api-access/received']);
    expect((await world.request('GET', '/api-access/received', { key: null })).raw.toString()).toContain('Thank you');
    expect(await waiting()).toEqual([
      expect.objectContaining({
        ...{ accountName: 'Newcomer', name: 'Ann <script>', email: 'ann@example.com', status: 'waiting' },
        ...{ useCase: 'Contacts & "history"\nfor our CRM', accountId: null },
      }),
    ]);
    later();
  });

  test('says of each field what is wrong, with what was written, and nothing of it is markup', async () => {
    const { status, raw } = await send({ ...FORM, email: '"><b>nobody', use_case: ' ', account: 'x'.repeat(101) });
    expect(status).toBe(422);
    const page = raw.toString();
    expect(page).toContain('This is not an e-mail address.');
    expect(page).toContain('Please fill this in.');
    expect(page).toContain('At most 100 characters.');
    expect(page).toContain('value="Ann &#60;script&#62;"');
    expect(page).toContain('&#34;&#62;&#60;b&#62;nobody');
    expect(page).not.toMatch(/<script|<b>/);
    expect(await waiting()).toHaveLength(1);
    later();
  });

  test.each<[string, string, Record<string, string>, number]>([
    ['JSON', JSON.stringify(FORM), { 'content-type': 'application/json' }, 415],
    ['no type', 'account=x', { 'content-type': '' }, 415],
    ['too much', `use_case=${'x'.repeat(40_000)}`, {}, 413],
    ['nothing', '', {}, 422],
    ['NUL', `account=%00&name=a&email=a%40b.c&use_case=x`, {}, 422],
  ])('%s is refused', async (_what, body, headers, status) => {
    expect((await send(body, headers)).status).toBe(status);
    expect(await waiting()).toHaveLength(1);
    later();
  });

  test('takes five in a minute from one address', async () => {
    for (let count = 0; count < 5; count++) expect((await send({ ...FORM, name: '' })).status).toBe(422);
    const sixth = await send(FORM);
    expect(sixth.status).toBe(429);
    expect(sixth.raw.toString()).toContain('Too many requests. Try again in a minute.');
    expect(await waiting()).toHaveLength(1);
    later();
    expect((await send(FORM)).status).toBe(303);
    later();
  });

  test('has no room for ever more that nobody looks at', async () => {
    const [first] = await world.core.db.selectFrom('api_access_requests').selectAll().limit(1).execute();
    if (first === undefined) throw new Error('there should be one');
    const rows = Array.from({ length: MOST_WAITING }, (_, index) => ({ ...first, id: `acr_many_${index}` }));
    await world.core.db.insertInto('api_access_requests').values(rows).execute();
    const refused = await send(FORM);
    expect(refused.status).toBe(503);
    expect(refused.raw.toString()).toContain('Too many requests wait');
    await world.core.db.deleteFrom('api_access_requests').where('id', 'like', 'acr_many_%').execute();
    later();
  });
});

describe('a request', () => {
  test('opens the account that it names, or another', async () => {
    const { core } = world;
    const newcomer = await createAccount(core, { name: 'Newcomer', apiEnabled: false, actor });
    const { secret } = await createKey(core, { accountId: newcomer.id, mode: 'test', style: 'talkroute', actor });
    const ask = (path: string) => world.request('GET', path, { key: secret });
    for (const path of ['/api/v2/account', '/api/v1/limits', '/v1/contacts']) {
      const reply = await ask(path);
      expect(reply.status).toBe(403);
      expect(JSON.stringify(reply.body)).toContain('The API is not open for this account: ask for it at /api-access.');
    }

    const [request, other] = await waiting();
    if (request === undefined || other === undefined) throw new Error('there should be two');
    const granted = await grantAccess(core, { id: request.id, actor });
    expect(granted).toMatchObject({ status: 'granted', accountId: newcomer.id });
    expect((await ask('/api/v2/account')).status).toBe(200);

    const again = await grantAccess(core, { id: request.id, actor }).catch((error: unknown) => error);
    expect(again).toBeInstanceOf(CoreError);
    expect((again as CoreError).code).toBe('access_request.decided');
    expect((await refuseAccess(core, { id: other.id, actor })).status).toBe('refused');
    expect(await waiting()).toEqual([]);
    expect((await listAccessRequests(core, { decided: true })).map(({ status }) => status)).toEqual([
      'refused',
      'granted',
    ]);

    await setApiAccess(core, { accountId: newcomer.id, enabled: false, actor });
    expect((await ask('/api/v2/account')).status).toBe(403);
    const actions = await core.db
      .selectFrom('audit_log')
      .select('action')
      .where('account_id', '=', newcomer.id)
      .execute();
    expect(actions.map(({ action }) => action)).toEqual([
      ...['account.create', 'key.create', 'account.enable_api', 'access_request.granted', 'account.disable_api'],
    ]);
  });

  test('of an account that is not there is granted to one that is named', async () => {
    const { core, account } = world;
    await send({ ...FORM, account: 'Unknown' });
    const [request] = await waiting();
    const id = request?.id ?? '';
    await expect(grantAccess(core, { id, actor })).rejects.toThrow('There is no account "Unknown".');
    expect(await grantAccess(core, { id, account: account.name, actor })).toMatchObject({ accountId: account.id });
  });
});
