import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_SETTINGS, type Destination, type RoutingBodies } from '#core/call-flow/index.js';
import { addPhone } from '#core/phones/index.js';
import { changeRouting, type RoutingDraft } from '#core/routing/index.js';
import { measureTone, type MeasuredTone, type OutgoingCall, type Phone } from '../phones.js';
import { FROM, openSipStage, type SipStage } from '../sip-stage.js';

/** A caller from a carrier and phones of ours, over real SIP and RTP. */
describe('a call from a trunk', () => {
  const PASSWORD = 'correct horse battery';
  const CALLER = '+12125550177';
  const MOBILE = '+18005550188';
  let stage: SipStage;

  beforeAll(async () => {
    stage = await openSipStage();
    const { core, account } = stage.world;
    for (const name of ['101', '102', '103']) {
      await addPhone(core, { accountId: account.id, actor: 'test', name, password: PASSWORD });
    }
  });
  afterEach(() => stage.clear());
  afterAll(() => stage.close());

  async function route(change: (draft: RoutingDraft) => Promise<Destination>): Promise<void> {
    const { core, account } = stage.world;
    const owner = { accountId: account.id, mode: 'live' } as const;
    const { id } = await core.db
      .selectFrom('numbers')
      .select('id')
      .where('number', '=', FROM)
      .where('mode', '=', 'live')
      .executeTakeFirstOrThrow();
    await changeRouting(core, { ...owner, author: 'test', summary: 'test' }, async (draft) => {
      const destination = await change(draft);
      draft.put('number', id, { description: '', destination, record: null, welcome: null });
    });
  }

  /** Each test by itself, or after others. */
  const extension = async (draft: RoutingDraft, number: string): Promise<number> =>
    [...draft.all('extension')].find(([, { number: known }]) => known === number)?.[0] ??
    draft.create('extension', {
      ...{ number, name: `Extension ${number}`, userId: null, destination: { type: 'phone', id: number } },
      ...{ ringSeconds: 5, noAnswer: null, inDirectory: true },
    });

  const group = (draft: RoutingDraft, strategy: RoutingBodies['ring_group']['strategy'], devices: number[]) =>
    draft.create('ring_group', {
      ...{ name: 'Sales', strategy, retryAfterSeconds: 5, maxHoldSeconds: 60, maxAttempts: 1, callerId: null },
      ...{ holdMusic: null, destination: { type: 'hangup' } },
      members: devices.map((deviceId, at) => ({
        ...{ deviceId, enabled: true, scheduleId: null, position: at + 1, ringSeconds: 5 },
      })),
    });

  async function registered(user: string): Promise<Phone> {
    const phone = await stage.phone({ user });
    expect((await phone.register({ server: stage.world.sip, user, password: PASSWORD })).status).toBe(200);
    return phone;
  }

  function calls(carrier: Phone): Promise<OutgoingCall> {
    const { host, port } = stage.world.sip;
    return carrier.invite(`sip:${FROM}@${host}:${port}`, { from: `"Ann" <sip:${CALLER}@127.0.0.1>` });
  }

  async function newest(): Promise<{ id: string; result: string | null; steps: string[] }> {
    const { db } = stage.world.core;
    const { id } = await db
      .selectFrom('calls')
      .select('id')
      .where('direction', '=', 'in')
      .orderBy('id', 'desc')
      .executeTakeFirstOrThrow();
    await stage.ended(id);
    const { result } = await db.selectFrom('calls').select('result').where('id', '=', id).executeTakeFirstOrThrow();
    const steps = await db
      .selectFrom('call_steps')
      .select('type')
      .where('call_id', '=', id)
      .orderBy('position')
      .execute();
    return { id, result, steps: steps.map(({ type }) => type) };
  }

  function expectTone(heard: MeasuredTone | undefined, hz: number, dbm0: number): void {
    expect(Math.abs((heard?.hz ?? 0) - hz)).toBeLessThan(10);
    expect(Math.abs((heard?.dbm0 ?? 0) - dbm0)).toBeLessThan(1);
  }

  test('walks hours, a menu by key and a group in sequence, until somebody answers and both hear each other', async () => {
    const [carrier, first, second] = [await stage.carrier(), await registered('101'), await registered('102')];
    await route(async (draft) => {
      const devices = [await extension(draft, '101'), await extension(draft, '102')];
      const sales = await group(draft, 'sequence', devices);
      const menu = await draft.create('menu', {
        ...{ name: 'Main', greeting: { text: 'Welcome.' }, directDial: false, timeoutSeconds: 10, repeats: 1 },
        options: [{ digit: '2', label: 'Sales', destination: { type: 'ring_group', id: sales }, enabled: true }],
        ...{ onTimeout: { type: 'hangup' }, onInvalid: { type: 'hangup' } },
      });
      draft.put('hours', 0, {
        ...{ timeZone: 'UTC', weekly: [], holidays: [], override: { mode: 'open', until: null } },
        ...{ open: { type: 'menu', id: menu }, closed: { type: 'hangup' } },
      });
      return { type: 'hours' };
    });
    const call = await calls(carrier);
    await call.answered();
    await call.waitForSound(200);
    await call.press('2');
    const unwilling = await first.nextCall();
    expect(unwilling.from).toEqual({ user: CALLER, displayName: 'Ann' });
    unwilling.reject(486, 'Busy Here');
    const taken = await second.nextCall();
    taken.ring();
    await call.waitForSound(500);
    await taken.answer();
    const before = call.heardTone();
    expect(before).toBeDefined();
    await Promise.all([call.sendTone(700, -10, 1500), taken.sendTone(1000, -20, 1500)]);
    await call.press('5');
    await taken.waitForDigits('5');
    expectTone(taken.heardTone(), 700, -10);
    expect(await call.hangup()).toBe(200);
    expect(await taken.ended).toMatchObject({ by: 'them', how: 'bye' });
    expect(await newest()).toMatchObject({
      result: 'answered',
      steps: [
        ...['virtual_number', 'hours', 'menu', 'menu', 'ring_group', 'user_extension', 'user_extension'],
        ...['user_extension', 'answered', 'hangup'],
      ],
    });
  });

  test('rings all, without an answer of ours, until one answers; the others hear where it went', async () => {
    const phones = [await registered('101'), await registered('102'), await registered('103')];
    const carrier = await stage.carrier();
    await route(async (draft) => {
      const devices = [await extension(draft, '101'), await extension(draft, '102'), await extension(draft, '103')];
      return { type: 'ring_group', id: await group(draft, 'all', devices) };
    });
    const call = await calls(carrier);
    const ringing = await Promise.all(phones.map((phone) => phone.nextCall()));
    for (const one of ringing) one.ring();
    await call.progressed(180);
    expect(call.state).toBe('ringing');
    const [one, two, three] = ringing;
    await two!.answer();
    await call.answered();
    const elsewhere = { by: 'them', how: 'cancel', reason: 'SIP;cause=200;text="Call completed elsewhere"' };
    expect(await one!.ended).toEqual(elsewhere);
    expect(await three!.ended).toEqual(elsewhere);
    await Promise.all([call.sendTone(700, -10, 1000), two!.sendTone(1000, -20, 1000)]);
    expectTone(two!.heardTone(), 700, -10);
    expectTone(call.heardTone(), 1000, -20);
    expect(await two!.hangup()).toBe(200);
    expect(await call.ended).toMatchObject({ by: 'them', how: 'bye' });
    expect(await newest()).toMatchObject({ result: 'answered' });
  });

  test('that nobody in the group takes leaves a message, which is what was said', async () => {
    const [carrier, first] = [await stage.carrier(), await registered('101')];
    await route(async (draft) => {
      const device = await extension(draft, '101');
      const destination = {
        type: 'voicemail',
        id: await draft.create('mailbox', {
          ...{ name: 'Sales', userId: null, greeting: { text: 'Speak.' }, maxSeconds: 60, silenceSeconds: 10 },
          ...{ transcribe: false, emails: [], attachAudio: false },
        }),
      } as const;
      const id = await group(draft, 'sequence', [device]);
      draft.update('ring_group', id, { destination });
      return { type: 'ring_group', id };
    });
    const call = await calls(carrier);
    (await first.nextCall()).reject(603, 'Decline');
    await call.answered();
    // A word of 250 ms, then the tone of 400 ms after which one speaks.
    await call.waitForSound(640);
    await call.sendTone(700, -10, 1500);
    await call.hangup();
    const { result, steps } = await newest();
    expect(result).toBe('missed');
    expect(steps.slice(-2)).toEqual(['voicemail', 'hangup']);
    const { core } = stage.world;
    const messages = () => core.db.selectFrom('voice_messages').selectAll().execute();
    await stage.world.runUntil('the message', async () => (await messages()).length === 1);
    const [message] = await messages();
    expect(message?.caller_number).toBe(CALLER);
    const { body } = await stage.request('GET', '/api/v2/voice-messages');
    const [shown] = body['data'] as { id: string; audioLink: string; duration: number }[];
    expect(shown).toMatchObject({ id: message!.id, duration: Math.round(message!.duration_ms / 1000) });
    const { status, raw } = await stage.world.request('GET', new URL(shown!.audioLink).pathname, { key: null });
    expect(status).toBe(200);
    const wav = raw.subarray(44);
    const heard = Int16Array.from({ length: wav.length / 2 }, (_, at) => wav.readInt16LE(at * 2));
    expect(
      Buffer.compare(Buffer.from(heard.buffer), Buffer.from((await core.recordings.read(message!.file)).buffer)),
    ).toBe(0);
    expectTone(measureTone(heard), 700, -10);
  });

  test('goes to a number elsewhere, which is asked and takes it, is recorded, and is over when that hangs up', async () => {
    const carrier = await stage.carrier();
    await route(async (draft) => {
      draft.put('settings', 0, { ...DEFAULT_SETTINGS, record: 'incoming' });
      const id = await draft.create('forwarding_number', {
        ...{
          number: MOBILE,
          description: 'Mobile',
          announce: true,
          transferCode: null,
          ringSeconds: 20,
          noAnswer: null,
        },
      });
      return { type: 'forwarding_number', id };
    });
    const call = await calls(carrier);
    const mobile = await carrier.nextCall();
    expect([mobile.calledUser, mobile.from.user]).toEqual([MOBILE, CALLER]);
    expect(mobile.invite.headers.get('Diversion')).toContain(FROM);
    await mobile.answer();
    // "Call from …. Press 1 to take it."
    await mobile.waitForSound(1000);
    expect(call.state).toBe('ringing');
    await mobile.press('1');
    await call.answered();
    // "This call is recorded."
    await call.waitForSound(990);
    await call.sendTone(700, -10, 1500);
    expectTone(mobile.heardTone(), 700, -10);
    expect(await mobile.hangup()).toBe(200);
    expect(await call.ended).toMatchObject({ by: 'them', how: 'bye' });
    const { id, steps } = await newest();
    expect(steps).toContain('recording');
    const recording = await stage.request('GET', `/api/v1/calls/${id}/recording`);
    expect(recording.status).toBe(200);
    expect(recording.raw.length).toBeGreaterThan(8000);
    expect(await stage.world.core.db.selectFrom('trunk_seats').selectAll().execute()).toEqual([]);
  });
});
