import { beforeEach, describe, expect, it } from 'vitest';
import { DeskPhone, type DeskCall } from '#voice/sip/desk-phone.fixture.js';
import { CARRIER, ENGINE, engineOnAWire, phone, trunk } from '#voice/sip/engine-on-a-wire.fixture.js';
import type { SipRequest } from '#voice/sip/message.js';
import { sdpOf, type ScriptedPeer } from '#voice/sip/scripted-peer.fixture.js';

const SECOND = '10.0.0.4';
const FOREIGN = '10.0.0.5';

let world: ReturnType<typeof engineOnAWire>;
let desk: DeskPhone;

beforeEach(() => {
  world = engineOnAWire();
  world.engine.send({
    kind: 'configure',
    trunks: [trunk],
    phones: [
      phone,
      { id: 'second', name: '102', password: 'other' },
      { id: 'foreign', name: '103', password: 'third', domain: 'elsewhere.example' },
    ],
  });
  desk = new DeskPhone(world);
});

const secondDesk = () => new DeskPhone(world, { name: '102', address: SECOND, password: 'other' });

/** The NOTIFYs that came, in short, each answered. */
async function notified(peer: ScriptedPeer, status = 200): Promise<string[]> {
  const told: string[] = [];
  for (;;) {
    const at = peer.received.findIndex((message) => message.kind === 'request' && message.method === 'NOTIFY');
    if (at < 0) return told;
    const [notify] = peer.received.splice(at, 1) as [SipRequest];
    told.push(`${notify.body.toString().trim()} | ${notify.headers.get('Subscription-State')}`);
    peer.respond(notify, status);
    await world.run();
  }
}

const refer = (call: DeskCall, to: string, headers: [string, string][] = []) =>
  call.ask('REFER', [['Refer-To', to], ...headers]);
const request = () => world.events.last('transfer.request');
const progress = async (sipCode: number) => {
  const { leg, transfer } = request();
  world.engine.send({ kind: 'transferProgress', leg, transfer, sipCode });
  await world.run();
};

describe('a phone that asks for a transfer', () => {
  it('is told how it gets on until it is over', async () => {
    const call = await desk.call('+12025550100');
    const answer = await refer(call, '<sip:+12025550123@anywhere.example>', [['Referred-By', '<sip:101@x>']]);
    expect(answer.status).toBe(202);
    expect(answer.headers.get('Contact')).toContain(ENGINE);
    expect(request()).toMatchObject({ leg: call.leg, to: '+12025550123', referredBy: '<sip:101@x>' });
    const first = desk.peer.request('NOTIFY');
    expect(first.headers.get('Event')).toBe('refer;id=3');
    expect(first.headers.get('Content-Type')).toBe('message/sipfrag;version=2.0');
    expect(first.headers.get('Call-ID')).toBe(call.callId);
    expect(await notified(desk.peer)).toEqual(['SIP/2.0 100 Trying | active;expires=60']);
    await progress(180);
    expect(await notified(desk.peer)).toEqual(['SIP/2.0 180 Ringing | active;expires=180']);
    await progress(200);
    await progress(486);
    expect(await notified(desk.peer)).toEqual(['SIP/2.0 200 OK | terminated;reason=noresource']);
  });

  it.each([
    ['<tel:+1-202-555-0123>', '+12025550123'],
    ['sip:102@10.0.0.1', '102'],
    ['"Bob" <sips:102;x=y@foreign.example;method=INVITE>', '102'],
  ])('may write the number as %s', async (referTo, to) => {
    await refer(await desk.call('102'), referTo);
    expect(request()).toMatchObject({ to });
  });

  it.each([
    [[], 400],
    [['<sip:1@x>, <sip:2@x>'], 400],
    [['<sip:1@x'], 400],
    [['<sip:1@x?Replaces=no-tags>'], 400],
    [['<http://example.com>'], 416],
    [['<sip:example.com>'], 484],
    [['<sip:1@x;method=BYE>'], 603],
  ])('is refused with Refer-To %j: %i', async (values, status) => {
    const call = await desk.call('102');
    const answer = await call.ask(
      'REFER',
      values.map((value): [string, string] => ['Refer-To', value]),
    );
    expect(answer.status).toBe(status);
    expect(world.events.all.filter(({ kind }) => kind === 'transfer.request')).toEqual([]);
    expect(desk.peer.heard()).not.toContain('NOTIFY');
  });

  it('hears 408 when nobody carries it out', async () => {
    await refer(await desk.call('102'), '<sip:102@x>');
    await notified(desk.peer);
    await world.run(60_000);
    expect(await notified(desk.peer)).toEqual(['SIP/2.0 408 Request Timeout | terminated;reason=noresource']);
    await progress(200);
    expect(await notified(desk.peer)).toEqual([]);
  });

  it('hears the latest only when it was slow to listen', async () => {
    await refer(await desk.call('102'), '<sip:102@x>');
    await progress(180);
    await progress(183);
    await progress(486);
    expect(await notified(desk.peer)).toEqual([
      'SIP/2.0 100 Trying | active;expires=60',
      'SIP/2.0 486 Busy Here | terminated;reason=noresource',
    ]);
  });

  it('may do without hearing (RFC 4488)', async () => {
    const call = await desk.call('102');
    const answer = await refer(call, '<sip:102@x>', [
      ['Refer-Sub', 'false'],
      ['Require', 'norefersub'],
    ]);
    expect([answer.status, answer.headers.get('Refer-Sub')]).toEqual([200, 'false']);
    await progress(200);
    expect(await notified(desk.peer)).toEqual([]);
  });

  it('hears no more once it says that it does not know of it, or has hung up', async () => {
    const call = await desk.call('102');
    await refer(call, '<sip:102@x>');
    expect(await notified(desk.peer, 481)).toHaveLength(1);
    await progress(180);
    expect(await notified(desk.peer)).toEqual([]);
    await refer(call, '<sip:102@x>');
    await notified(desk.peer);
    await call.ask('BYE');
    await progress(200);
    expect(await notified(desk.peer)).toEqual([]);
    expect(world.clock.pendingTimers).toBeLessThan(40);
  });

  it('may have a few at a time', async () => {
    const call = await desk.call('102');
    const answers: number[] = [];
    for (let tries = 0; tries < 5; tries += 1) answers.push((await refer(call, '<sip:102@x>')).status);
    expect(answers).toEqual([202, 202, 202, 202, 603]);
    await progress(200);
    expect((await refer(call, '<sip:102@x>')).status).toBe(202);
  });

  it('may be one that we called', async () => {
    await desk.register();
    desk.peer.heard();
    world.engine.send({
      kind: 'dial',
      leg: 'out',
      to: { kind: 'phone', phone: 'desk', number: '' },
      from: { number: '102' },
      ringTimeoutMs: 30_000,
    });
    await world.run();
    desk.peer.respond(desk.peer.request('INVITE'), 180);
    const call = await desk.accept();
    expect((await refer(call, '<sip:102@x>')).status).toBe(202);
    expect(request()).toMatchObject({ leg: 'out', to: '102' });
  });

  it('may name the call in place of being in it (RFC 4538)', async () => {
    const call = await desk.call('102');
    const outside = (tag: string, phoneNow = desk) =>
      phoneNow.ask('REFER', {
        callId: 'outside',
        headers: [
          ['Refer-To', '<sip:102@x>'],
          ['Target-Dialog', `${call.callId};local-tag=${tag};remote-tag=${call.remoteTag}`],
          ['Require', 'tdialog'],
        ],
      });
    expect((await outside('unknown')).status).toBe(603);
    expect((await outside(call.localTag, secondDesk())).status).toBe(603);
    const answer = await outside(call.localTag);
    expect(answer.status).toBe(202);
    expect(request()).toMatchObject({ leg: call.leg, to: '102' });
    const notify = desk.peer.request('NOTIFY');
    expect([notify.headers.get('Call-ID'), notify.headers.get('From')]).toEqual(['outside', answer.headers.get('To')]);
  });
});

describe('whoever else asks for a transfer', () => {
  it('is refused: a trunk', async () => {
    const carrier = world.peer(CARRIER);
    world.dial();
    await world.run();
    carrier.respond(carrier.request('INVITE'), 200, { sdp: sdpOf(CARRIER) });
    await world.run();
    const invite = carrier.request('INVITE');
    carrier.ask('REFER', {
      uri: `sip:${ENGINE}`,
      from: `${invite.headers.get('To')!};tag=peer`,
      to: invite.headers.get('From')!,
      callId: invite.headers.get('Call-ID')!,
      headers: [['Refer-To', '<sip:+19005550100@x>']],
    });
    await world.run();
    expect(carrier.response(603)).toBeDefined();
    expect(world.events.all.map(({ kind }) => kind)).not.toContain('transfer.request');
  });

  it('is refused: a stranger, and a phone without its password', async () => {
    const stranger = world.peer('10.0.0.66');
    const headers: [string, string][] = [['Refer-To', '<sip:+19005550100@x>']];
    stranger.ask('REFER', { headers });
    stranger.ask('REFER', { headers, callId: 'two', from: `<${desk.aor}>;tag=x` });
    await world.run();
    expect(stranger.heard()).toEqual(['403 REFER', '401 REFER']);
  });
});

describe('an attended transfer', () => {
  const replacesOf = (call: DeskCall, extra = '') =>
    encodeURIComponent(`${call.callId};to-tag=${call.remoteTag};from-tag=${call.localTag}${extra}`);

  it('names the other leg, whichever way round the phone writes its tags', async () => {
    const [first, second] = [await desk.call('102'), await desk.call('+12025550100')];
    await refer(first, `<sip:+12025550100@x?Replaces=${replacesOf(second)}&Require=replaces>`);
    expect(request()).toMatchObject({ leg: first.leg, to: '+12025550100', replaces: second.leg });
    const swapped = encodeURIComponent(`${second.callId};to-tag=${second.localTag};from-tag=${second.remoteTag}`);
    await refer(first, `<sip:+12025550100@x?Replaces=${swapped}>`);
    expect(request()).toMatchObject({ replaces: second.leg });
  });

  it('fails with 481 where there is no such call, or it is the same or of another domain', async () => {
    const first = await desk.call('102');
    await refer(first, '<sip:102@x?Replaces=none%3Bto-tag%3Da%3Bfrom-tag%3Db>');
    expect(await notified(desk.peer)).toEqual([
      'SIP/2.0 100 Trying | active;expires=60',
      'SIP/2.0 481 Call/Transaction Does Not Exist | terminated;reason=noresource',
    ]);
    await refer(first, `<sip:102@x?Replaces=${replacesOf(first)}>`);
    expect((await notified(desk.peer)).at(-1)).toMatch(/^SIP\/2.0 481/);
    const foreign = new DeskPhone(world, { name: '103', address: FOREIGN, password: 'third' });
    const theirs = await foreign.call('104', { from: '<sip:103@elsewhere.example>;tag=103' });
    await refer(first, `<sip:102@x?Replaces=${replacesOf(theirs)}>`);
    expect((await notified(desk.peer)).at(-1)).toMatch(/^SIP\/2.0 481/);
    expect(world.events.all.map(({ kind }) => kind)).not.toContain('transfer.request');
  });
});

describe('an INVITE with Replaces', () => {
  const replaces = (call: DeskCall, extra = ''): [string, string] => [
    'Replaces',
    `${call.callId};to-tag=${call.remoteTag};from-tag=${call.localTag}${extra}`,
  ];

  it('comes as a call in the place of that leg', async () => {
    const call = await desk.call('+12025550100');
    const taking = await secondDesk().dial('101', { headers: [replaces(call), ['Require', 'replaces']] });
    expect(world.events.last('leg.incoming')).toMatchObject({ leg: taking.leg, replaces: call.leg });
  });

  it('picks up what rings, if it is we who ring', async () => {
    await desk.register();
    world.engine.send({
      kind: 'dial',
      leg: 'ringing',
      to: { kind: 'phone', phone: 'desk', number: '' },
      from: { number: '+12025550100' },
      ringTimeoutMs: 30_000,
    });
    await world.run();
    const invite = desk.peer.request('INVITE');
    desk.peer.respond(invite, 180, { toTag: 'ringing' });
    await world.run();
    const fromTag = invite.headers.get('From')!.split('tag=')[1]!;
    const pickup = `${invite.headers.get('Call-ID')!};to-tag=${fromTag};from-tag=ringing;early-only`;
    await secondDesk().dial('101', { headers: [['Replaces', pickup]] });
    expect(world.events.last('leg.incoming')).toMatchObject({ replaces: 'ringing' });
  });

  it('is refused as RFC 3891 says', async () => {
    const second = secondDesk();
    const call = await desk.call('+12025550100');
    let tries = 0;
    const ask = async (headers: [string, string][]) =>
      (
        await second.ask('INVITE', {
          uri: `sip:101@${ENGINE}`,
          callId: `try-${(tries += 1)}`,
          sdp: sdpOf(SECOND),
          headers,
        })
      ).status;
    expect(await ask([['Replaces', 'none;to-tag=a;from-tag=b']])).toBe(481);
    expect(await ask([['Replaces', 'none;to-tag=a']])).toBe(400);
    expect(await ask([replaces(call, ';early-only')])).toBe(486);
    expect(await ask([['Replaces', `${replaces(call)[1]}, ${replaces(call)[1]}`]])).toBe(400);
    expect(await ask([replaces(call), ['Join', 'x']])).toBe(400);
    world.engine.send({ kind: 'hangup', leg: call.leg });
    await world.run();
    expect(await ask([replaces(call)])).toBe(603);
    desk.peer.respond(desk.peer.request('BYE'), 200);
    await world.run();
    expect(await ask([replaces(call)])).toBe(481);
  });

  it('is refused where the call rings us, and to a trunk', async () => {
    const call = await desk.dial('+12025550100');
    world.engine.send({ kind: 'ring', leg: call.leg });
    await world.run();
    const toTag = desk.answer().headers.get('To')!.split('tag=')[1]!;
    const early: [string, string] = ['Replaces', `${call.callId};to-tag=${toTag};from-tag=${call.localTag}`];
    const second = secondDesk();
    const answer = await second.ask('INVITE', { uri: `sip:101@${ENGINE}`, sdp: sdpOf(SECOND), headers: [early] });
    expect(answer.status).toBe(481);
    const carrier = world.peer(CARRIER);
    carrier.ask('INVITE', { sdp: sdpOf(CARRIER), headers: [early] });
    await world.run();
    expect(carrier.heard()).toEqual(['403 INVITE']);
  });
});

describe('a transfer that we ask for', () => {
  let carrier: ScriptedPeer;
  let invite: SipRequest;

  beforeEach(async () => {
    carrier = world.peer(CARRIER);
    world.dial();
    await world.run();
    invite = carrier.request('INVITE');
    carrier.respond(invite, 200, { sdp: sdpOf(CARRIER) });
    await world.run();
    world.events.story();
  });

  const ask = async (transfer = 't', to: { number: string } | { leg: string } = { number: '+12025550177' }) => {
    world.engine.send({ kind: 'transfer', leg: 'a', transfer, to });
    await world.run();
  };
  let sequence = 0;
  const notify = async (text: string, state = 'active', event = 'refer', type = 'message/sipfrag') => {
    carrier.ask('NOTIFY', {
      uri: `sip:${ENGINE}`,
      from: `${invite.headers.get('To')!};tag=peer`,
      to: invite.headers.get('From')!,
      callId: invite.headers.get('Call-ID')!,
      sequence: (sequence += 1),
      sdp: text,
      headers: [
        ['Event', event],
        ['Subscription-State', state],
        ['Content-Type', type],
      ],
    });
    await world.run();
    return carrier.heard().at(-1);
  };
  const outcomes = () =>
    world.events.all.flatMap((event) =>
      event.kind === 'transfer.done' ? [`${event.transfer} ${event.ok} ${event.sipCode ?? '-'}`] : [],
    );

  it('asks for a number in the call, and tells what came of it', async () => {
    await ask();
    const request = carrier.request('REFER');
    expect(request.headers.get('Refer-To')).toBe(`<sip:+12025550177@${CARRIER}>`);
    expect(request.headers.get('Referred-By')).toBe(`<sip:${ENGINE}:5060>`);
    expect(request.headers.get('Call-ID')).toBe(invite.headers.get('Call-ID'));
    carrier.respond(request, 202);
    await world.run();
    expect(await notify('SIP/2.0 100 Trying')).toBe('200 NOTIFY');
    expect(outcomes()).toEqual([]);
    expect(await notify('SIP/2.0 200 OK', 'terminated;reason=noresource')).toBe('200 NOTIFY');
    expect(outcomes()).toEqual(['t true 200']);
    expect(await notify('SIP/2.0 200 OK', 'terminated')).toBe('481 NOTIFY');
    world.engine.send({ kind: 'hangup', leg: 'a' });
    await world.run();
    expect(outcomes()).toEqual(['t true 200']);
  });

  it('asks to take the place of another leg', async () => {
    world.dial('b');
    await world.run();
    const other = carrier.request('INVITE');
    carrier.respond(other, 200, { sdp: sdpOf(CARRIER), toTag: 'other', contact: '<sip:bob@10.0.0.7:5070;ob>' });
    await world.run();
    await ask('t', { leg: 'b' });
    const fromTag = other.headers.get('From')!.split('tag=')[1]!;
    const replaced = encodeURIComponent(`${other.headers.get('Call-ID')!};to-tag=other;from-tag=${fromTag}`);
    expect(carrier.request('REFER').headers.get('Refer-To')).toBe(`<sip:bob@10.0.0.7:5070;ob?Replaces=${replaced}>`);
  });

  it('asks who called us from a telephone number, too, at the address of its Contact', async () => {
    carrier.ask('INVITE', { from: '<tel:+12025550111>;tag=tel', callId: 'tel', sdp: sdpOf(CARRIER) });
    await world.run();
    const { leg } = world.events.last('leg.incoming');
    world.engine.send({ kind: 'answer', leg });
    await world.run();
    const to = carrier.response(200).headers.get('To')!;
    carrier.ask('ACK', { from: '<tel:+12025550111>;tag=tel', callId: 'tel', to });
    await world.run();
    world.engine.send({ kind: 'transfer', leg, transfer: 't', to: { number: '+12025550177' } });
    await world.run();
    expect(carrier.request('REFER').headers.get('Refer-To')).toBe(`<sip:+12025550177@${CARRIER}:5060>`);
  });

  it('cannot be to the far end of a leg that is no SIP address', async () => {
    world.dial('b');
    await world.run();
    carrier.respond(carrier.request('INVITE'), 200, { sdp: sdpOf(CARRIER), toTag: 'b', contact: '<tel:+12025550111>' });
    await world.run();
    await ask('t', { leg: 'b' });
    expect(outcomes()).toEqual(['t false -']);
  });

  it.each([
    ['a refusal', 603, 't false 603'],
    ['an acceptance that promises nothing more', 202, 't true 202'],
  ])('ends with %s', async (_what, status, outcome) => {
    await ask();
    carrier.respond(carrier.request('REFER'), status, { headers: [['Refer-Sub', 'false']] });
    await world.run();
    expect(outcomes()).toEqual([outcome]);
  });

  it('ends with the far end’s failure, or when it stops telling', async () => {
    await ask('one');
    await notify('SIP/2.0 486 Busy Here', 'terminated;reason=noresource');
    await ask('two');
    await notify('', 'terminated;reason=giveup');
    expect(outcomes()).toEqual(['one false 486', 'two false -']);
  });

  it('ends with silence, with the leg, and where there is no such leg', async () => {
    await ask('silence');
    await world.run(32_000);
    await ask('forgotten');
    carrier.respond(carrier.request('REFER'), 202);
    await world.run(180_000);
    await ask('cut');
    world.engine.send({ kind: 'hangup', leg: 'a' });
    await world.run();
    expect(world.events.story().slice(-2)).toEqual(['transfer.done', 'a ended hangup by us 200']);
    world.engine.send({ kind: 'transfer', leg: 'gone', transfer: 'late', to: { number: '1' } });
    expect(outcomes()).toEqual(['late false -']);
  });

  it('matches NOTIFYs by their id, and refuses what they do not fit', async () => {
    await ask('one');
    const first = carrier.request('REFER').headers.get('CSeq')!.split(' ')[0]!;
    await ask('two');
    const second = carrier.request('REFER').headers.get('CSeq')!.split(' ')[0]!;
    expect(await notify('SIP/2.0 200 OK', 'terminated', `refer;id=${second}`)).toBe('200 NOTIFY');
    expect(await notify('SIP/2.0 200 OK', 'terminated', 'refer;id=99')).toBe('481 NOTIFY');
    expect(await notify('SIP/2.0 200 OK', 'terminated', 'presence')).toBe('489 NOTIFY');
    expect(await notify('hello', 'active', 'refer', 'text/plain')).toBe('415 NOTIFY');
    expect(await notify('SIP/2.0 503 No', 'terminated', `refer;id=${first}`)).toBe('200 NOTIFY');
    expect(outcomes()).toEqual(['two true 200', 'one false 503']);
  });
});
