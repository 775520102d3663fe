import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { addNumber } from '#core/numbers/index.js';
import { addPhone } from '#core/phones/index.js';
import type { Phone } from '../phones.js';
import { FROM, openSipStage, type SipStage } from '../sip-stage.js';

/** Phones of an account: they register with a password, are called by number or name, and may call in. */
describe('a phone of ours', () => {
  const NUMBER = '+12125550101';
  const PASSWORD = 'correct horse battery';
  let stage: SipStage;

  beforeAll(async () => {
    stage = await openSipStage();
    const { core, account } = stage.world;
    const owner = { accountId: account.id, actor: 'test' };
    await addPhone(core, { ...owner, name: '101', password: PASSWORD, number: NUMBER });
    await addNumber(core, { ...owner, mode: 'live', number: '+12125550102' });
  });
  afterEach(() => stage.clear());
  afterAll(() => stage.close());

  function register(phone: Phone, more: { password?: string; expires?: number } = {}) {
    return phone.register({ server: stage.world.sip, user: '101', password: PASSWORD, ...more });
  }

  async function answersAndConfirms(phone: Phone, to: string): Promise<void> {
    const callId = await stage.place({ to });
    const call = await phone.nextCall();
    expect(call.from.user).toBe(FROM);
    call.ring();
    await call.answer();
    await call.waitForSound(200);
    await call.press('1');
    expect(await call.ended).toMatchObject({ by: 'them', how: 'bye' });
    expect(await stage.ended(callId)).toMatchObject({ status: 'completed', dtmf_response: '1' });
  }

  test.each(['udp', 'tcp'] as const)('registers over %s and is called by its number and by its name', async (over) => {
    const phone = await stage.phone({ user: '101', transport: over });
    expect((await register(phone)).status).toBe(200);
    await answersAndConfirms(phone, NUMBER);
    await answersAndConfirms(phone, '101');
    expect((await register(phone, { expires: 0 })).status).toBe(200);
  });

  test('with a wrong password is refused, and not called', async () => {
    const phone = await stage.phone({ user: '101' });
    expect((await register(phone, { password: 'guessed' })).status).toBe(401);
    const callId = await stage.place({ to: NUMBER });
    expect(await stage.ended(callId)).toMatchObject({
      status: 'failed',
      error: { code: 'not_registered' },
      sip_code: null,
    });
    expect(stage.told(callId)).toEqual(['/call-status call.failed']);
    expect(phone.invitesSeen().distinct).toBe(0);
  });

  test('that unregistered is not called any more', async () => {
    const phone = await stage.phone({ user: '101' });
    await register(phone);
    await register(phone, { expires: 0 });
    const callId = await stage.place({ to: NUMBER });
    expect(await stage.ended(callId)).toMatchObject({ status: 'failed', error: { code: 'not_registered' } });
    expect(phone.invitesSeen().distinct).toBe(0);
  });

  test('that is not there for a number of ours: the call says what is missing', async () => {
    const callId = await stage.place({ to: '+12125550102' });
    expect(await stage.ended(callId)).toMatchObject({
      status: 'failed',
      error: { code: 'number_without_phone', message: expect.stringContaining('sidetone phones add') as string },
      attempts: 0,
    });
  });

  test.each(['udp', 'tcp'] as const)('is still known over %s after the server started again', async (transport) => {
    const phone = await stage.phone({ user: '101', transport });
    await register(phone);
    await stage.restart();
    await answersAndConfirms(phone, NUMBER);
    expect((await register(phone, { expires: 0 })).status).toBe(200);
  });

  test('that calls where no route leads is told so with 480', async () => {
    const phone = await stage.phone({ user: '101' });
    const { host, port } = stage.world.sip;
    const from = `<sip:101@${host}>`;
    const call = await phone.invite(`sip:${FROM}@${host}:${port}`, { user: '101', password: PASSWORD, from });
    expect((await call.refused()).status).toBe(480);
  });

  test('whose password is wrong cannot call', async () => {
    const phone = await stage.phone({ user: '101' });
    const { host, port } = stage.world.sip;
    const from = `<sip:101@${host}>`;
    const call = await phone.invite(`sip:${FROM}@${host}:${port}`, { user: '101', password: 'guessed', from });
    expect([401, 403, 407]).toContain((await call.refused()).status);
  });

  test('is not needed for a call from the trunk to get its 480, and a stranger gets 403', async () => {
    const { host, port } = stage.world.sip;
    const stranger = await stage.phone();
    const refused = await stranger.invite(`sip:${FROM}@${host}:${port}`);
    expect((await refused.refused()).status).toBe(403);
    const carrier = await stage.carrier();
    // A number that nobody was called from: who calls back one of those is answered.
    const call = await carrier.invite(`sip:${NUMBER}@${host}:${port}`);
    expect((await call.refused()).status).toBe(480);
  });
});
