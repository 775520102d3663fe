import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createGroup, createUser } from '#core/people/index.js';
import { addPhone } from '#core/phones/index.js';
import type { MeasuredTone, Phone } from '../phones.js';
import { FROM, openSipStage, TO, type SipStage } from '../sip-stage.js';

/** Two phones of ours and a carrier, over real SIP and RTP. */
describe('a connected call', () => {
  const PASSWORD = 'correct horse battery';
  let stage: SipStage;

  beforeAll(async () => {
    stage = await openSipStage();
    const { core, account } = stage.world;
    const owner = { accountId: account.id, actor: 'test' };
    const members: string[] = [];
    for (const name of ['101', '102']) {
      await addPhone(core, { ...owner, name, password: PASSWORD });
      const user = await createUser(core, { ...owner, mode: 'live', name: `User ${name}`, phones: [name] });
      members.push(user.id);
    }
    await createGroup(core, { ...owner, mode: 'live', name: 'Sales', members });
  });
  afterEach(() => stage.clear());
  afterAll(() => stage.close());

  async function registered(user: string): Promise<Phone> {
    const phone = await stage.phone({ user });
    expect((await phone.register({ server: stage.world.sip, user, password: PASSWORD })).status).toBe(200);
    return phone;
  }

  async function connect(who: object): Promise<string> {
    const reply = await stage.request('POST', '/v1/calls', { body: { phone: TO, from: FROM, ...who } });
    expect(reply.status, JSON.stringify(reply.body)).toBe(201);
    return String(reply.body['id']);
  }

  function expectTone(heard: MeasuredTone | undefined, hz: number, dbm0: number): void {
    expect(Math.abs((heard?.hz ?? 0) - hz)).toBeLessThan(10);
    expect(Math.abs((heard?.dbm0 ?? 0) - dbm0)).toBeLessThan(1);
  }

  test('rings all phones, and whoever picks up first and the far end hear each other', async () => {
    const [anna, ben, carrier] = [await registered('101'), await registered('102'), await stage.carrier()];
    const id = await connect({ group: 'Sales' });
    const [ours, other] = [await anna.nextCall(), await ben.nextCall()];
    expect([ours.from.user, other.from.user]).toEqual([TO, TO]);
    ours.ring();
    other.ring();
    expect(carrier.invitesSeen().distinct).toBe(0);
    await ours.answer();
    const reason = 'SIP;cause=200;text="Call completed elsewhere"';
    expect(await other.ended).toEqual({ by: 'them', how: 'cancel', reason });

    const far = await carrier.nextCall();
    expect([far.calledUser, far.from.user]).toEqual([TO, FROM]);
    far.ring();
    await ours.waitForSound(300);
    await far.answer();
    await Promise.all([ours.sendTone(700, -10, 1500), far.sendTone(1000, -20, 1500)]);
    await ours.press('5');
    await far.waitForDigits('5');
    expectTone(far.heardTone(), 700, -10);
    expectTone(ours.heardTone(), 1000, -20);

    expect(await ours.hangup()).toBe(200);
    expect(await far.ended).toMatchObject({ by: 'them', how: 'bye' });
    expect(await stage.ended(id)).toMatchObject({
      status: 'completed',
      error: { code: 'caller_hung_up' },
      attempts: 1,
      tries: [{ cause: 'hangup' }],
      quality: { mos: expect.any(Number) as number },
    });
    const entry = await stage.request('GET', `/v1/calls/${id}`);
    expect(entry.body).toMatchObject({
      status: 'completed',
      destination: '101',
      user_name: 'User 101',
      livemode: true,
    });
    expect(entry.body['duration']).toBeGreaterThan(0);
  });

  test('is over for both when the far end hangs up', async () => {
    const [anna, carrier] = [await registered('101'), await stage.carrier()];
    const id = await connect({ user: 'User 101' });
    const ours = await anna.nextCall();
    await ours.answer();
    const far = await carrier.nextCall();
    await far.answer();
    await far.sendTone(1000, -20, 300);
    await ours.waitForSound(200);
    expect(await far.hangup()).toBe(200);
    expect(await ours.ended).toMatchObject({ by: 'them', how: 'bye' });
    expect(await stage.ended(id)).toMatchObject({ status: 'completed', error: { code: 'callee_hung_up' } });
  });

  test('to a busy line: whoever waits hears a sentence, and is hung up', async () => {
    const [anna, carrier] = [await registered('101'), await stage.carrier()];
    const id = await connect({ user: 'User 101' });
    const ours = await anna.nextCall();
    await ours.answer();
    (await carrier.nextCall()).reject(486, 'Busy Here');
    expect(await ours.ended).toMatchObject({ by: 'them', how: 'bye' });
    expect(ours.heardTone()?.ms).toBeGreaterThan(500);
    expect(await stage.ended(id)).toMatchObject({ status: 'busy', sip_code: 486, attempts: 1 });
  });

  test('that is given up while the far end rings cancels it', async () => {
    const [anna, carrier] = [await registered('101'), await stage.carrier()];
    const id = await connect({ user: 'User 101' });
    const ours = await anna.nextCall();
    await ours.answer();
    const far = await carrier.nextCall();
    far.ring();
    await ours.waitForSound(100);
    await ours.hangup();
    expect(await far.ended).toMatchObject({ by: 'them', how: 'cancel' });
    expect(await stage.ended(id)).toMatchObject({ status: 'canceled', error: { code: 'caller_hung_up' } });
  });

  test('whose phones are not registered says so, and calls nobody', async () => {
    const carrier = await stage.carrier();
    const { core } = stage.world;
    await core.db.deleteFrom('phone_contacts').execute();
    await stage.restart();
    const id = await connect({ user: 'User 101' });
    expect(await stage.ended(id)).toMatchObject({ status: 'failed', error: { code: 'not_registered' }, attempts: 0 });
    expect(carrier.invitesSeen().distinct).toBe(0);
  });
});
