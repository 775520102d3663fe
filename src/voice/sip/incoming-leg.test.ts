import { describe, expect, it } from 'vitest';
import { CARRIER, DESK, ENGINE, engineOnAWire, STRANGER } from '#voice/sip/engine-on-a-wire.fixture.js';
import type { ScriptedPeer } from '#voice/sip/scripted-peer.fixture.js';
import { sdpOf, type Asking } from '#voice/sip/scripted-peer.fixture.js';
import type { SipRequest, SipResponse } from '#voice/sip/message.js';

const sdp = sdpOf(CARRIER);

async function called(asking: Asking = { sdp }) {
  const world = engineOnAWire();
  await world.run();
  const carrier = world.peer(CARRIER);
  const invite = carrier.ask('INVITE', asking);
  await world.run();
  const leg = world.events.all.find((event) => event.kind === 'leg.incoming')?.leg ?? '';
  return { ...world, carrier, invite, leg };
}

/** An ACK or another request of the caller's in the dialog of that answer. */
function within(carrier: ScriptedPeer, method: string, answer: SipResponse, asking: Asking = {}): SipRequest {
  return carrier.ask(method, { to: answer.headers.get('To')!, ...asking });
}

async function answered(asking?: Asking) {
  const world = await called(asking);
  world.engine.send({ kind: 'answer', leg: world.leg });
  await world.run();
  const ok = world.carrier.response(200);
  within(world.carrier, 'ACK', ok);
  await world.run();
  world.events.story();
  world.carrier.heard();
  return { ...world, ok };
}

describe('a call from a trunk', () => {
  it('comes in, rings, is answered and acknowledged', async () => {
    const { carrier, engine, leg, events, run, media } = await called();
    expect(events.last('leg.incoming')).toMatchObject({
      origin: { kind: 'trunk', trunk: 'carrier' },
      from: '+12025550100',
      to: '+18005550199',
    });
    engine.send({ kind: 'ring', leg });
    engine.send({ kind: 'answer', leg });
    await run();
    expect(carrier.heard()).toEqual(['180 INVITE', '200 INVITE']);
    expect(events.story()).toEqual(['incoming from +12025550100 to +18005550199']);
    expect(media.sessions(leg)).toMatchObject([{ remoteAddress: CARRIER, remotePort: 40_000, codec: 'PCMU' }]);
  });

  it.each([
    ['INVITE, ACK, BYE, INFO', true],
    ['INVITE, ACK, BYE', undefined],
  ])('tells media whether keys may go by INFO: Allow: %s', async (allow, dtmfByInfo) => {
    const { engine, leg, run, media } = await called({ sdp, headers: [['Allow', allow]] });
    engine.send({ kind: 'answer', leg });
    await run();
    expect(media.sessions(leg)[0]!.dtmfByInfo).toBe(dtmfByInfo);
  });

  it('answers with where we are, one tag for all, and the route', async () => {
    const { carrier, engine, leg, run } = await called({ sdp, headers: [['Record-Route', '<sip:10.0.0.2;lr>']] });
    engine.send({ kind: 'ring', leg });
    engine.send({ kind: 'answer', leg });
    await run();
    const [ringing, ok] = [carrier.response(180), carrier.response(200)];
    expect(ringing.headers.get('To')).toBe(ok.headers.get('To'));
    expect(ok.headers.get('To')).toMatch(/;tag=\w+$/);
    expect(ok.headers.get('Contact')).toBe(`<sip:${ENGINE}:5060>`);
    expect(ok.headers.get('Record-Route')).toBe('<sip:10.0.0.2;lr>');
    expect(ok.headers.get('Allow')).toContain('BYE');
    expect(ok.body.toString()).toContain('m=audio 20002 RTP/AVP 0 101\r\n');
  });

  it('counts as answered from the ACK on, and plays then', async () => {
    const { carrier, engine, leg, run, events, media } = await called();
    engine.send({ kind: 'answer', leg });
    engine.send({ kind: 'play', leg, job: 'hello', clips: [] });
    await run();
    expect(media.kinds(leg)).toEqual(['open', 'connect']);
    within(carrier, 'ACK', carrier.response(200));
    await run();
    expect(events.story().slice(1)).toEqual([`${leg} answered 200`]);
    expect(media.kinds(leg)).toEqual(['open', 'connect', 'play']);
  });

  it('makes the offer where the INVITE has none', async () => {
    const { carrier, engine, leg, run, events, media } = await called({});
    engine.send({ kind: 'answer', leg });
    await run();
    expect(carrier.response(200).body.toString()).toContain('m=audio 20002 RTP/AVP 0 8 101 13\r\n');
    within(carrier, 'ACK', carrier.response(200), { sdp });
    await run();
    expect(events.story().slice(1)).toEqual([`${leg} answered 200`]);
    expect(media.sessions(leg)).toHaveLength(1);
  });

  it('ends when the ACK then brings no answer', async () => {
    const { carrier, engine, leg, run, events } = await called({});
    engine.send({ kind: 'answer', leg });
    await run();
    within(carrier, 'ACK', carrier.response(200));
    await run();
    expect(carrier.request('BYE').headers.get('Reason')).toBe('SIP;cause=488;text="empty session description"');
    expect(events.story().slice(1)).toEqual([`${leg} ended incompatible by us 200`]);
  });

  it('repeats the 200 until its ACK, and gives up', async () => {
    const { carrier, engine, leg, run, events } = await called();
    engine.send({ kind: 'answer', leg });
    await run(3_600);
    expect(carrier.heard()).toEqual(['200 INVITE', '200 INVITE', '200 INVITE', '200 INVITE']);
    await run(30_000);
    expect(carrier.heard().at(-1)).toBe('BYE');
    expect(events.story().slice(1)).toEqual([`${leg} ended unreachable by us 200`]);
  });

  it('is refused as the hangup says', async () => {
    const { carrier, engine, leg, run, events } = await called();
    engine.send({ kind: 'hangup', leg, sipCode: 486, reason: 'on another call' });
    await run();
    expect(carrier.response(486).headers.get('Reason')).toBe('SIP;cause=486;text="on another call"');
    expect(events.last('leg.ended')).toMatchObject({ sipReason: 'on another call' });
    expect(events.story().slice(1)).toEqual([`${leg} ended canceled by us 486`]);
  });

  it.each([undefined, 200, 302, 700])('is refused with 480 for a hangup with %s', async (sipCode) => {
    const { carrier, engine, leg, run } = await called();
    engine.send({ kind: 'hangup', leg, ...(sipCode !== undefined && { sipCode }) });
    await run();
    expect(carrier.heard()).toEqual(['480 INVITE']);
  });

  it('is refused after three minutes of nothing', async () => {
    const { carrier, leg, run, events } = await called();
    await run(180_000);
    expect(carrier.heard()).toContain('480 INVITE');
    expect(events.story().slice(1)).toEqual([`${leg} ended no_answer by us 480`]);
  });

  it('ends when its caller waits no longer, by its Expires', async () => {
    const { carrier, leg, run, events } = await called({ sdp, headers: [['Expires', '20']] });
    await run(20_000);
    expect(carrier.heard()).toContain('487 INVITE');
    expect(events.story().slice(1)).toEqual([`${leg} ended canceled by them 487`]);
  });

  it('is given up by its caller with CANCEL', async () => {
    const { carrier, engine, invite, leg, run, events } = await called();
    engine.send({ kind: 'ring', leg });
    await run();
    const branch = /branch=([^;]+)/.exec(invite.headers.get('Via')!)![1]!;
    carrier.ask('CANCEL', { branch, headers: [['Reason', 'SIP;cause=200;text="Call completed elsewhere"']] });
    await run();
    expect(carrier.heard()).toEqual(['180 INVITE', '200 CANCEL', '487 INVITE']);
    expect(events.last('leg.ended').sipReason).toBe('SIP;cause=200;text="Call completed elsewhere"');
    expect(events.story().slice(1)).toEqual([`${leg} ended canceled by them 487`]);
  });

  it('stays answered when a CANCEL crosses the 200', async () => {
    const { carrier, engine, invite, leg, run, events } = await called();
    engine.send({ kind: 'answer', leg });
    const branch = /branch=([^;]+)/.exec(invite.headers.get('Via')!)![1]!;
    carrier.ask('CANCEL', { branch });
    await run();
    within(carrier, 'ACK', carrier.response(200));
    await run();
    expect(events.story().slice(1)).toEqual([`${leg} answered 200`]);
  });

  it('is given up by its caller with BYE in the early dialog', async () => {
    const { carrier, engine, leg, run, events } = await called();
    engine.send({ kind: 'ring', leg });
    await run();
    within(carrier, 'BYE', carrier.response(180), { sequence: 2 });
    await run();
    expect(carrier.heard()).toEqual(['180 INVITE', '200 BYE', '487 INVITE']);
    expect(events.story().slice(1)).toEqual([`${leg} ended canceled by them 487`]);
  });

  it('waits for the ACK before its BYE', async () => {
    const { carrier, engine, leg, run, events } = await called();
    engine.send({ kind: 'answer', leg });
    await run();
    engine.send({ kind: 'hangup', leg });
    await run();
    expect(events.story().slice(1)).toEqual([`${leg} ended hangup by us 200`]);
    const ok = carrier.response(200);
    expect(carrier.heard()).toEqual(['200 INVITE']);
    within(carrier, 'ACK', ok);
    await run();
    expect(carrier.heard()).toEqual(['BYE']);
  });

  it('ends with 503 where media has no port', async () => {
    const { carrier, engine, leg, run, media, events } = await called();
    media.failure = 'no free RTP port';
    engine.send({ kind: 'answer', leg });
    await run();
    expect(carrier.heard()).toEqual(['503 INVITE']);
    expect(events.story().slice(1)).toEqual([`${leg} ended engine_failed by us 503`]);
  });
});

describe('sound before the answer', () => {
  it('is a 183 with the description that the 200 repeats; what is played is heard at once', async () => {
    const { carrier, engine, leg, run, media, events } = await called();
    engine.send({ kind: 'play', leg, job: 'ringback', clips: [] });
    engine.send({ kind: 'early', leg });
    engine.send({ kind: 'early', leg });
    await run();
    expect(carrier.heard()).toEqual(['183 INVITE']);
    expect(media.kinds(leg)).toEqual(['open', 'connect', 'play']);
    engine.send({ kind: 'early', leg });
    engine.send({ kind: 'answer', leg });
    await run();
    const [ok] = carrier.received;
    expect(ok!.body.toString()).toContain('m=audio 20002 RTP/AVP 0 101\r\n');
    expect(/^o=- \d+ (\d+) /m.exec(ok!.body.toString())![1]).toBe('1');
    expect(carrier.heard()).toEqual(['200 INVITE']);
    expect(media.kinds(leg)).toEqual(['open', 'connect', 'play']);
    expect(events.story()).toHaveLength(1);
  });

  it('has the same description in the 183 and the 200', async () => {
    const { carrier, engine, leg, run } = await called();
    engine.send({ kind: 'early', leg });
    engine.send({ kind: 'answer', leg });
    await run();
    expect(carrier.response(200).body).toEqual(carrier.response(183).body);

    const other = await called();
    other.media.opensAtOnce = false;
    other.engine.send({ kind: 'early', leg: other.leg });
    other.engine.send({ kind: 'answer', leg: other.leg });
    other.media.opened(other.leg);
    await other.run();
    expect(other.carrier.heard()).toEqual(['200 INVITE']);
  });

  it('cannot be where the caller made no offer: a plain 183', async () => {
    const { carrier, engine, leg, run, media } = await called({});
    engine.send({ kind: 'early', leg });
    await run();
    expect(carrier.response(183).body).toHaveLength(0);
    expect(media.kinds(leg)).toEqual([]);
  });

  it('ends with the caller', async () => {
    const { carrier, engine, invite, leg, run, events } = await called();
    engine.send({ kind: 'early', leg });
    await run();
    const branch = /branch=([^;]+)/.exec(invite.headers.get('Via')!)![1]!;
    carrier.ask('CANCEL', { branch });
    await run();
    expect(carrier.heard()).toEqual(['183 INVITE', '200 CANCEL', '487 INVITE']);
    expect(events.story().slice(1)).toEqual([`${leg} ended canceled by them 487`]);
  });
});

describe('who gets in', () => {
  it('refuses strangers, and unknown requests from anybody', async () => {
    const { peer, run, events } = engineOnAWire();
    const stranger = peer(STRANGER);
    stranger.ask('INVITE', { sdp });
    await run();
    expect(stranger.heard()).toEqual(['403 INVITE']);
    for (const method of ['PUBLISH', 'PUBLICIZE', 'NOTIFY']) stranger.ask(method, { callId: method });
    await run();
    expect(stranger.response(405).headers.get('Allow')).toContain('INVITE');
    expect(stranger.heard()).toEqual(['405 PUBLISH', '405 PUBLICIZE', '481 NOTIFY']);
    expect(events.story()).toEqual([]);
  });

  it('says no to a stranger once, and nothing more to one who asks too often', async () => {
    const { peer, run } = engineOnAWire();
    const stranger = peer(STRANGER);
    stranger.ask('INVITE', { sdp });
    await run(60_000);
    expect(stranger.heard()).toEqual(['403 INVITE']);
    for (let count = 0; count < 300; count += 1) stranger.ask('INVITE', { sdp, callId: `flood-${count}` });
    await run();
    expect(stranger.heard()).toHaveLength(200);
    await run(1_000);
    stranger.ask('OPTIONS');
    await run();
    expect(stranger.heard()).toEqual(['200 OPTIONS']);
  });

  it('answers OPTIONS at the last hop, and takes a call that counts no hops', async () => {
    const { carrier, run } = await called({ sdp, headers: [['Max-Forwards', '']] });
    carrier.ask('OPTIONS', { callId: 'ping', headers: [['Max-Forwards', '0']] });
    await run();
    expect(carrier.heard()).toEqual(['200 OPTIONS']);
  });

  it('takes a call once that comes by two ways', async () => {
    const { carrier, run, events } = await called();
    carrier.ask('INVITE', { sdp, branch: 'z9hG4bKother' });
    await run();
    expect(carrier.heard()).toEqual(['482 INVITE']);
    expect(events.story()).toHaveLength(1);
  });

  it('answers OPTIONS, and what belongs to no dialog', async () => {
    const { peer, run } = engineOnAWire();
    const stranger = peer(STRANGER);
    stranger.ask('OPTIONS');
    await run();
    expect(stranger.response(200).headers.get('Accept')).toBe('application/sdp');
    for (const method of ['BYE', 'INVITE', 'INFO', 'ACK']) {
      stranger.ask(method, { callId: method, to: '<sip:x@10.0.0.1>;tag=gone' });
    }
    await run();
    expect(stranger.heard()).toEqual(['200 OPTIONS', '481 BYE', '481 INVITE', '481 INFO']);
  });

  it('asks a phone for its password', async () => {
    const { peer, run } = engineOnAWire();
    const desk = peer(DESK);
    desk.ask('INVITE', { sdp, from: `<sip:101@${ENGINE}>;tag=1` });
    await run();
    expect(desk.heard()).toEqual(['401 INVITE']);
  });

  it.each<[string, Asking, string]>([
    ['Max-Forwards: 0', { sdp, headers: [['Max-Forwards', '0']] }, '483 INVITE'],
    ['an extension we do not have', { sdp, headers: [['Require', 'timer, precondition, gruu']] }, '420 INVITE'],
    ['nobody called', { sdp, uri: 'sip:10.0.0.1', to: '<sip:10.0.0.1>' }, '484 INVITE'],
    ['no codec in common', { sdp: sdp.replace('RTP/AVP 0 101', 'RTP/AVP 18') }, '488 INVITE'],
    ['a broken description', { sdp: 'hello' }, '400 INVITE'],
    ['a body of another kind', { sdp, headers: [['Content-Type', 'text/plain']] }, '415 INVITE'],
    ['a packed body', { sdp, headers: [['Content-Encoding', 'gzip']] }, '415 INVITE'],
  ])('refuses a call with %s', async (_, asking, refusal) => {
    const { carrier, events } = await called(asking);
    expect(carrier.heard()).toEqual([refusal]);
    expect(events.story()).toEqual([]);
  });

  it('names the extensions that it does not have', async () => {
    const { carrier } = await called({ sdp, headers: [['Require', 'timer, precondition, gruu']] });
    expect(carrier.response(420).headers.get('Unsupported')).toBe('precondition, gruu');
  });

  it('refuses a call that came back to us', async () => {
    const world = engineOnAWire();
    const carrier = world.peer(CARRIER);
    world.dial();
    await world.run();
    const callId = carrier.request('INVITE').headers.get('Call-ID')!;
    carrier.ask('INVITE', { sdp, callId });
    await world.run();
    expect(carrier.heard()).toEqual(['INVITE', '482 INVITE']);
  });

  it('refuses calls when there are too many, or media lags behind', async () => {
    const world = engineOnAWire({ maxLegs: 1 });
    await world.run();
    const carrier = world.peer(CARRIER);
    carrier.ask('INVITE', { sdp, callId: 'one' });
    carrier.ask('INVITE', { sdp, callId: 'two' });
    await world.run();
    world.dial('mine');
    await world.run();
    expect(carrier.heard()).toEqual(['503 INVITE']);
    expect(world.events.story()).toContain('mine ended congestion by us -');

    const slow = engineOnAWire({ maxTickLagMs: 50 });
    slow.media.emit({ kind: 'load', legs: 0, tickLagMs: 51 });
    slow.dial();
    expect(slow.events.story()).toEqual(['a ended congestion by us -']);
  });

  it('reads bare numbers of a trunk as E.164, and tel URIs', async () => {
    const world = engineOnAWire();
    const uri = `sip:${CARRIER}`;
    world.engine.send({
      kind: 'configure',
      trunks: [{ id: 'carrier', name: 'C', uri, numbers: { called: 'bare' } }],
      phones: [],
    });
    await world.run();
    const carrier = world.peer(CARRIER);
    carrier.ask('INVITE', {
      sdp,
      uri: 'sip:1-800-555-0199;phone-context=x@10.0.0.1',
      from: '<sip:12025550100@x>;tag=1',
    });
    carrier.ask('INVITE', { sdp, callId: '2', uri: 'tel:+1-800-555-0199', from: '"Bob" <sip:anonymous@x>;tag=1' });
    await world.run();
    expect(world.events.all).toMatchObject([
      { from: '+12025550100', to: '+18005550199' },
      { from: 'anonymous', to: '+18005550199', displayName: 'Bob' },
    ]);
  });
});

describe('within a dialog', () => {
  it('is put on hold and taken back by re-INVITE', async () => {
    const { carrier, ok, run, media, leg, events } = await answered();
    within(carrier, 'INVITE', ok, { sequence: 2, sdp: sdpOf(CARRIER, 40_000, 'sendonly') });
    await run();
    const held = carrier.response(200);
    expect(held.body.toString()).toContain('a=recvonly');
    expect(held.headers.get('Contact')).toBe(`<sip:${ENGINE}:5060>`);
    within(carrier, 'ACK', held, { sequence: 2 });
    within(carrier, 'INVITE', ok, { sequence: 3, sdp: sdpOf(CARRIER, 40_002) });
    await run();
    expect(media.sessions(leg).map(({ direction, remotePort }) => [direction, remotePort])).toEqual([
      ['sendrecv', 40_000],
      ['recvonly', 40_000],
      ['sendrecv', 40_002],
    ]);
    const versions = [ok, held, carrier.response(200)].map(({ body }) => /^o=- \d+ (\d+) /m.exec(body.toString())![1]);
    expect(versions).toEqual(['1', '2', '3']);
    expect(events.all).toMatchObject([
      { kind: 'hold', leg, on: true },
      { kind: 'hold', leg, on: false },
    ]);
  });

  it('answers a re-INVITE without offer with one, and takes the answer from the ACK', async () => {
    const { carrier, ok, run, media, leg } = await answered();
    within(carrier, 'INVITE', ok, { sequence: 2 });
    await run(700);
    expect(carrier.heard()).toEqual(['200 INVITE', '200 INVITE']);
    within(carrier, 'ACK', ok, { sequence: 2, sdp: sdpOf(CARRIER, 44_000) });
    await run(10_000);
    expect(carrier.heard()).toEqual([]);
    expect(media.sessions(leg).at(-1)).toMatchObject({ remotePort: 44_000 });
  });

  it('keeps the session when a re-INVITE offers nothing that fits', async () => {
    const { carrier, ok, run, media, leg, events } = await answered();
    within(carrier, 'INVITE', ok, { sequence: 2, sdp: sdp.replace('RTP/AVP 0 101', 'RTP/AVP 18') });
    await run();
    expect(carrier.response(488).headers.get('Warning')).toContain('no codec in common');
    expect(media.sessions(leg)).toHaveLength(1);
    expect(events.story()).toEqual([]);
  });

  it('refuses an offer while another one is open', async () => {
    const { carrier, ok, run } = await answered();
    within(carrier, 'INVITE', ok, { sequence: 2, sdp });
    within(carrier, 'INVITE', ok, { sequence: 3, sdp });
    within(carrier, 'UPDATE', ok, { sequence: 4, sdp });
    within(carrier, 'UPDATE', ok, { sequence: 5 });
    await run();
    expect(carrier.heard()).toEqual(['200 INVITE', '491 INVITE', '491 UPDATE', '200 UPDATE']);
  });

  it('ends a call whose re-INVITE is never acknowledged', async () => {
    const { carrier, ok, run, events, leg } = await answered();
    within(carrier, 'INVITE', ok, { sequence: 2, sdp });
    await run(32_000);
    expect(carrier.heard().at(-1)).toBe('BYE');
    expect(events.story()).toEqual([`${leg} ended unreachable by us 200`]);
  });

  it('answers UPDATE with and without an offer', async () => {
    const { carrier, ok, run, media, leg } = await answered();
    within(carrier, 'UPDATE', ok, { sequence: 2, sdp: sdpOf(CARRIER, 40_000, 'inactive') });
    await run();
    expect(carrier.response(200).body.toString()).toContain('a=inactive');
    expect(media.sessions(leg).at(-1)?.direction).toBe('inactive');
    within(carrier, 'UPDATE', ok, { sequence: 3 });
    await run();
    expect(carrier.response(200).body).toHaveLength(0);
  });

  it.each([
    ['application/dtmf-relay', 'Signal=5\r\nDuration=160\r\n', '5', 160],
    ['application/dtmf-relay', 'Signal= *\r\nDuration= 99999\r\n', '*', 10_000],
    ['application/dtmf-relay', 'Signal=11', '#', 160],
    ['application/dtmf', 'd', 'D', 160],
  ])('hears a key by INFO: %s %j', async (type, body, digit, durationMs) => {
    const { carrier, ok, run, events, leg } = await answered();
    within(carrier, 'INFO', ok, { sequence: 2, sdp: body, headers: [['Content-Type', type]] });
    await run();
    expect(carrier.heard()).toEqual(['200 INFO']);
    expect(events.last('dtmf')).toMatchObject({ leg, digit, durationMs, via: 'info' });
  });

  it('ignores a hook flash, and refuses other INFO bodies', async () => {
    const { carrier, ok, run, events } = await answered();
    within(carrier, 'INFO', ok, {
      sequence: 2,
      sdp: 'Signal=16',
      headers: [['Content-Type', 'application/dtmf-relay']],
    });
    within(carrier, 'INFO', ok, { sequence: 3, sdp: '<x/>', headers: [['Content-Type', 'text/xml']] });
    within(carrier, 'INFO', ok, { sequence: 4 });
    await run();
    expect(carrier.response(415).headers.get('Accept')).toBe('application/dtmf-relay, application/dtmf');
    expect(carrier.heard()).toEqual(['200 INFO', '415 INFO', '200 INFO']);
    expect(events.story()).toEqual([]);
  });

  it('answers OPTIONS, and refuses what it does not know or what is out of order', async () => {
    const { carrier, ok, run } = await answered();
    within(carrier, 'OPTIONS', ok, { sequence: 5 });
    within(carrier, 'PUBLISH', ok, { sequence: 6 });
    within(carrier, 'INFO', ok, { sequence: 4 });
    within(carrier, 'UPDATE', ok, { sequence: 7, headers: [['Require', 'gruu']] });
    await run();
    expect(carrier.heard()).toEqual(['200 OPTIONS', '405 PUBLISH', '500 INFO', '420 UPDATE']);
  });

  it('knows nothing of a dialog after its BYE', async () => {
    const { carrier, ok, run, events, leg } = await answered();
    within(carrier, 'BYE', ok, { sequence: 2 });
    within(carrier, 'INFO', ok, { sequence: 3 });
    await run();
    expect(carrier.heard()).toEqual(['200 BYE', '481 INFO']);
    expect(events.story()).toEqual([`${leg} ended hangup by them 200`]);
  });

  it('answers a BYE that crosses ours', async () => {
    const { carrier, ok, run, events, leg, engine } = await answered();
    engine.send({ kind: 'hangup', leg });
    await run();
    within(carrier, 'BYE', ok, { sequence: 2 });
    await run();
    expect(carrier.heard()).toEqual(['BYE', '200 BYE']);
    expect(events.story()).toEqual([`${leg} ended hangup by us 200`]);
  });

  it('proves to its trunk who ends the call, where that asks', async () => {
    const world = engineOnAWire();
    const uri = `sip:${CARRIER}`;
    const credentials = { username: 'shop', password: 'right' };
    world.engine.send({ kind: 'configure', trunks: [{ id: 'carrier', name: 'C', uri, ...credentials }], phones: [] });
    await world.run();
    const carrier = world.peer(CARRIER);
    carrier.ask('INVITE', { sdp });
    await world.run();
    const { leg } = world.events.last('leg.incoming');
    world.engine.send({ kind: 'answer', leg });
    await world.run();
    within(carrier, 'ACK', carrier.response(200));
    world.engine.send({ kind: 'hangup', leg });
    await world.run();
    const challenge = 'Digest realm="carrier", nonce="n", qop="auth"';
    carrier.respond(carrier.request('BYE'), 407, { headers: [['Proxy-Authenticate', challenge]] });
    await world.run();
    expect(carrier.request('BYE').headers.get('Proxy-Authorization')).toContain('username="shop"');
    expect(carrier.request('BYE').headers.get('CSeq')).toBe('2 BYE');
  });

  it('changes nothing by a request whose Contact cannot be read', async () => {
    const { carrier, ok, run, media, leg } = await answered();
    within(carrier, 'UPDATE', ok, { sequence: 2, sdp: sdpOf(CARRIER, 49_000), headers: [['Contact', '<sip:x']] });
    await run();
    expect(carrier.heard()).toEqual(['400 UPDATE']);
    expect(media.sessions(leg)).toHaveLength(1);
  });

  it('sends its BYE to where the far end has moved', async () => {
    const { carrier, ok, run, engine, leg, peer } = await answered();
    const elsewhere = peer('10.0.0.9');
    within(carrier, 'UPDATE', ok, { sequence: 2, headers: [['Contact', '<sip:moved@10.0.0.9>']] });
    await run();
    engine.send({ kind: 'hangup', leg });
    await run();
    expect(elsewhere.request('BYE').uri).toBe('sip:moved@10.0.0.9');
  });
});

describe('what media does', () => {
  it('sends a key by INFO where media cannot send it', async () => {
    const { carrier, leg, run, media } = await answered();
    media.emit({ kind: 'sendInfo', leg, digit: '#', durationMs: 160 });
    await run();
    const info = carrier.request('INFO');
    expect(info.headers.get('Content-Type')).toBe('application/dtmf-relay');
    expect(info.body.toString()).toBe('Signal=#\r\nDuration=160\r\n');
    carrier.respond(info, 415);
    await run();
    expect(carrier.heard()).toEqual(['INFO']);
  });

  it('tells of machines and their tones', async () => {
    const { leg, engine, media, events } = await answered();
    engine.send({ kind: 'detectMachine', leg, job: 'who' });
    expect(media.kinds(leg)).toEqual(['open', 'connect', 'detectMachine']);
    const evidence = { atMs: 900, speechMs: 1, silenceMs: 2, longestSpeechMs: 3, firstPauseMs: 4, why: 'spoke on' };
    media.emit({ kind: 'machine', leg, job: 'who', verdict: 'machine', revised: false, evidence });
    media.emit({ kind: 'machine.beep', leg, job: 'who', frequencyHz: 1_000, durationMs: 300 });
    media.finish(leg, 'who', 'completed');
    expect(events.story()).toEqual(['machine', 'machine.beep', `${leg} who completed`]);
  });

  it('brings legs together before their answers, on one worker where there is room', async () => {
    const { carrier, leg, engine, run, media } = await called();
    engine.send({
      kind: 'dial',
      leg: 'out',
      to: { kind: 'trunk', trunk: 'carrier', number: '+12025550123' },
      from: { number: '+18005550199' },
      ringTimeoutMs: 30_000,
      beside: leg,
    });
    engine.send({ kind: 'bridge', leg, with: 'out' });
    engine.send({ kind: 'bridge', leg, with: 'nobody' });
    engine.send({ kind: 'answer', leg });
    await run();
    expect(carrier.heard().sort()).toEqual(['200 INVITE', 'INVITE']);
    expect(media.commands.filter(({ kind }) => kind === 'open' || kind === 'bridge')).toEqual([
      { kind: 'open', leg: 'out', beside: leg },
      { kind: 'open', leg, beside: 'out' },
      { kind: 'bridge', leg, with: 'out' },
    ]);
    engine.send({ kind: 'join', leg, conference: 'c', muted: true });
    engine.send({ kind: 'leave', leg });
    engine.send({ kind: 'leave', leg: 'nobody' });
    expect(media.kinds(leg).slice(-2)).toEqual(['join', 'leave']);
  });
});

describe('closing', () => {
  it('ends every leg, waits for the answers, and closes what it was given', async () => {
    const world = await answered();
    world.dial('out');
    world.carrier.ask('INVITE', { sdp, callId: 'waiting' });
    await world.run();
    world.carrier.respond(world.carrier.request('INVITE'), 180);
    await world.run();
    world.events.story();
    const closed = world.engine.close();
    expect(world.engine.close()).toBe(closed);
    await world.run();
    expect(world.events.story().map((line) => line.replace(/^in-\S+/, 'in'))).toEqual([
      'in ended engine_failed by us 200',
      'out ended engine_failed by us -',
      'in ended engine_failed by us 503',
    ]);
    expect(world.carrier.heard()).toEqual(['INVITE', 'BYE', 'CANCEL', '503 INVITE']);
    expect(world.media.isClosed).toBe(false);
    await world.run(1_000);
    await closed;
    expect(world.media.isClosed).toBe(true);
    world.dial('late');
    expect(world.events.story()).toEqual(['late ended engine_failed by us -']);
  });
});
