import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createUser } from '#core/people/index.js';
import { addPhone } from '#core/phones/index.js';
import { changeRouting } from '#core/routing/index.js';
import { setMailboxPin, USUAL_MAILBOX } from '#core/voicemail/index.js';
import { keepMessage } from '#core/voicemail/keep-message.js';
import { compareWithPrompt, type MeasuredTone, type Phone, type PhoneCall } from '../phones.js';
import { babble } from '../phones/babble.js';
import { FROM, openSipStage, TO, type SipStage } from '../sip-stage.js';

/** Phones of ours and a carrier over real SIP and RTP: who calls, who is passed on, and who hears whom. */
describe('phones of ours', () => {
  const PASSWORD = 'correct horse battery';
  let stage: SipStage;

  beforeAll(async () => {
    stage = await openSipStage();
    const { core, account } = stage.world;
    const owner = { accountId: account.id, actor: 'test' };
    for (const name of ['101', '102']) await addPhone(core, { ...owner, name, password: PASSWORD });
    const { id } = await core.db
      .selectFrom('numbers')
      .select('id')
      .where('number', '=', FROM)
      .executeTakeFirstOrThrow();
    const change = { accountId: account.id, mode: 'live', author: 'test', summary: 'test' } as const;
    await changeRouting(core, change, (draft) => {
      const destination = { type: 'phone', id: '101' } as const;
      draft.put('number', id, { description: '', destination, record: null, welcome: null });
      return Promise.resolve();
    });
  });
  afterEach(() => stage.clear());
  afterAll(() => stage.close());

  async function registered(user: string): Promise<Phone> {
    const phone = await stage.phone({ user });
    expect((await phone.register({ server: stage.world.sip, user, password: PASSWORD })).status).toBe(200);
    return phone;
  }

  function dial(phone: Phone, user: string, to: string) {
    const { host, port } = stage.world.sip;
    return phone.invite(`sip:${to}@${host}:${port}`, { user, password: PASSWORD, from: `<sip:${user}@${host}>` });
  }

  function expectTone(heard: MeasuredTone | undefined, hz: number): void {
    expect(Math.abs((heard?.hz ?? 0) - hz)).toBeLessThan(10);
  }

  async function expectTalk(one: PhoneCall, two: PhoneCall): Promise<void> {
    await Promise.all([one.sendTone(700, -10, 1500), two.sendTone(1000, -20, 1500)]);
    expectTone(two.heardTone(), 700);
    expectTone(one.heardTone(), 1000);
  }

  /** The carrier calls our number, and 101 answers. */
  async function answeredBy101(anna: Phone, carrier: Phone) {
    const { host, port } = stage.world.sip;
    const outside = await carrier.invite(`sip:${FROM}@${host}:${port}`, { from: `<sip:${TO}@127.0.0.1>` });
    const ours = await anna.nextCall();
    ours.ring();
    await ours.answer();
    await outside.answered();
    return { outside, ours };
  }

  test('one calls outside, and both hear each other', async () => {
    const [anna, carrier] = [await registered('101'), await stage.carrier()];
    const call = await dial(anna, '101', '2125550100');
    const far = await carrier.nextCall();
    expect([far.calledUser, far.from.user]).toEqual([TO, FROM]);
    far.ring();
    await call.progressed(180);
    await far.answer();
    await call.answered();
    await expectTalk(call, far);
    expect(await far.hangup()).toBe(200);
    expect(await call.ended).toMatchObject({ by: 'them', how: 'bye' });
  });

  test('one calls a busy line and hears so in the answer', async () => {
    const [anna, carrier] = [await registered('101'), await stage.carrier()];
    const call = await dial(anna, '101', '2125550100');
    (await carrier.nextCall()).reject(486, 'Busy Here');
    expect((await call.refused()).status).toBe(486);
  });

  test('one passes the caller on, blind', async () => {
    const [anna, ben, carrier] = [await registered('101'), await registered('102'), await stage.carrier()];
    const { outside, ours } = await answeredBy101(anna, carrier);
    const { host } = stage.world.sip;
    expect((await ours.send('REFER', { 'Refer-To': `<sip:102@${host}>` })).status).toBe(202);
    const third = await ben.nextCall();
    expect(third.from.user).toBe(TO);
    third.ring();
    await third.answer();
    expect(await ours.ended).toMatchObject({ by: 'them', how: 'bye' });
    await expectTalk(outside, third);
    expect(await outside.hangup()).toBe(200);
    expect(await third.ended).toMatchObject({ by: 'them', how: 'bye' });
  });

  test('one connects two with each other, attended', async () => {
    const [anna, ben, carrier] = [await registered('101'), await registered('102'), await stage.carrier()];
    const { outside, ours } = await answeredBy101(anna, carrier);
    expect((await ours.reinvite({ hold: true })).status).toBe(200);
    const second = await dial(anna, '101', '102');
    const third = await ben.nextCall();
    await third.answer();
    await second.answered();
    const { host } = stage.world.sip;
    const tag = (address: string): string => /;tag=([^;>]+)/.exec(address)?.[1] ?? '';
    const { callId, local, remote } = second.dialog;
    const replaces = encodeURIComponent(`${callId};to-tag=${tag(remote)};from-tag=${tag(local)}`);
    expect((await ours.send('REFER', { 'Refer-To': `<sip:102@${host}?Replaces=${replaces}>` })).status).toBe(202);
    expect(await ours.ended).toMatchObject({ by: 'them', how: 'bye' });
    expect(await second.ended).toMatchObject({ by: 'them', how: 'bye' });
    await expectTalk(outside, third);
    expect(await third.hangup()).toBe(200);
    expect(await outside.ended).toMatchObject({ by: 'them', how: 'bye' });
  });

  test('one parks a call, another fetches it', async () => {
    const [anna, ben, carrier] = [await registered('101'), await registered('102'), await stage.carrier()];
    const { outside, ours } = await answeredBy101(anna, carrier);
    const { host } = stage.world.sip;
    expect((await ours.send('REFER', { 'Refer-To': `<sip:*68@${host}>` })).status).toBe(202);
    expect(await ours.ended).toMatchObject({ by: 'them', how: 'bye' });
    const fetching = await dial(ben, '102', '701');
    await fetching.answered();
    // What waited outside has heard the ringing tone until now.
    await outside.sendTone(700, -10, 1500);
    expectTone(fetching.heardTone(), 700);
    await fetching.press('5');
    await outside.waitForDigits('5');
    expect(await fetching.hangup()).toBe(200);
    expect(await outside.ended).toMatchObject({ by: 'them', how: 'bye' });
  });

  test('one opens its mailbox by keys, and hears what was said', async () => {
    const { core, account } = stage.world;
    const owner = { accountId: account.id, mode: 'live' } as const;
    const user = await createUser(core, { ...owner, actor: 'test', name: 'Anna', role: 'member', phones: ['101'] });
    const change = { ...owner, author: 'test', summary: 'test' };
    const mailbox = { ...USUAL_MAILBOX, name: 'Anna', userId: user.id, transcribe: false };
    const mailboxId = await changeRouting(core, change, (draft) => draft.create('mailbox', mailbox));
    await setMailboxPin(core, { ...owner, mailboxId, pin: '2468', actor: 'test' });
    const said = babble(2000, 7);
    const spoken = { owner, mailboxId, mailbox, callId: 'cal_none', caller: TO, callerName: 'Ben', called: FROM };
    const id = await keepMessage(core, spoken, said);

    const anna = await registered('101');
    const call = await dial(anna, '101', '*97');
    await call.answered();
    await call.waitForSound(250);
    await call.pressAll('2468#1');
    const read = () => core.db.selectFrom('voice_messages').select('read_at').where('id', '=', id).executeTakeFirst();
    await stage.world.runUntil('the end of the message', async () => (await read())?.read_at !== null);
    const { correlation, missing } = compareWithPrompt(call.heard(), said);
    expect(missing).toEqual([]);
    expect(correlation).toBeGreaterThan(0.95);
    await call.press('7');
    await stage.world.runUntil('its end', async () => (await read()) === undefined);
    expect(await call.hangup()).toBe(200);
  });

  test('one picks up what rings at another', async () => {
    const [anna, ben, carrier] = [await registered('101'), await registered('102'), await stage.carrier()];
    const { host, port } = stage.world.sip;
    const outside = await carrier.invite(`sip:${FROM}@${host}:${port}`, { from: `<sip:${TO}@127.0.0.1>` });
    const ringing = await anna.nextCall();
    ringing.ring();
    const taking = await dial(ben, '102', '*8');
    await taking.answered();
    await outside.answered();
    expect(await ringing.ended).toMatchObject({ by: 'them', how: 'cancel' });
    await expectTalk(outside, taking);
    expect(await outside.hangup()).toBe(200);
    expect(await taking.ended).toMatchObject({ by: 'them', how: 'bye' });
  });
});
