import { describe, expect, it } from 'vitest';
import { answeredByThem, answeredByUs, field } from '#voice/sip/call-on-a-wire.fixture.js';
import { CARRIER, ENGINE, engineOnAWire } from '#voice/sip/engine-on-a-wire.fixture.js';
import { sdpOf } from '#voice/sip/scripted-peer.fixture.js';
import type { SipRequest } from '#voice/sip/message.js';

const sdp = sdpOf(CARRIER);
const directions = (requests: SipRequest[]): string[] =>
  requests.map(({ body }) => /^a=(send\w+|recvonly|inactive)/m.exec(body.toString())?.[1] ?? '');

/** An answered call of ours that is told to hold; `random`: the middle of every wait. */
async function held() {
  const world = await answeredByThem([], { random: () => 0.5 });
  world.engine.send({ kind: 'hold', leg: 'a', on: true });
  await world.run();
  return { ...world, reinvite: world.carrier.request('INVITE') };
}

describe('hold', () => {
  it('is a re-INVITE that sends only, and another one that takes the call back', async () => {
    const { carrier, run, engine, media, events, reinvite, invite } = await held();
    expect(directions([reinvite])).toEqual(['sendonly']);
    expect(field(reinvite, 'CSeq')).toBe('2 INVITE');
    expect(field(reinvite, 'Contact')).toBe(`<sip:${ENGINE}:5060>`);
    const version = (request: SipRequest): string => /^o=- \d+ (\d+) /m.exec(request.body.toString())![1]!;
    expect([version(invite), version(reinvite)]).toEqual(['1', '2']);
    carrier.respond(reinvite, 200, { sdp: sdpOf(CARRIER, 40_000, 'recvonly') });
    await run();
    expect(field(carrier.request('ACK'), 'CSeq')).toBe('2 ACK');
    expect(media.sessions('a').at(-1)?.direction).toBe('sendonly');

    engine.send({ kind: 'hold', leg: 'a', on: true });
    engine.send({ kind: 'hold', leg: 'a', on: false });
    await run();
    const back = carrier.request('INVITE');
    expect(directions([back])).toEqual(['sendrecv']);
    carrier.respond(back, 200, { sdp });
    await run();
    expect(carrier.heard()).toEqual(['INVITE', 'ACK', 'INVITE', 'ACK']);
    expect(media.sessions('a').at(-1)?.direction).toBe('sendrecv');
    expect(events.story()).toEqual([]);
  });

  it.each([488, 500, 603, 415])('that is refused with %i leaves the session as it was', async (status) => {
    const { carrier, run, engine, media, events, theirs, reinvite } = await held();
    carrier.respond(reinvite, status);
    await run();
    expect(carrier.heard()).toEqual(['INVITE', 'ACK']);
    expect(media.sessions('a')).toHaveLength(1);
    theirs('INVITE', { sdp });
    await run();
    expect(carrier.response(200).body.toString()).toContain('a=sendrecv');
    theirs('ACK');
    engine.send({ kind: 'hold', leg: 'a', on: true });
    await run();
    expect(directions([carrier.request('INVITE')])).toEqual(['sendonly']);
    expect(events.story()).toEqual([]);
  });

  it('that is answered with something else than a session leaves it as it was, and is acknowledged', async () => {
    const { carrier, run, media, events, reinvite } = await held();
    carrier.respond(reinvite, 200, { sdp: 'hello' });
    carrier.respond(reinvite, 200, { sdp: 'hello' });
    await run();
    expect(carrier.heard()).toEqual(['INVITE', 'ACK', 'ACK']);
    expect(media.sessions('a')).toHaveLength(1);
    expect(events.story()).toEqual([]);
  });

  it('answers an offer as one who holds', async () => {
    const { carrier, run, media, events, theirs, reinvite } = await held();
    carrier.respond(reinvite, 200, { sdp: sdpOf(CARRIER, 40_000, 'recvonly') });
    await run();
    theirs('INVITE', { sdp });
    await run();
    expect(carrier.response(200).body.toString()).toContain('a=sendonly');
    theirs('ACK');
    theirs('UPDATE', { sequence: 2, sdp: sdpOf(CARRIER, 40_000, 'sendonly') });
    await run();
    expect(carrier.response(200).body.toString()).toContain('a=inactive');
    expect(media.sessions('a').at(-1)?.direction).toBe('inactive');
    expect(events.story()).toEqual(['hold']);
  });

  it.each([
    ['sendonly', 'recvonly'],
    ['inactive', 'inactive'],
  ])('of the far end by %s is told, and answered with %s', async (theirWay, ourWay) => {
    const { carrier, run, theirs, events } = await answeredByThem();
    theirs('INVITE', { sdp: sdpOf(CARRIER, 40_000, theirWay) });
    await run();
    expect(carrier.response(200).body.toString()).toContain(`a=${ourWay}`);
    theirs('ACK');
    theirs('INVITE', { sequence: 2, sdp });
    await run();
    expect(events.all).toMatchObject([
      { kind: 'hold', leg: 'a', on: true },
      { kind: 'hold', leg: 'a', on: false },
    ]);
  });

  it('of the far end from the beginning is told with the answer', async () => {
    const { engine, leg, run, events, carrier, theirs } = await answeredByUs({
      sdp: sdp.replace('c=IN IP4 10.0.0.2', 'c=IN IP4 0.0.0.0'),
    });
    expect(events.story()).toEqual([]);
    theirs('UPDATE', { sequence: 2, sdp });
    await run();
    expect(events.last('hold')).toMatchObject({ leg, on: false });
    engine.send({ kind: 'hangup', leg });
    await run();
    expect(carrier.heard().at(-1)).toBe('BYE');
  });

  it('that is taken back before it is accepted is followed by another re-INVITE', async () => {
    const { carrier, run, engine, media, reinvite } = await held();
    engine.send({ kind: 'hold', leg: 'a', on: false });
    await run();
    expect(carrier.heard()).toEqual(['INVITE']);
    carrier.respond(reinvite, 200, { sdp: sdpOf(CARRIER, 40_000, 'recvonly') });
    await run();
    const back = carrier.request('INVITE');
    expect(directions([back])).toEqual(['sendrecv']);
    carrier.respond(back, 200, { sdp });
    await run();
    expect(carrier.heard()).toEqual(['ACK', 'INVITE', 'ACK']);
    expect(media.sessions('a').at(-1)?.direction).toBe('sendrecv');
  });

  it('offers as many streams as there were, in their order, and keys under their number (RFC 3264 section 8)', async () => {
    const video = ['m=video 50000 RTP/AVP 31', 'm=audio 40000 RTP/AVP 8 96', 'a=rtpmap:96 telephone-event/8000', ''];
    const offer = `${sdp.split('m=')[0]}${video.join('\r\n')}`;
    const { carrier, run, engine, leg, media } = await answeredByUs({ sdp: offer });
    engine.send({ kind: 'hold', leg, on: true });
    await run();
    const reinvite = carrier.request('INVITE');
    const lines = reinvite.body.toString().split('\r\n');
    expect(lines.filter((line) => line.startsWith('m='))).toEqual([
      'm=video 0 RTP/AVP 31',
      'm=audio 20002 RTP/AVP 0 8 96 13',
    ]);
    expect(lines).toContain('a=rtpmap:96 telephone-event/8000');
    const answer = offer.replace('m=video 50000', 'm=video 0').replace('m=audio 40000', 'm=audio 48000');
    carrier.respond(reinvite, 200, { sdp: `${answer}a=recvonly\r\n` });
    await run();
    expect(media.sessions(leg).at(-1)).toMatchObject({
      remotePort: 48_000,
      direction: 'sendonly',
      dtmfPayloadType: 96,
    });
    expect(media.sessions(leg).at(-1)).not.toHaveProperty('dtmfReceivePayloadType');
  });

  it('before the answer, or where there is no such leg, is nothing', async () => {
    const world = await answeredByThem();
    world.engine.send({ kind: 'hold', leg: 'nobody', on: true });
    world.dial('b');
    await world.run();
    world.carrier.heard();
    world.engine.send({ kind: 'hold', leg: 'b', on: true });
    await world.run();
    expect(world.carrier.heard()).toEqual([]);
  });

  it('gives up a re-INVITE that only rings, and keeps the call', async () => {
    const { carrier, run, events, reinvite } = await held();
    carrier.respond(reinvite, 180);
    await run(32_000);
    carrier.respond(carrier.request('CANCEL'), 200);
    carrier.respond(reinvite, 487);
    await run();
    expect(carrier.heard()).toEqual(['INVITE', 'CANCEL', 'ACK']);
    expect(events.story()).toEqual([]);
  });

  it('acknowledges what is answered after the end of the call', async () => {
    const { carrier, run, engine, events, reinvite } = await held();
    engine.send({ kind: 'hangup', leg: 'a' });
    carrier.respond(reinvite, 200, { sdp });
    await run();
    expect(carrier.heard()).toEqual(['INVITE', 'BYE', 'ACK']);
    expect(events.story()).toEqual(['a ended hangup by us 200']);
  });
});

describe('two changes at once', () => {
  it('are refused with 491, and ours is tried again after 2.1 to 4 s, as owner of the Call-ID', async () => {
    const { carrier, run, theirs, reinvite, events } = await held();
    theirs('INVITE', { sdp });
    theirs('UPDATE', { sequence: 2, sdp });
    theirs('UPDATE', { sequence: 3 });
    carrier.respond(reinvite, 491);
    await run();
    expect(carrier.heard()).toEqual(['INVITE', '491 INVITE', '491 UPDATE', '200 UPDATE', 'ACK']);
    await run(3_049);
    expect(carrier.heard().filter((what) => what === 'INVITE')).toEqual([]);
    await run(1);
    const again = carrier.request('INVITE');
    expect(field(again, 'CSeq')).toBe('3 INVITE');
    carrier.respond(again, 200, { sdp });
    await run();
    expect(events.story()).toEqual([]);
  });

  it('are tried again within 2 s by the other side', async () => {
    const { carrier, run, leg, engine } = await answeredByUs({}, { random: () => 0.5 });
    engine.send({ kind: 'hold', leg, on: true });
    await run();
    carrier.respond(carrier.request('INVITE'), 491);
    await run(999);
    expect(carrier.heard()).toEqual(['INVITE', 'ACK']);
    await run(1);
    expect(carrier.heard()).toEqual(['INVITE']);
  });

  it('let the far end go first in the meantime', async () => {
    const { carrier, run, theirs, reinvite, media } = await held();
    carrier.respond(reinvite, 491);
    await run();
    theirs('INVITE', { sdp: sdpOf(CARRIER, 47_000) });
    await run(3_050);
    expect(carrier.heard()).toContain('200 INVITE');
    expect(carrier.heard()).not.toContain('INVITE');
    theirs('ACK');
    await run();
    expect(directions([carrier.request('INVITE')])).toEqual(['sendonly']);
    expect(media.sessions('a').at(-1)?.remotePort).toBe(47_000);
  });

  it('are not tried for ever', async () => {
    const { carrier, run, events } = await held();
    for (let tries = 1; tries <= 6; tries += 1) {
      const reinvite = carrier.request('INVITE');
      carrier.heard();
      carrier.respond(reinvite, 491);
      await run(4_000);
    }
    expect(carrier.heard()).toEqual(['ACK']);
    expect(events.story()).toEqual([]);
  });

  it('wait as long as the far end says with 500', async () => {
    const { carrier, run, reinvite } = await held();
    carrier.respond(reinvite, 500, { headers: [['Retry-After', '7']] });
    await run(6_999);
    expect(carrier.heard()).toEqual(['INVITE', 'ACK']);
    await run(1);
    expect(carrier.heard()).toEqual(['INVITE']);
  });
});

describe('a far end that has lost the call', () => {
  it('says so with 481, and the call is over', async () => {
    const { carrier, run, events, reinvite } = await held();
    carrier.respond(reinvite, 481);
    await run();
    expect(carrier.heard()).toEqual(['INVITE', 'ACK']);
    expect(events.story()).toEqual(['a ended hangup by them 200']);
  });

  it.each(['408', 'silence'])('or with %s, and gets a BYE', async (what) => {
    const { carrier, run, events, reinvite } = await held();
    if (what === '408') carrier.respond(reinvite, 408);
    await run(what === '408' ? 0 : 32_000);
    expect(carrier.heard().at(-1)).toBe('BYE');
    expect(events.last('leg.ended').sipReason).toBe('the far end does not answer any more');
    expect(events.story()).toEqual(['a ended unreachable by us 200']);
  });
});

it('leaves nothing behind, whatever happened in the call', async () => {
  const world = await answeredByUs({
    headers: [
      ['Supported', 'timer, 100rel'],
      ['Session-Expires', '600;refresher=uas'],
      ['Allow', 'UPDATE'],
    ],
  });
  const { carrier, run, engine, leg, clock, theirs } = world;
  const before = engineOnAWire();
  await before.run(200_000);
  engine.send({ kind: 'hold', leg, on: true });
  await run();
  carrier.respond(carrier.request('INVITE'), 491);
  await run(100);
  theirs('BYE', { sequence: 9 });
  await run(200_000);
  expect(clock.pendingTimers).toBe(before.clock.pendingTimers);
});
