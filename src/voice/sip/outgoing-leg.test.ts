import { describe, expect, it } from 'vitest';
import { CARRIER, ENGINE, engineOnAWire } from '#voice/sip/engine-on-a-wire.fixture.js';
import { STATS } from '#voice/sip/scripted-media.fixture.js';
import { sdpOf, type Answering } from '#voice/sip/scripted-peer.fixture.js';

const sdp = sdpOf(CARRIER);

async function dialled(ringTimeoutMs?: number) {
  const world = engineOnAWire();
  const carrier = world.peer(CARRIER);
  world.dial('a', ringTimeoutMs);
  await world.run();
  return { ...world, carrier, invite: carrier.request('INVITE') };
}

async function answered() {
  const world = await dialled();
  world.carrier.respond(world.invite, 200, { sdp });
  await world.run();
  world.events.story();
  world.carrier.heard();
  return world;
}

describe('an INVITE through a trunk', () => {
  it('says who calls whom, where we are and what we can do', async () => {
    const { invite } = await dialled();
    expect(invite.uri).toBe(`sip:+12025550123@${CARRIER}`);
    expect(invite.headers.get('From')).toMatch(
      new RegExp(`^"Shop \\\\"A\\\\"" <sip:\\+18005550199@${ENGINE}>;tag=\\w+$`),
    );
    expect(invite.headers.get('To')).toBe(`<sip:+12025550123@${CARRIER}>`);
    expect(invite.headers.get('Contact')).toBe(`<sip:${ENGINE}:5060>`);
    expect(invite.headers.get('Allow')).toBe('INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, PRACK, UPDATE, REFER, NOTIFY');
    expect(invite.headers.get('Supported')).toContain('100rel');
    expect(invite.headers.get('User-Agent')).toBe('Sidetone');
    expect(invite.headers.get('Max-Forwards')).toBe('70');
    expect(invite.headers.get('CSeq')).toBe('1 INVITE');
    expect(invite.body.toString()).toContain(`c=IN IP4 ${ENGINE}\r\n`);
    expect(invite.body.toString()).toContain('m=audio 20002 RTP/AVP 0 8 101 13\r\n');
  });

  it('writes bare numbers and keeps the transport where the trunk is so configured', async () => {
    const world = engineOnAWire();
    const carrier = world.peer(CARRIER);
    const uri = `sip:${CARRIER}:5060;transport=udp`;
    world.engine.send({
      kind: 'configure',
      trunks: [{ id: 'carrier', name: 'C', uri, numbers: { called: 'bare' } }],
      phones: [],
    });
    world.dial();
    await world.run();
    expect(carrier.request('INVITE').uri).toBe(`sip:12025550123@${CARRIER}:5060;transport=udp`);
    expect(carrier.request('INVITE').headers.get('To')).toBe(`<sip:12025550123@${CARRIER}:5060>`);
  });

  it('counts the hops of a call that is passed on, and ends one that goes round', async () => {
    const world = engineOnAWire();
    await world.run();
    const carrier = world.peer(CARRIER);
    carrier.ask('INVITE', { sdp, headers: [['Max-Forwards', '12']] });
    await world.run();
    const { maxForwards } = world.events.last('leg.incoming');
    expect(maxForwards).toBe(12);
    const passOn = (leg: string, hops: number): void =>
      world.engine.send({
        kind: 'dial',
        leg,
        to: { kind: 'trunk', trunk: 'carrier', number: '+12025550123' },
        from: { number: '+12025550100' },
        ringTimeoutMs: 30_000,
        maxForwards: hops,
      });
    passOn('on', maxForwards! - 1);
    passOn('round', 0);
    await world.run();
    expect(carrier.request('INVITE').headers.get('Max-Forwards')).toBe('11');
    expect(world.events.story().slice(1)).toEqual(['round ended no_route by us -']);
  });

  it('proceeds, rings, is answered, acknowledged, and ended by a BYE', async () => {
    const { carrier, invite, events, run, media } = await dialled();
    carrier.respond(invite, 100);
    carrier.respond(invite, 180);
    carrier.respond(invite, 180);
    carrier.respond(invite, 200, { sdp });
    await run();
    expect(events.story()).toEqual(['a proceeding 100', 'a ringing 180', 'a answered 200']);
    const ack = carrier.request('ACK');
    expect(ack.uri).toBe(`sip:callee@${CARRIER}:5060`);
    expect(ack.headers.get('CSeq')).toBe('1 ACK');
    expect(ack.headers.get('To')).toBe(`<sip:+12025550123@${CARRIER}>;tag=peer`);
    expect(media.sessions('a')).toEqual([
      {
        remoteAddress: CARRIER,
        remotePort: 40_000,
        codec: 'PCMU',
        payloadType: 0,
        dtmfPayloadType: 101,
        direction: 'sendrecv',
      },
    ]);

    carrier.ask('BYE', {
      from: ack.headers.get('To')!,
      to: ack.headers.get('From')!,
      callId: ack.headers.get('Call-ID')!,
      headers: [['Reason', 'Q.850;cause=16;text="Normal call clearing"']],
    });
    await run();
    expect(carrier.response(200).headers.get('CSeq')).toBe('1 BYE');
    expect(events.last('leg.ended')).toMatchObject({
      cause: 'hangup',
      by: 'them',
      sipCode: 200,
      sipReason: 'Q.850;cause=16;text="Normal call clearing"',
      rtp: STATS,
    });
  });

  it('acknowledges every repetition of the 2xx again', async () => {
    const { carrier, invite, events, run } = await dialled();
    carrier.respond(invite, 200, { sdp });
    await run();
    carrier.respond(invite, 200, { sdp });
    carrier.respond(invite, 200, { sdp });
    await run();
    expect(carrier.heard()).toEqual(['INVITE', 'ACK', 'ACK', 'ACK']);
    expect(events.story()).toEqual(['a answered 200']);
  });

  it('is ended by us with a BYE that says why', async () => {
    const { carrier, engine, events, run } = await answered();
    engine.send({ kind: 'hangup', leg: 'a', reason: 'too\r\nlong "really"' });
    await run();
    const bye = carrier.request('BYE');
    expect(bye.headers.get('CSeq')).toBe('2 BYE');
    expect(bye.headers.get('Reason')).toBe('SIP;text="too  long  really "');
    carrier.respond(bye, 200);
    await run(40_000);
    expect(carrier.heard()).toEqual(['BYE']);
    expect(events.story()).toEqual(['a ended hangup by us 200']);
  });

  it('follows the route set and the target of the 2xx', async () => {
    const { carrier, invite, engine, run } = await dialled();
    const headers: [string, string][] = [
      ['Record-Route', `<sip:second.example;lr>`],
      ['Record-Route', `<sip:${CARRIER};lr>`],
    ];
    carrier.respond(invite, 180, { contact: '<sip:early@10.9.9.9>' });
    carrier.respond(invite, 200, { sdp, contact: '<sip:late@10.9.9.9>', headers });
    await run();
    const ack = carrier.request('ACK');
    expect(ack.uri).toBe('sip:late@10.9.9.9');
    expect(ack.headers.getAll('Route')).toEqual([`<sip:${CARRIER};lr>`, '<sip:second.example;lr>']);
    engine.send({ kind: 'hangup', leg: 'a' });
    await run();
    expect(carrier.request('BYE').headers.getAll('Route')).toHaveLength(2);
  });

  it('puts a strict router into the Request-URI', async () => {
    const { carrier, invite, run } = await dialled();
    carrier.respond(invite, 200, { sdp, headers: [['Record-Route', `<sip:${CARRIER}>`]] });
    await run();
    expect(carrier.request('ACK').uri).toBe(`sip:${CARRIER}`);
    expect(carrier.request('ACK').headers.getAll('Route')).toEqual([`<sip:callee@${CARRIER}:5060>`]);
  });
});

describe('early media', () => {
  it('connects with 183, and again with the answer', async () => {
    const { carrier, invite, events, run, media } = await dialled();
    carrier.respond(invite, 183, { sdp: sdpOf(CARRIER, 41_000) });
    await run();
    expect(events.story()).toEqual(['a proceeding 183', 'a early 183']);
    carrier.respond(invite, 200, { sdp: sdpOf(CARRIER, 42_000) });
    await run();
    expect(events.story()).toEqual(['a answered 200']);
    expect(media.sessions('a').map(({ remotePort }) => remotePort)).toEqual([41_000, 42_000]);
  });

  it('lets the 2xx go without a description then', async () => {
    const { carrier, invite, events, run } = await dialled();
    carrier.respond(invite, 183, { sdp });
    carrier.respond(invite, 200);
    await run();
    expect(events.story()).toEqual(['a proceeding 183', 'a early 183', 'a answered 200']);
  });

  it.each([
    ['no description', {}, 'an answer without session description'],
    ['no codec of ours', { sdp: sdp.replace('RTP/AVP 0 101', 'RTP/AVP 18') }, 'no codec in common'],
    ['rubbish', { sdp: 'hello' }, 'not a line'],
  ] as [string, Answering, string][])('ends a call whose answer has %s', async (_, answering, why) => {
    const { carrier, invite, events, run } = await dialled();
    carrier.respond(invite, 200, answering);
    await run();
    expect(carrier.heard()).toEqual(['INVITE', 'ACK', 'BYE']);
    expect(events.last('leg.ended').sipReason).toContain(why);
    expect(events.story()).toEqual(['a ended incompatible by us 200']);
  });
});

describe('refusals', () => {
  it.each([
    [302, 'redirected'],
    [380, 'redirected'],
    [401, 'forbidden'],
    [403, 'forbidden'],
    [404, 'unallocated'],
    [408, 'no_answer'],
    [410, 'unallocated'],
    [415, 'incompatible'],
    [429, 'congestion'],
    [480, 'no_answer'],
    [484, 'unallocated'],
    [486, 'busy'],
    [487, 'carrier_error'],
    [488, 'incompatible'],
    [500, 'carrier_error'],
    [503, 'congestion'],
    [600, 'busy'],
    [603, 'rejected'],
    [604, 'unallocated'],
    [606, 'incompatible'],
    [607, 'rejected'],
    [608, 'rejected'],
  ])('%i ends the leg as %s', async (status, cause) => {
    const { carrier, invite, events, run } = await dialled();
    carrier.respond(invite, status, { reason: 'Because' });
    await run();
    expect(carrier.heard()).toEqual(['INVITE', 'ACK']);
    expect(events.all).toHaveLength(1);
    expect(events.last('leg.ended')).toMatchObject({ cause, by: 'them', sipCode: status, sipReason: 'Because' });
  });

  it('passes Retry-After on, and takes an otherwise unclear refusal with it for congestion', async () => {
    const { carrier, invite, events, run } = await dialled();
    carrier.respond(invite, 500, { headers: [['Retry-After', '120 (maintenance);duration=60']] });
    await run();
    expect(events.last('leg.ended')).toMatchObject({ cause: 'congestion', sipCode: 500, retryAfterSeconds: 120 });
  });

  it('prefers the Reason header to the phrase', async () => {
    const { carrier, invite, events, run } = await dialled();
    carrier.respond(invite, 480, { headers: [['Reason', 'Q.850;cause=19']] });
    await run();
    expect(events.last('leg.ended').sipReason).toBe('Q.850;cause=19');
  });

  it('tells what Warning says', async () => {
    const { carrier, invite, events, run } = await dialled();
    carrier.respond(invite, 488, { headers: [['Warning', '305 carrier "Incompatible media format"']] });
    await run();
    const why = 'Not Acceptable Here; Warning: 305 carrier "Incompatible media format"';
    expect(events.last('leg.ended').sipReason).toBe(why);
  });

  it('tells where else the call should go, the most wanted first, in numbers as we know them', async () => {
    const world = engineOnAWire();
    const carrier = world.peer(CARRIER);
    const numbers = { called: 'national', countryCode: '49', nationalPrefix: '0' } as const;
    world.engine.send({
      kind: 'configure',
      trunks: [{ id: 'carrier', name: 'C', uri: `sip:${CARRIER}`, numbers }],
      phones: [],
    });
    world.dial();
    await world.run();
    carrier.respond(carrier.request('INVITE'), 302, {
      headers: [
        ['Contact', '<sip:030123456@10.0.0.9>;q=0.2, "Last" <sip:last@10.0.0.9>;q=0'],
        ['Contact', 'sip:00123456789@10.0.0.9'],
        ['Contact', '<tel:+49-30-999999>;q=0.5'],
        ['Contact', '<sip:10.0.0.9>, <mailto:x@y>'],
        ['Contact', '<sip:broken'],
      ],
    });
    await world.run();
    expect(carrier.heard()).toEqual(['INVITE', 'ACK']);
    expect(world.events.last('leg.ended')).toMatchObject({
      cause: 'redirected',
      sipCode: 302,
      redirects: [
        { uri: 'sip:00123456789@10.0.0.9', number: '+123456789' },
        { uri: 'tel:+4930999999', number: '+4930999999' },
        { uri: 'sip:030123456@10.0.0.9', number: '+4930123456' },
        { uri: 'sip:last@10.0.0.9', number: 'last' },
      ],
    });
  });

  it('takes no more than ten of these', async () => {
    const { carrier, invite, events, run } = await dialled();
    const contacts = Array.from({ length: 30 }, (_, at) => ['Contact', `<sip:${at}@x>`] as [string, string]);
    carrier.respond(invite, 300, { headers: contacts });
    await run();
    expect(events.last('leg.ended').redirects?.map(({ number }) => number)).toEqual([...'0123456789']);
  });

  it('takes silence for unreachable', async () => {
    const { events, run } = await dialled(60_000);
    await run(33_000);
    expect(events.story()).toEqual(['a ended unreachable by us -']);
  });

  it('says so when the trunk has no such name, or there is no such trunk', async () => {
    const world = engineOnAWire();
    const uri = 'sip:nowhere.example';
    world.engine.send({ kind: 'configure', trunks: [{ id: 'carrier', name: 'C', uri }], phones: [] });
    world.dial();
    await world.run();
    expect(world.events.last('leg.ended').sipReason).toBe('nowhere.example does not resolve');
    expect(world.events.story()).toEqual(['a ended unreachable by us -']);
    world.engine.send({ kind: 'configure', trunks: [], phones: [] });
    world.dial('b');
    expect(world.events.story()).toEqual(['b ended no_route by us -']);
  });

  it('ends where media has no port', async () => {
    const world = engineOnAWire();
    world.media.failure = 'no free RTP port';
    world.dial();
    await world.run();
    expect(world.events.last('leg.ended')).toMatchObject({ cause: 'engine_failed', sipReason: 'no free RTP port' });
    expect(world.events.all).toHaveLength(1);
  });
});

describe('hanging up before the answer', () => {
  it('cancels once something provisional has come', async () => {
    const { carrier, invite, engine, events, run } = await dialled();
    carrier.respond(invite, 180);
    await run();
    engine.send({ kind: 'hangup', leg: 'a', sipCode: 200, reason: 'done' });
    await run();
    expect(carrier.request('CANCEL').headers.get('Reason')).toBe('SIP;cause=200;text="done"');
    carrier.respond(carrier.request('CANCEL'), 200);
    carrier.respond(invite, 487);
    await run();
    expect(carrier.heard()).toEqual(['INVITE', 'CANCEL', 'ACK']);
    expect(events.story()).toEqual(['a proceeding 180', 'a ringing 180', 'a ended canceled by us 487']);
  });

  it('ends in time with a far end that says nothing', async () => {
    const { engine, events, run } = await dialled();
    engine.send({ kind: 'hangup', leg: 'a' });
    await run(5_000);
    expect(events.story()).toEqual(['a ended canceled by us -']);
  });

  it('acknowledges and ends a 2xx that crosses the CANCEL', async () => {
    const { carrier, invite, engine, events, run } = await dialled();
    carrier.respond(invite, 180);
    await run();
    engine.send({ kind: 'hangup', leg: 'a' });
    carrier.respond(invite, 200, { sdp });
    await run();
    expect(carrier.heard()).toEqual(['INVITE', 'CANCEL', 'ACK', 'BYE']);
    expect(events.story().slice(2)).toEqual(['a ended canceled by us 200']);
  });

  it('does so also when the leg has been ended already', async () => {
    const { carrier, invite, engine, events, run } = await dialled();
    engine.send({ kind: 'hangup', leg: 'a' });
    await run(6_000);
    expect(events.story()).toEqual(['a ended canceled by us -']);
    carrier.heard();
    carrier.respond(invite, 200, { sdp });
    await run();
    expect(carrier.heard()).toEqual(['ACK', 'BYE']);
    expect(events.story()).toEqual([]);
  });

  it('cancels at the ring timeout', async () => {
    const { carrier, invite, events, run } = await dialled(20_000);
    carrier.respond(invite, 100);
    await run(20_000);
    carrier.respond(carrier.request('CANCEL'), 200);
    carrier.respond(invite, 487);
    await run();
    expect(events.story()).toEqual(['a proceeding 100', 'a ended no_answer by us 487']);
  });

  it('takes a ring timeout without a sound from there for unreachable', async () => {
    const { events, run } = await dialled(10_000);
    await run(15_000);
    expect(events.story()).toEqual(['a ended unreachable by us -']);
  });

  it('sends nothing when it comes before the INVITE', async () => {
    const world = engineOnAWire();
    const carrier = world.peer(CARRIER);
    world.media.opensAtOnce = false;
    world.dial();
    world.engine.send({ kind: 'hangup', leg: 'a' });
    await world.run();
    expect(carrier.heard()).toEqual([]);
    expect(world.events.story()).toEqual(['a ended canceled by us -']);
  });
});

describe('forked answers', () => {
  it('keeps the first 2xx and ends every other one', async () => {
    const { carrier, invite, events, run, engine } = await dialled();
    carrier.respond(invite, 180, { toTag: 'one' });
    carrier.respond(invite, 180, { toTag: 'two' });
    carrier.respond(invite, 200, { toTag: 'two', sdp });
    carrier.respond(invite, 200, { toTag: 'one', sdp });
    await run();
    expect(events.story()).toEqual(['a proceeding 180', 'a ringing 180', 'a answered 200']);
    const bye = carrier.request('BYE');
    expect(bye.headers.get('To')).toContain('tag=one');
    carrier.respond(bye, 200);
    expect(carrier.heard()).toEqual(['INVITE', 'ACK', 'ACK', 'BYE']);
    engine.send({ kind: 'hangup', leg: 'a' });
    await run();
    expect(carrier.request('BYE').headers.get('To')).toContain('tag=two');
  });
});

describe('jobs', () => {
  const play = (job: string) => ({ kind: 'play' as const, leg: 'a', job, clips: [{ pcm: new Int16Array(80) }] });

  it('wait for the answer', async () => {
    const { carrier, invite, engine, run, media, events } = await dialled();
    engine.send(play('hello'));
    carrier.respond(invite, 183, { sdp });
    await run();
    expect(media.kinds('a')).toEqual(['open', 'connect']);
    carrier.respond(invite, 200);
    await run();
    expect(media.kinds('a')).toEqual(['open', 'connect', 'play']);
    media.finish('a', 'hello', 'completed');
    expect(events.story().at(-1)).toBe('a hello completed');
  });

  it('are done once each, before the end of the leg', async () => {
    const { engine, media, events } = await answered();
    engine.send(play('one'));
    engine.send({ kind: 'record', leg: 'a', job: 'two', side: 'in', maxMs: 1_000 });
    engine.send({ kind: 'sendDtmf', leg: 'a', job: 'three', digits: '1' });
    engine.send({ kind: 'stop', leg: 'a', job: 'one' });
    media.emit({ kind: 'job.done', leg: 'a', job: 'one', outcome: 'completed', durationMs: 0 });
    engine.send({ kind: 'hangup', leg: 'a' });
    expect(events.story()).toEqual(['a one stopped', 'a two ended', 'a three ended', 'a ended hangup by us 200']);
  });

  it('end with a leg that is never answered', async () => {
    const { carrier, invite, engine, run, events } = await dialled();
    engine.send(play('one'));
    engine.send(play('two'));
    engine.send({ kind: 'stop', leg: 'a', job: 'two' });
    carrier.respond(invite, 486);
    await run();
    expect(events.story()).toEqual(['a two stopped', 'a one ended', 'a ended busy by them 486']);
  });

  it('may be recordings that are paused before they begin', async () => {
    const { carrier, invite, engine, run, media, events } = await dialled();
    const job = { leg: 'a', job: 'rec' };
    engine.send({ kind: 'pause', ...job });
    engine.send({ kind: 'record', ...job, side: 'in', maxMs: 1_000 });
    engine.send({ kind: 'pause', ...job });
    engine.send({ kind: 'resume', ...job });
    engine.send({ kind: 'pause', ...job });
    carrier.respond(invite, 200, { sdp });
    await run();
    engine.send({ kind: 'resume', ...job });
    expect(media.kinds('a').slice(2)).toEqual(['record', 'pause', 'resume']);
    engine.send({ kind: 'hangup', leg: 'a' });
    expect(events.story().slice(1)).toEqual(['a rec ended', 'a ended hangup by us 200']);
  });

  it('fail where there is no such leg, or the name is taken', async () => {
    const { engine, events } = await answered();
    engine.send({ ...play('x'), leg: 'nobody' });
    engine.send({ kind: 'detectMachine', leg: 'nobody', job: 'y' });
    engine.send({ kind: 'pause', leg: 'nobody', job: 'y' });
    engine.send(play('x'));
    engine.send(play('x'));
    expect(events.story()).toEqual(['nobody x failed', 'nobody y failed', 'a x failed']);
  });
});

describe('media trouble', () => {
  it('ends the leg when nothing is heard', async () => {
    const { carrier, media, run, events } = await answered();
    media.emit({ kind: 'silent', leg: 'a', forMs: 30_000 });
    await run();
    expect(carrier.heard()).toEqual(['BYE']);
    expect(events.story()).toEqual(['a ended media_timeout by us 200']);
  });

  it('does not matter before the answer', async () => {
    const { carrier, invite, media, run, events } = await dialled();
    carrier.respond(invite, 183, { sdp });
    await run();
    media.emit({ kind: 'silent', leg: 'a', forMs: 30_000 });
    expect(events.story()).toEqual(['a proceeding 183', 'a early 183']);
  });

  it('ends the leg when the worker dies', async () => {
    const { carrier, media, engine, run, events } = await answered();
    engine.send({ kind: 'play', leg: 'a', job: 'one', clips: [] });
    media.emit({ kind: 'closed', leg: 'a', stats: STATS, error: 'worker died' });
    await run();
    expect(carrier.heard()).toEqual(['BYE']);
    expect(events.story()).toEqual(['a one ended', 'a ended engine_failed by us 200']);
  });

  it('ends the leg even if media never says that it closed', async () => {
    const { engine, media, run, events } = await answered();
    media.send = () => undefined;
    engine.send({ kind: 'hangup', leg: 'a' });
    expect(events.story()).toEqual([]);
    await run(2_000);
    expect(events.story()).toEqual(['a ended hangup by us 200']);
  });
});
