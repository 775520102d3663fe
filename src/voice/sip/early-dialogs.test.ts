import { describe, expect, it } from 'vitest';
import { dialledCall, field, incomingCall, inDialogOf } from '#voice/sip/call-on-a-wire.fixture.js';
import { CARRIER } from '#voice/sip/engine-on-a-wire.fixture.js';
import { sdpOf } from '#voice/sip/scripted-peer.fixture.js';
import type { SipResponse } from '#voice/sip/message.js';

const sdp = sdpOf(CARRIER);
const reliably = (sequence: number): { headers: [string, string][] } => ({
  headers: [
    ['Require', '100rel'],
    ['RSeq', String(sequence)],
  ],
});

describe('several far ends of one INVITE', () => {
  it('are heard one after the other, and the one that answers wins', async () => {
    const { carrier, invite, run, media, events } = await dialledCall();
    carrier.respond(invite, 183, { toTag: 'one', sdp: sdpOf(CARRIER, 41_000) });
    carrier.respond(invite, 183, { toTag: 'two', sdp: sdpOf(CARRIER, 42_000) });
    carrier.respond(invite, 183, { toTag: 'one', sdp: sdpOf(CARRIER, 41_000) });
    await run();
    expect(media.sessions('a').map(({ remotePort }) => remotePort)).toEqual([41_000, 42_000]);
    carrier.respond(invite, 200, { toTag: 'one' });
    await run();
    expect(media.sessions('a').map(({ remotePort }) => remotePort)).toEqual([41_000, 42_000, 41_000]);
    expect(events.story()).toEqual(['a proceeding 183', 'a early 183', 'a answered 200']);
  });

  it('cannot answer without a description by leaning on that of another', async () => {
    const { carrier, invite, run, events } = await dialledCall();
    carrier.respond(invite, 183, { toTag: 'one', sdp });
    carrier.respond(invite, 200, { toTag: 'two' });
    await run();
    expect(carrier.heard()).toEqual(['INVITE', 'ACK', 'BYE']);
    expect(events.story().at(-1)).toBe('a ended incompatible by us 200');
  });

  it('each have reliable answers of their own', async () => {
    const { carrier, invite, run } = await dialledCall();
    carrier.respond(invite, 180, { toTag: 'one', ...reliably(10) });
    carrier.respond(invite, 180, { toTag: 'two', ...reliably(77) });
    await run();
    const pracks = carrier.received.filter((message) => message.kind === 'request' && message.method === 'PRACK');
    expect(pracks.map((prack) => [/tag=(\w+)/.exec(field(prack, 'To'))![1], field(prack, 'RAck')])).toEqual([
      ['one', '10 1 INVITE'],
      ['two', '77 1 INVITE'],
    ]);
  });
});

describe('reliable provisional answers to us', () => {
  it('are acknowledged by PRACK, once each, in their order', async () => {
    const { carrier, invite, run, events } = await dialledCall();
    carrier.respond(invite, 183, { sdp, ...reliably(5) });
    await run();
    const prack = carrier.request('PRACK');
    expect(field(prack, 'RAck')).toBe('5 1 INVITE');
    expect(field(prack, 'CSeq')).toBe('2 PRACK');
    expect(prack.uri).toBe(`sip:callee@${CARRIER}:5060`);
    carrier.respond(prack, 200);
    carrier.respond(invite, 183, { sdp, ...reliably(5) });
    carrier.respond(invite, 180, reliably(7));
    await run();
    expect(carrier.heard()).toEqual(['INVITE', 'PRACK']);
    carrier.respond(invite, 180, reliably(6));
    await run();
    expect(field(carrier.request('PRACK'), 'RAck')).toBe('6 1 INVITE');
    carrier.respond(carrier.request('PRACK'), 200);
    carrier.respond(invite, 200);
    await run();
    expect(field(carrier.request('ACK'), 'CSeq')).toBe('1 ACK');
    expect(events.story()).toEqual(['a proceeding 183', 'a early 183', 'a ringing 180', 'a answered 200']);
  });

  it('are acknowledged also when we have cancelled', async () => {
    const { carrier, invite, run, engine } = await dialledCall();
    carrier.respond(invite, 100);
    await run();
    engine.send({ kind: 'hangup', leg: 'a' });
    carrier.respond(invite, 183, { sdp, ...reliably(1) });
    await run();
    expect(carrier.heard()).toEqual(['INVITE', 'CANCEL', 'PRACK']);
  });

  it.each(['', 'x', '0', '99999999999'])('are not heard with RSeq %j', async (sequence) => {
    const { carrier, invite, run, events } = await dialledCall();
    carrier.respond(invite, 180, { headers: [['Require', '100rel'], ...([['RSeq', sequence]] as [string, string][])] });
    await run();
    expect(carrier.heard()).toEqual(['INVITE']);
    expect(events.story()).toEqual([]);
  });

  it('that are refused their PRACK change nothing', async () => {
    const { carrier, invite, run, events } = await dialledCall();
    carrier.respond(invite, 180, reliably(1));
    await run();
    carrier.respond(carrier.request('PRACK'), 481);
    carrier.respond(invite, 200, { sdp });
    await run();
    expect(events.story()).toEqual(['a proceeding 180', 'a ringing 180', 'a answered 200']);
  });
});

describe('UPDATE before the answer to us', () => {
  it('changes what is heard once the first offer has been answered for certain', async () => {
    const { carrier, invite, run, media } = await dialledCall();
    carrier.respond(invite, 183, { sdp: sdpOf(CARRIER, 41_000), ...reliably(1) });
    await run();
    const prack = carrier.request('PRACK');
    carrier.respond(prack, 200);
    const theirs = inDialogOf(carrier, prack);
    theirs('UPDATE', { sdp: sdpOf(CARRIER, 43_000) });
    await run();
    expect(carrier.response(200).body.toString()).toContain('m=audio 20002');
    expect(media.sessions('a').map(({ remotePort }) => remotePort)).toEqual([41_000, 43_000]);
    theirs('UPDATE', { sequence: 2 });
    theirs('INVITE', { sequence: 3, sdp });
    await run();
    expect(carrier.heard().slice(2)).toEqual(['200 UPDATE', '200 UPDATE', '491 INVITE']);
  });

  it('has to wait until then', async () => {
    const { carrier, invite, run, media } = await dialledCall();
    carrier.respond(invite, 183, { sdp });
    await run();
    const callId = field(invite, 'Call-ID');
    carrier.ask('UPDATE', { from: `${field(invite, 'To')};tag=peer`, to: field(invite, 'From'), callId, sdp });
    await run();
    expect(carrier.heard()).toEqual(['INVITE', '491 UPDATE']);
    expect(media.sessions('a')).toHaveLength(1);
  });

  it('in the dialog of a far end that is not heard does not change what is', async () => {
    const { carrier, invite, run, media } = await dialledCall();
    carrier.respond(invite, 183, { toTag: 'one', sdp: sdpOf(CARRIER, 41_000), ...reliably(1) });
    await run();
    const theirs = inDialogOf(carrier, carrier.request('PRACK'));
    carrier.respond(carrier.request('PRACK'), 200);
    carrier.respond(invite, 183, { toTag: 'two', sdp: sdpOf(CARRIER, 42_000) });
    await run();
    theirs('UPDATE', { sdp: sdpOf(CARRIER, 43_000) });
    await run();
    expect(carrier.heard().at(-1)).toBe('200 UPDATE');
    expect(media.sessions('a').at(-1)?.remotePort).toBe(42_000);
    carrier.respond(invite, 200, { toTag: 'one' });
    await run();
    expect(media.sessions('a').at(-1)?.remotePort).toBe(43_000);
  });
});

describe('reliable provisional answers of ours', () => {
  const SUPPORTED: [string, string][] = [['Supported', 'timer, 100rel']];
  const REQUIRED: [string, string][] = [['Require', '100rel']];
  const rackOf = (response: SipResponse): [string, string][] => [['RAck', `${field(response, 'RSeq')} 1 INVITE`]];

  it('repeat our description until its PRACK; the 200 does without', async () => {
    const { carrier, engine, leg, run, media, events } = await incomingCall({ headers: SUPPORTED });
    engine.send({ kind: 'early', leg });
    await run(3_500);
    const early = carrier.response(183);
    expect(field(early, 'Require')).toBe('100rel');
    expect(early.body.toString()).toContain('m=audio 20002');
    expect(carrier.heard()).toEqual(['183 INVITE', '183 INVITE', '183 INVITE', '183 INVITE']);
    expect(media.kinds(leg)).toEqual(['open', 'connect']);

    const theirs = inDialogOf(carrier, early);
    engine.send({ kind: 'answer', leg });
    await run();
    expect(carrier.heard()).toEqual([]);
    theirs('PRACK', { sequence: 2, headers: rackOf(early) });
    await run();
    expect(carrier.response(200).body).toHaveLength(0);
    expect(carrier.heard()).toEqual(['200 PRACK', '200 INVITE']);
    theirs('ACK');
    await run(60_000);
    expect(events.story()).toEqual([`${leg} answered 200`]);
    expect(carrier.heard()).toEqual([]);
  });

  it('come one at a time, every one of them where the caller insists', async () => {
    const { carrier, engine, leg, run } = await incomingCall({ headers: REQUIRED });
    engine.send({ kind: 'ring', leg });
    engine.send({ kind: 'early', leg });
    await run();
    expect(carrier.heard()).toEqual(['180 INVITE']);
    await run(500);
    const ringing = carrier.response(180);
    const theirs = inDialogOf(carrier, ringing);
    theirs('PRACK', { sequence: 2, headers: rackOf(ringing) });
    await run();
    const early = carrier.response(183);
    expect(Number(field(early, 'RSeq'))).toBe(Number(field(ringing, 'RSeq')) + 1);
    expect(carrier.heard()).toEqual(['180 INVITE', '200 PRACK', '183 INVITE']);
  });

  it('carry our offer where the caller made none, and the PRACK its answer', async () => {
    const { carrier, engine, leg, run, media, events } = await incomingCall({ sdp: '', headers: SUPPORTED });
    engine.send({ kind: 'play', leg, job: 'hello', clips: [] });
    engine.send({ kind: 'early', leg });
    await run();
    const early = carrier.response(183);
    expect(early.body.toString()).toContain('m=audio 20002 RTP/AVP 0 8 101 13\r\n');
    expect(media.kinds(leg)).toEqual(['open']);
    const theirs = inDialogOf(carrier, early);
    theirs('PRACK', { sequence: 2, headers: rackOf(early), sdp });
    await run();
    expect(media.kinds(leg)).toEqual(['open', 'connect', 'play']);
    engine.send({ kind: 'answer', leg });
    await run();
    expect(carrier.response(200).body).toHaveLength(0);
    theirs('ACK');
    await run();
    expect(events.story()).toEqual([`${leg} answered 200`]);
  });

  it('let the PRACK bring a new offer, and UPDATE change it', async () => {
    const { carrier, engine, leg, run, media } = await incomingCall({ headers: SUPPORTED });
    engine.send({ kind: 'early', leg });
    await run();
    const early = carrier.response(183);
    const theirs = inDialogOf(carrier, early);
    theirs('PRACK', { sequence: 2, headers: rackOf(early), sdp: sdpOf(CARRIER, 45_000) });
    await run();
    expect(carrier.response(200).body.toString()).toContain('m=audio 20002');
    theirs('UPDATE', { sequence: 3, sdp: sdpOf(CARRIER, 46_000) });
    theirs('INVITE', { sequence: 4, sdp });
    await run();
    expect(Number(field(carrier.response(500), 'Retry-After'))).toBeLessThan(10);
    expect(carrier.heard()).toEqual(['183 INVITE', '200 PRACK', '200 UPDATE', '500 INVITE']);
    expect(media.sessions(leg).map(({ remotePort }) => remotePort)).toEqual([40_000, 45_000, 46_000]);
  });

  it('are acknowledged also by a PRACK with an offer that does not fit', async () => {
    const { carrier, engine, leg, run } = await incomingCall({ headers: SUPPORTED });
    engine.send({ kind: 'early', leg });
    await run();
    const early = carrier.response(183);
    const unfit = sdp.replace('RTP/AVP 0 101', 'RTP/AVP 18');
    inDialogOf(carrier, early)('PRACK', { sequence: 2, headers: rackOf(early), sdp: unfit });
    await run(5_000);
    expect(carrier.heard()).toEqual(['183 INVITE', '488 PRACK']);
  });

  it('are given up after 32 seconds, and the call with them', async () => {
    const { carrier, engine, leg, run, events } = await incomingCall({ headers: SUPPORTED });
    engine.send({ kind: 'early', leg });
    await run(32_000);
    expect(carrier.heard().at(-1)).toBe('500 INVITE');
    expect(events.story()).toEqual([`${leg} ended unreachable by us 500`]);
  });

  it('end with the refusal', async () => {
    const { carrier, engine, leg, run } = await incomingCall({ headers: SUPPORTED });
    engine.send({ kind: 'early', leg });
    await run();
    const early = carrier.response(183);
    engine.send({ kind: 'hangup', leg, sipCode: 486 });
    await run();
    inDialogOf(carrier, early)('PRACK', { sequence: 2, headers: rackOf(early) });
    inDialogOf(carrier, early)('ACK');
    carrier.heard();
    await run(40_000);
    expect(carrier.heard().filter((what) => what.startsWith('183'))).toEqual([]);
  });

  it('are matched by every part of RAck', async () => {
    const { carrier, engine, leg, run } = await incomingCall({ headers: SUPPORTED });
    engine.send({ kind: 'early', leg });
    await run();
    const early = carrier.response(183);
    const theirs = inDialogOf(carrier, early);
    const right = field(early, 'RSeq');
    for (const [at, rack] of ['', '1', `${right} 2 INVITE`, `${right} 1 UPDATE`, 'a b c'].entries()) {
      theirs('PRACK', { sequence: 2 + at, headers: [['RAck', rack]] });
    }
    theirs('PRACK', { sequence: 9, headers: rackOf(early) });
    await run();
    expect(carrier.heard()).toEqual(['183 INVITE', ...Array.from({ length: 5 }, () => '481 PRACK'), '200 PRACK']);
  });

  it('must not be needed: UPDATE with an offer waits for the answer, one without does not', async () => {
    const { carrier, engine, leg, run } = await incomingCall();
    engine.send({ kind: 'early', leg });
    await run();
    const theirs = inDialogOf(carrier, carrier.response(183));
    theirs('UPDATE', { sequence: 2, sdp });
    theirs('UPDATE', { sequence: 3 });
    await run();
    expect(carrier.response(500).headers.get('Retry-After')).toMatch(/^\d$/);
    expect(carrier.heard()).toEqual(['183 INVITE', '500 UPDATE', '200 UPDATE']);
  });
});
