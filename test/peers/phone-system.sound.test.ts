import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { DEFAULT_SETTINGS, type Destination, type RoutingBodies } from '#core/call-flow/index.js';
import { createUser } from '#core/people/index.js';
import { addPhone } from '#core/phones/index.js';
import { addTrunk, removeTrunk } from '#core/trunks/index.js';
import { changeRouting, type RoutingDraft } from '#core/routing/index.js';
import { compareWithPrompt, tone } from '../phones.js';
import { babble } from '../phones/babble.js';
import type { Conversation } from '../phones/conversation.js';
import { parseWav } from '../phones/wav.js';
import { openReceiver, type Receiver } from '../receiver.js';
import { FROM, openSipStage, type SipStage } from '../sip-stage.js';
import { openBaresip, type Baresip, type BaresipOptions } from './baresip.js';
import { describeWithPeer } from './real-peer.js';
import { sippLetsItRing, sippRefuses } from './sipp.js';

const OTHER = 'other-carrier';
/** Of sipp, which ends after so many: two callers, and every OPTIONS by which a trunk is watched is one too. */
const CALLS = 20;
const PASSWORD = 'correct-horse-battery';
const CALLER = '+12125550177';
const MOBILE = '+18005550188';
/** What the words of the tests' speech sound like. */
const WORDS_HZ = 500;

/** The phone system with phones that are not ours: softphones that are registered, and one in the place of the carrier. */
describeWithPeer('baresip', 'the phone system', () => {
  let stage: SipStage;
  let hooks: Receiver;
  let hasOther = false;
  const open: { close(): Promise<void> }[] = [];

  beforeAll(async () => {
    stage = await openSipStage();
    hooks = await openReceiver();
    const { core, account } = stage.world;
    const owner = { accountId: account.id, actor: 'test' } as const;
    for (const name of ['101', '102']) await addPhone(core, { ...owner, name, password: PASSWORD });
  });
  afterEach(async () => {
    for (const phone of open.splice(0)) await phone.close();
    if (hasOther) await removeTrunk(stage.world.core, { name: OTHER, actor: 'test' });
    hasOther = false;
    await stage.clear();
    hooks.received.length = 0;
  });
  afterAll(async () => {
    await stage.close();
    await hooks.close();
  });

  async function softphone(options: BaresipOptions): Promise<Baresip> {
    const phone = await openBaresip(options);
    open.push(phone);
    return phone;
  }

  /** One of ours. */
  async function registered(user: string, options: BaresipOptions = {}): Promise<Baresip> {
    const phone = await softphone({ user, password: PASSWORD, registrar: stage.world.sip, ...options });
    await phone.registered();
    return phone;
  }

  /** One in the place of the carrier: calls come from it, and go to it. */
  async function outside(options: BaresipOptions = {}): Promise<Baresip> {
    const phone = await softphone({ user: CALLER, ...options });
    await stage.trunk(`sip:127.0.0.1:${phone.port}`);
    return phone;
  }

  /** One of another carrier, that nothing goes out to. */
  async function otherCarrier(): Promise<Baresip> {
    const phone = await softphone({ user: CALLER, says: tone(440, -10, 60_000) });
    const { core, sip } = stage.world;
    const fields = { uri: `sip:127.0.0.1:${phone.port}`, sipHost: sip.host, prefixes: ['+999'], callsPerSecond: 100 };
    await addTrunk(core, { name: OTHER, ...fields, actor: 'test' });
    hasOther = true;
    return phone;
  }

  const address = (user: string): string => `sip:${user}@${stage.world.sip.host}:${stage.world.sip.port}`;

  async function route(change: (draft: RoutingDraft) => Promise<Destination> | Destination): Promise<void> {
    const { core, account } = stage.world;
    const { id } = await core.db
      .selectFrom('numbers')
      .select('id')
      .where('number', '=', FROM)
      .executeTakeFirstOrThrow();
    const author = { accountId: account.id, mode: 'live', author: 'test', summary: 'test' } as const;
    await changeRouting(core, author, async (draft) => {
      draft.put('number', id, { description: '', destination: await change(draft), record: null, welcome: null });
    });
  }

  async function ask(method: string, path: string, body?: unknown): Promise<Record<string, unknown>> {
    const reply = await stage.request(method, `/api/v2${path}`, body === undefined ? {} : { body });
    expect(reply.status, JSON.stringify(reply.body)).toBeLessThan(300);
    return reply.body;
  }

  /** The newest call from outside, as its history tells it when it has ended. */
  async function newest(): Promise<{ result: string; events: { type: string; description: string }[] }> {
    const { db } = stage.world.core;
    const calls = db.selectFrom('calls').select('id').where('from_number', '=', CALLER);
    const { id } = await calls.orderBy('id', 'desc').executeTakeFirstOrThrow();
    await stage.ended(id);
    return (await ask('GET', `/call-history/${id}`))['data'] as never;
  }

  /** Calls to our number ring there; whoever waits hears words. */
  const routeTo = (phone: string) =>
    route((draft) => {
      draft.put('settings', 0, { ...DEFAULT_SETTINGS, holdMusic: { text: 'Please wait.' } });
      return { type: 'phone', id: phone };
    });

  /** Calls to our number go to a mobile, which is rung so long. */
  const routeElsewhere = (ringSeconds: number) =>
    route(async (draft) => {
      const asked = { announce: true, transferCode: null, ringSeconds, noAnswer: null };
      const mobile = { number: MOBILE, description: 'Mobile', ...asked };
      return { type: 'forwarding_number', id: await draft.create('forwarding_number', mobile) };
    });

  const member = (deviceId: number, position: number): RoutingBodies['ring_group']['members'][number] => ({
    ...{ deviceId, enabled: true, scheduleId: null, position, ringSeconds: 2 },
  });

  const extension = (draft: RoutingDraft, number: string): Promise<number> =>
    draft.create('extension', {
      ...{ number, name: `Desk ${number}`, userId: null, destination: { type: 'phone', id: number } },
      ...{ ringSeconds: 2, noAnswer: null, inDirectory: true },
    });

  /** The one webhook of a subscription. */
  async function told(type: string): Promise<Record<string, unknown>> {
    const { body } = await hooks.waitFor(({ path }) => path === `/${type}`);
    expect(hooks.received.filter(({ path }) => path === `/${type}`)).toHaveLength(1);
    return body;
  }

  test('walks a caller through hours, a menu and a group in which nobody answers to a mailbox, and tells all of it', async () => {
    for (const type of ['new_voicemail', 'new_call_record', 'call_completed']) {
      await ask('POST', '/subscriptions', { hookUrl: `${hooks.url}/${type}`, type });
    }
    const { core, account } = stage.world;
    const owner = { accountId: account.id, mode: 'live', actor: 'test' } as const;
    const anna = await createUser(core, { ...owner, name: 'Anna', role: 'member', phones: ['101'] });
    await route(async (draft) => {
      const mailbox = await draft.create('mailbox', {
        ...{ name: 'Sales', userId: anna.id, greeting: { text: 'Speak.' }, maxSeconds: 3, silenceSeconds: 10 },
        ...{ transcribe: false, emails: [], attachAudio: false },
      });
      const sales = await draft.create('ring_group', {
        ...{ name: 'Sales', strategy: 'sequence', retryAfterSeconds: 5, maxHoldSeconds: 60, maxAttempts: 1 },
        ...{ callerId: null, holdMusic: null, destination: { type: 'voicemail', id: mailbox } },
        members: [member(await extension(draft, '101'), 1), member(await extension(draft, '102'), 2)],
      });
      const menu = await draft.create('menu', {
        ...{ name: 'Main', greeting: { text: 'Welcome, press two for sales.' }, directDial: false },
        ...{ timeoutSeconds: 20, repeats: 1, onTimeout: { type: 'hangup' }, onInvalid: { type: 'hangup' } },
        options: [{ digit: '2', label: 'Sales', destination: { type: 'ring_group', id: sales }, enabled: true }],
      });
      draft.put('hours', 0, {
        ...{ timeZone: 'UTC', weekly: [], holidays: [], override: { mode: 'open', until: null } },
        ...{ open: { type: 'menu', id: menu }, closed: { type: 'hangup' } },
      });
      return { type: 'hours' };
    });
    const said = babble(60_000);
    const [caller, first, second] = [
      await outside({ says: said }),
      await registered('101', { watchesMailbox: true }),
      await registered('102'),
    ];
    await first.mailboxSays('Voice-Message: 0/0');
    await caller.dial(address(FROM));
    await caller.established();
    await caller.hears(WORDS_HZ);
    await caller.press('2');
    expect(await first.incoming()).toContain(CALLER);
    await first.ended();
    expect(await second.incoming()).toContain(CALLER);
    await second.ended();
    // The longest message that is taken is three seconds: then the call is over.
    await caller.ended();

    const { result, events } = await newest();
    expect([result, ...events.map(({ description }) => description)]).toEqual([
      'missed',
      `Number ${FROM}`,
      'Open, as set by hand',
      'Menu "Main"',
      'Menu "Main": key 2, Sales',
      'Ring group "Sales"',
      'Desk 101 (101): rings for 2 s',
      'Desk 101 (101): no answer',
      'Desk 102 (102): rings for 2 s',
      'Desk 102 (102): no answer',
      'Ring group "Sales": nobody answered',
      'Mailbox "Sales"',
      'Hung up: after the message',
    ]);
    const [message] = (await ask('GET', '/voice-messages'))['data'] as [{ id: string; audioLink: string }];
    expect(message).toMatchObject({ read: false, callerNumber: CALLER, phoneNumber: FROM, duration: 3 });
    const audio = await stage.world.request('GET', new URL(message.audioLink).pathname, { key: null });
    expect(audio.status).toBe(200);
    const whole = { pcm: said, received: new Uint8Array(said.length).fill(1) };
    const found = compareWithPrompt(
      { ...whole, packets: 0, lostPackets: 0, duplicates: 0, reordered: 0 },
      parseWav(audio.raw),
    );
    // On a machine that is wanted elsewhere, a packet comes too late now and then.
    const missingMs = found.missing.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
    expect(missingMs).toBeLessThan(500);
    expect(found.correlation).toBeGreaterThan(0.95);

    const called = { call_result: 'missed', caller_number: CALLER, called_number: FROM };
    expect(await told('new_voicemail')).toMatchObject({ ...called, mailbox_name: 'Sales', duration: 3 });
    for (const type of ['new_call_record', 'call_completed']) {
      expect(await told(type)).toMatchObject({ ...called, direction: 'inbound' });
    }

    await first.mailboxSays('Voice-Message: 1/0');
    await ask('PATCH', `/voice-messages/${message.id}`, { read: true });
    await first.mailboxSays('Voice-Message: 0/1');
    await ask('DELETE', `/voice-messages/${message.id}`);
    await first.mailboxSays('Voice-Message: 0/0');
  });

  test('rings a number elsewhere, which takes the call by key and talks with the caller', async () => {
    await routeElsewhere(20);
    const [mobile, caller] = [await outside({ user: MOBILE, says: tone(1_000, -10, 60_000) }), await otherCarrier()];
    await caller.dial(address(FROM));
    expect(await mobile.incoming()).toContain(CALLER);
    await mobile.accept();
    // "Call from …"
    await mobile.hears(WORDS_HZ);
    await mobile.press('1');
    await Promise.all([caller.hears(1_000), mobile.hears(440)]);
    await caller.press('7');
    await mobile.waitForDigits('7');
    await mobile.hangup();
    await caller.ended();
    expect(await newest()).toMatchObject({
      result: 'answered',
      externalNumber: CALLER,
      duration: expect.any(Number) as number,
    });
    const { db } = stage.world.core;
    expect(await db.selectFrom('trunk_seats').selectAll().execute()).toEqual([]);
  });

  test('passes a call on by its own transfer, attended, after it waited on hold with music', async () => {
    await routeTo('101');
    const carrier = await stage.carrier();
    const [first, second] = [
      await registered('101', { says: tone(440, -10, 60_000), watchesPhones: ['102'] }),
      await registered('102', { says: tone(1_000, -10, 60_000) }),
    ];
    await first.sees('102', 'Online');
    const call = await carrier.invite(address(FROM), { from: `<sip:${CALLER}@127.0.0.1>` });
    await first.incoming();
    await first.accept();
    const held = await first.callId();
    await hears(call, 440);
    await first.hold();
    await hears(call, WORDS_HZ);
    await first.resume();
    await hears(call, 440);
    await first.hold();
    await first.dial(address('102'));
    await second.incoming();
    await second.accept();
    const asked = await first.callId();
    await first.hears(1_000);
    await first.sees('102', 'Busy');
    await first.connect(held, asked);
    await hears(call, 1_000);
    await Promise.all([call.sendTone(700, -10, 3_000), second.hears(700)]);
    await call.hangup();
    await second.ended();
    const { result, events } = await newest();
    expect([result, events.map(({ type }) => type)]).toEqual(['answered', expect.arrayContaining(['call_transfer'])]);
  });

  test('parks a call, which another one fetches; and one takes what rings elsewhere', async () => {
    await routeTo('101');
    const carrier = await stage.carrier();
    const [first, second] = [
      await registered('101', { says: tone(440, -10, 60_000) }),
      await registered('102', { says: tone(1_000, -10, 60_000) }),
    ];
    const parked = await carrier.invite(address(FROM), { from: `<sip:${CALLER}@127.0.0.1>` });
    await first.incoming();
    await first.accept();
    await hears(parked, 440);
    await first.transfer(address('*68'));
    await first.ended();
    await second.dial(address('701'));
    await second.established();
    await hears(parked, 1_000);
    await Promise.all([parked.sendTone(700, -10, 3_000), second.hears(700)]);
    await parked.hangup();
    await second.ended();

    const ringing = await carrier.invite(address(FROM), { from: `<sip:${CALLER}@127.0.0.1>` });
    await first.incoming();
    await second.dial(address('*8'));
    await first.ended();
    await hears(ringing, 1_000);
    await second.hangup();
    expect(await ringing.ended).toMatchObject({ by: 'them', how: 'bye' });
  });

  describeWithPeer('sipp', 'tells a caller from outside, one of its own and the history why a number elsewhere', () => {
    test.each([
      ['is busy', () => sippRefuses({ status: 486, phrase: 'Busy Here', calls: CALLS }), 20, '486', '486', 'busy'],
      ['declines', () => sippRefuses({ status: 603, phrase: 'Decline', calls: CALLS }), 20, '603', '603', 'declined'],
      [
        'is none',
        () => sippRefuses({ status: 404, phrase: 'Not Found', calls: CALLS }),
        20,
        '480',
        '404',
        'no such number',
      ],
      ['does not answer', () => sippLetsItRing({ calls: CALLS }), 2, '480', '480', 'no answer'],
    ])('%s', async (_what, play, ringSeconds, toOutside, toInside, inHistory) => {
      await routeElsewhere(ringSeconds);
      const peer = await play();
      open.push(peer);
      await stage.trunk(`sip:127.0.0.1:${peer.port}`);
      const [caller, desk] = [await otherCarrier(), await registered('101')];
      await Promise.all([caller.dial(address(FROM)), desk.dial(address(FROM))]);
      expect([await caller.ended(), await desk.ended()]).toEqual([
        expect.stringContaining(toOutside),
        expect.stringContaining(toInside),
      ]);
      const { result, events } = await newest();
      expect([result, events.map(({ description }) => description)]).toEqual([
        'missed',
        expect.arrayContaining([`Mobile (${MOBILE}): ${inHistory}`]),
      ]);
    });
  });
});

/** Until this tone, and no other, was heard for a second. */
async function hears(listener: Conversation, hz: number): Promise<void> {
  await listener.until(`${hz} Hz`, () => {
    const heard = listener.heardTone(Math.max(0, listener.media.receiver.heardMs - 1_000));
    return heard !== undefined && heard.ms > 900 && Math.abs(heard.hz - hz) < 2;
  });
}
