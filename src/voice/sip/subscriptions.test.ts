import { beforeEach, describe, expect, it } from 'vitest';
import { DeskPhone } from '#voice/sip/desk-phone.fixture.js';
import { CARRIER, ENGINE, engineOnAWire, phone, STRANGER, trunk } from '#voice/sip/engine-on-a-wire.fixture.js';
import type { SipRequest, SipResponse } from '#voice/sip/message.js';
import { parseReplaces } from '#voice/sip/replaces.js';
import { sdpOf, type ScriptedPeer } from '#voice/sip/scripted-peer.fixture.js';

const SECOND = '10.0.0.4';
const phones = [
  phone,
  { id: 'second', name: '102', password: 'other' },
  { id: 'foreign', name: '103', password: 'third', domain: 'elsewhere.example' },
];

let world: ReturnType<typeof engineOnAWire>;
/** Watches. */
let desk: DeskPhone;
/** Is watched. */
let second: DeskPhone;
let tries: number;

beforeEach(() => {
  world = engineOnAWire();
  world.engine.send({ kind: 'configure', trunks: [trunk], phones });
  desk = new DeskPhone(world);
  second = new DeskPhone(world, { name: '102', address: SECOND, password: 'other' });
  tries = 0;
});

const subscribe = (event: string, user = '102', headers: [string, string][] = []): Promise<SipResponse> =>
  desk.ask('SUBSCRIBE', {
    uri: `sip:${user}@${ENGINE}`,
    callId: `watching-${(tries += 1)}`,
    headers: [...(event === '' ? [] : [['Event', event] as [string, string]]), ...headers],
  });

/** Takes the NOTIFYs that came, each answered. */
async function notified(peer: ScriptedPeer = desk.peer, status = 200): Promise<SipRequest[]> {
  const told: SipRequest[] = [];
  for (;;) {
    const at = peer.received.findIndex((message) => message.kind === 'request' && message.method === 'NOTIFY');
    if (at < 0) return told;
    const [notify] = peer.received.splice(at, 1) as [SipRequest];
    told.push(notify);
    peer.respond(notify, status);
    await world.run();
  }
}

const stateOf = (notify: SipRequest | undefined) => notify?.headers.get('Subscription-State');
/** What a dialog-info document says of calls: `recipient early +1202… Name`. */
function callsIn(notify: SipRequest | undefined): string[] {
  const text = notify?.body.toString() ?? '';
  return [...text.matchAll(/<dialog .*?<\/dialog>/g)].map(([dialog]) => {
    const direction = /direction="(\w+)"/.exec(dialog)?.[1] ?? '-';
    const remote = /<remote>.*?<identity(?: display="([^"]*)")?>([^<]*)</.exec(dialog);
    return [direction, /<state>(\w+)</.exec(dialog)![1], remote?.[2], remote?.[1]].filter(Boolean).join(' ');
  });
}

/** The engine calls the second phone, which rings. */
async function ringSecond(): Promise<SipRequest> {
  await second.register();
  world.engine.send({
    kind: 'dial',
    leg: 'out',
    to: { kind: 'phone', phone: 'second', number: '' },
    from: { number: '+12025550100', displayName: 'A & <B>' },
    ringTimeoutMs: 30_000,
  });
  await world.run();
  const invite = second.peer.request('INVITE');
  second.peer.respond(invite, 180, { toTag: 'ringing' });
  await world.run();
  return invite;
}

describe('watching the calls of a phone', () => {
  it('tells each state of each call, and the end', async () => {
    const answer = await subscribe('dialog', '102', [['Expires', '600']]);
    expect([answer.status, answer.headers.get('Expires')]).toEqual([200, '600']);
    const [first] = await notified();
    expect(first?.headers.get('Event')).toBe('dialog');
    expect(first?.headers.get('Content-Type')).toBe('application/dialog-info+xml');
    expect(stateOf(first)).toBe('active;expires=600');
    expect(first?.body.toString()).toContain(`version="0" state="full" entity="sip:102@${ENGINE}"`);
    expect(callsIn(first)).toEqual([]);

    const invite = await ringSecond();
    const remote = `sip:+12025550100@${ENGINE} A &#38; &#60;B&#62;`;
    expect((await notified()).map(callsIn)).toEqual([[`recipient trying ${remote}`], [`recipient early ${remote}`]]);
    second.peer.respond(invite, 200, { toTag: 'ringing', sdp: sdpOf(SECOND) });
    await world.run();
    const [confirmed] = await notified();
    expect(callsIn(confirmed)).toEqual([`recipient confirmed ${remote}`]);
    expect(confirmed?.body.toString()).toContain('version="3"');
    world.engine.send({ kind: 'hangup', leg: 'out' });
    await world.run();
    expect((await notified()).map(callsIn)).toEqual([['- terminated']]);
  });

  it('tells of calls that the phone makes', async () => {
    await subscribe('dialog');
    await notified();
    const call = await second.dial('+12025550123');
    world.engine.send({ kind: 'ring', leg: call.leg });
    await world.run();
    const told = await notified();
    expect(callsIn(told.at(-1))).toEqual([`initiator early sip:+12025550123@${ENGINE}`]);
  });

  it('names the dialog so that it can be picked up', async () => {
    await subscribe('dialog');
    await notified();
    const invite = await ringSecond();
    const text = (await notified()).at(-1)!.body.toString();
    const part = (name: string): string => new RegExp(`${name}="([^"]*)"`).exec(text)![1]!;
    const fromTag = invite.headers.get('From')!.split('tag=')[1]!;
    expect([part('call-id'), part('local-tag'), part('remote-tag')]).toEqual([
      invite.headers.get('Call-ID'),
      'ringing',
      fromTag,
    ]);
    const replaces = `${part('call-id')};to-tag=${part('remote-tag')};from-tag=${part('local-tag')};early-only`;
    expect(parseReplaces(replaces).earlyOnly).toBe(true);
    await desk.dial('102', { headers: [['Replaces', replaces]] });
    expect(world.events.last('leg.incoming')).toMatchObject({ replaces: 'out' });
  });

  it('does not show who calls and does not want to be shown', async () => {
    await second.register();
    await subscribe('dialog');
    await notified();
    world.engine.send({
      kind: 'dial',
      leg: 'out',
      to: { kind: 'phone', phone: 'second', number: '' },
      from: { number: '+12025550100', private: true },
      ringTimeoutMs: 30_000,
    });
    await world.run();
    expect(callsIn((await notified())[0])).toEqual([`recipient trying sip:anonymous@${ENGINE} Anonymous`]);
  });

  it('sends one NOTIFY at a time, with the state of the moment', async () => {
    await subscribe('dialog');
    await ringSecond();
    world.engine.send({ kind: 'hangup', leg: 'out' });
    await world.run();
    expect((await notified()).map(callsIn)).toHaveLength(2);
  });
});

describe('a mailbox', () => {
  it('tells how many messages wait', async () => {
    world.engine.send({ kind: 'mailbox', phone: 'desk', newMessages: 2, oldMessages: 8 });
    await world.run();
    expect(desk.peer.heard()).toEqual([]);
    expect((await subscribe('message-summary', '101', [['Accept', 'application/simple-message-summary']])).status).toBe(
      200,
    );
    const [first] = await notified();
    expect(first?.headers.get('Content-Type')).toBe('application/simple-message-summary');
    expect(first?.body.toString()).toBe(
      `Messages-Waiting: yes\r\nMessage-Account: sip:101@${ENGINE}\r\nVoice-Message: 2/8\r\n`,
    );
    world.engine.send({ kind: 'mailbox', phone: 'desk', newMessages: 0, oldMessages: 10 });
    world.engine.send({ kind: 'mailbox', phone: 'nobody', newMessages: 1, oldMessages: 1 });
    await world.run();
    expect((await notified()).map(({ body }) => body.toString())).toEqual([
      `Messages-Waiting: no\r\nMessage-Account: sip:101@${ENGINE}\r\nVoice-Message: 0/10\r\n`,
    ]);
  });

  it('is one’s own: by whatever number, but not another’s', async () => {
    expect((await subscribe('message-summary', '*97')).status).toBe(200);
    expect((await subscribe('message-summary', '102')).status).toBe(404);
  });
});

describe('presence', () => {
  it('is open while the phone is registered, and says when somebody speaks', async () => {
    await subscribe('presence');
    const basics = async () => (await notified()).map(({ body }) => /<basic>(\w+)</.exec(body.toString())?.[1]);
    expect(await basics()).toEqual(['closed']);
    await second.register();
    expect(await basics()).toEqual(['open']);
    const call = await second.call('101');
    expect((await notified()).at(-1)?.body.toString()).toContain('<rpid:on-the-phone/>');
    await call.ask('BYE');
    expect((await notified()).at(-1)?.body.toString()).not.toContain('on-the-phone');
  });
});

describe('a subscription', () => {
  /** A SUBSCRIBE within the dialog of the one that was answered last. */
  const again = async (answer: SipResponse, sequence: number, headers: [string, string][]) => {
    desk.peer.ask('SUBSCRIBE', {
      uri: `sip:${ENGINE}`,
      from: answer.headers.get('From')!,
      to: answer.headers.get('To')!,
      callId: answer.headers.get('Call-ID')!,
      sequence,
      headers: [['Event', 'dialog'], ...headers],
    });
    await world.run();
    return desk.answer();
  };

  it('lasts as long as it is renewed', async () => {
    const answer = await subscribe('dialog', '102', [['Expires', '60']]);
    await notified();
    await world.run(50_000);
    expect((await again(answer, 50, [['Expires', '120']])).headers.get('Expires')).toBe('120');
    expect((await notified()).map(stateOf)).toEqual(['active;expires=120']);
    expect((await again(answer, 51, [['Expires', '10']])).status).toBe(423);
    await world.run(119_000);
    expect(await notified()).toEqual([]);
    await world.run(1_000);
    expect((await notified()).map(stateOf)).toEqual(['terminated;reason=timeout']);
    expect((await again(answer, 52, [])).status).toBe(481);
  });

  it('ends when asked to, and a fetch tells once', async () => {
    const answer = await subscribe('dialog');
    await notified();
    expect((await again(answer, 50, [['Expires', '0']])).status).toBe(200);
    expect((await notified()).map(stateOf)).toEqual(['terminated;reason=timeout']);
    await subscribe('dialog', '102', [['Expires', '0']]);
    expect((await notified()).map(stateOf)).toEqual(['terminated;reason=timeout']);
    await ringSecond();
    expect(await notified()).toEqual([]);
  });

  it.each([
    ['', '102', [], 489],
    ['frobnicate', '102', [], 489],
    [`dialog;id=${'x'.repeat(65)}`, '102', [], 400],
    ['dialog', '102', [['Accept', 'text/plain']], 406],
    ['dialog', '102', [['Expires', '59']], 423],
    ['dialog', '102', [['Expires', 'soon']], 400],
    ['dialog', '999', [], 404],
    ['dialog', '103', [], 404],
    ['dialog', '102', [['Require', 'eventlist']], 420],
  ] as [string, string, [string, string][], number][])(
    'is refused: %s of %s, %j: %i',
    async (event, user, headers, status) => {
      const answer = await subscribe(event, user, headers);
      expect(answer.status).toBe(status);
      if (status === 489) expect(answer.headers.get('Allow-Events')).toBe('dialog, message-summary, presence, refer');
      if (status === 423) expect(answer.headers.get('Min-Expires')).toBe('60');
      expect(await notified()).toEqual([]);
    },
  );

  it('is for our phones only', async () => {
    const [stranger, carrier] = [world.peer(STRANGER), world.peer(CARRIER)];
    for (const peer of [stranger, carrier])
      peer.ask('SUBSCRIBE', { callId: peer.address, headers: [['Event', 'dialog']] });
    stranger.ask('SUBSCRIBE', { callId: 'thief', from: `<${desk.aor}>;tag=x`, headers: [['Event', 'dialog']] });
    await world.run();
    expect([stranger.heard(), carrier.heard()]).toEqual([['403 SUBSCRIBE', '401 SUBSCRIBE'], ['403 SUBSCRIBE']]);
  });

  it('ends with the subscriber’s refusal or silence', async () => {
    const refused = await subscribe('dialog');
    await notified(desk.peer, 481);
    expect((await again(refused, 50, [])).status).toBe(481);
    const silent = await subscribe('dialog');
    desk.peer.heard();
    await world.run(32_000);
    expect((await again(silent, 50, [])).status).toBe(481);
    const busy = await subscribe('dialog');
    await notified(desk.peer, 500);
    expect((await again(busy, 50, [])).status).toBe(200);
  });

  it('ends with the registration, and with either phone', async () => {
    await desk.register();
    await subscribe('dialog');
    await notified();
    await desk.ask('REGISTER', {
      uri: `sip:${ENGINE}`,
      to: `<${desk.aor}>`,
      headers: [
        ['Contact', '*'],
        ['Expires', '0'],
      ],
    });
    expect((await notified()).map(stateOf)).toEqual(['terminated;reason=timeout']);

    await subscribe('dialog');
    await subscribe('message-summary', '101');
    await notified();
    world.engine.send({ kind: 'configure', trunks: [trunk], phones: [phone] });
    await world.run();
    expect((await notified()).map(stateOf)).toEqual(['terminated;reason=noresource']);
    world.engine.send({ kind: 'configure', trunks: [trunk], phones: [] });
    await world.run();
    expect((await notified()).map(stateOf)).toEqual(['terminated;reason=noresource']);
  });

  it('is one of many, but not of any number', async () => {
    for (let count = 0; count < 200; count += 1) {
      expect((await subscribe('dialog', '102', [['Event', `dialog;id=${count}`]])).status).toBe(200);
      await notified();
      // Challenges are for so many a second only.
      await world.run(100);
    }
    const answer = await subscribe('dialog');
    expect([answer.status, answer.headers.get('Retry-After')]).toEqual([503, '60']);
  });

  it('does not outlive the engine', async () => {
    await subscribe('dialog');
    await notified();
    await ringSecond();
    const closing = world.engine.close();
    await world.run(5_000);
    await closing;
    await world.run(40_000);
    expect(world.clock.pendingTimers).toBe(0);
  });
});
