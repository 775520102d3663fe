import { describe, expect, it } from 'vitest';
import { answeredByThem, answeredByUs, dialledCall, field, incomingCall } from '#voice/sip/call-on-a-wire.fixture.js';
import { CARRIER } from '#voice/sip/engine-on-a-wire.fixture.js';
import { sdpOf } from '#voice/sip/scripted-peer.fixture.js';

const sdp = sdpOf(CARRIER);
const TIMER: [string, string][] = [['Supported', 'timer']];
const expires = (value: string): [string, string][] => [...TIMER, ['Session-Expires', value]];
const allowing = (value: string): [string, string][] => [
  ['Session-Expires', value],
  ['Allow', 'INVITE, UPDATE, BYE'],
];

describe('the timer of a session that we make', () => {
  it('is asked for', async () => {
    const { invite } = await dialledCall();
    expect(field(invite, 'Supported')).toContain('timer');
    expect(field(invite, 'Session-Expires')).toBe('1800');
    expect(field(invite, 'Min-SE')).toBe('90');
  });

  it('is asked for once more where the far end wants it longer', async () => {
    const { carrier, invite, run, events } = await dialledCall();
    carrier.respond(invite, 422, { headers: [['Min-SE', '3600']] });
    await run();
    const again = carrier.request('INVITE');
    expect([field(again, 'CSeq'), field(again, 'Session-Expires'), field(again, 'Min-SE')]).toEqual([
      '2 INVITE',
      '3600',
      '3600',
    ]);
    expect(field(again, 'Call-ID')).toBe(field(invite, 'Call-ID'));
    carrier.respond(again, 422, { headers: [['Min-SE', '3600']] });
    await run();
    expect(carrier.heard()).toEqual(['INVITE', 'ACK', 'INVITE', 'ACK']);
    expect(events.story()).toEqual(['a ended carrier_error by them 422']);
  });

  it('is refreshed by UPDATE at half its time, where the far end takes that', async () => {
    const { carrier, run, events, media } = await answeredByThem(allowing('600;refresher=uac'));
    await run(299_999);
    expect(carrier.heard()).toEqual([]);
    await run(1);
    const update = carrier.request('UPDATE');
    expect(field(update, 'Session-Expires')).toBe('600;refresher=uac');
    expect(field(update, 'Supported')).toContain('timer');
    expect(update.body).toHaveLength(0);
    carrier.respond(update, 200, { headers: [['Session-Expires', '400;refresher=uac']] });
    await run(200_000);
    expect(carrier.heard()).toEqual(['UPDATE', 'UPDATE']);
    expect(media.sessions('a')).toHaveLength(1);
    expect(events.story()).toEqual([]);
  });

  it('is refreshed by a re-INVITE with the same description elsewhere', async () => {
    const { carrier, run, invite } = await answeredByThem([['Session-Expires', '600;refresher=uac']]);
    await run(300_000);
    const again = carrier.request('INVITE');
    expect(field(again, 'Session-Expires')).toBe('600;refresher=uac');
    expect(again.body).toEqual(invite.body);
    carrier.respond(again, 200, { sdp, headers: [['Session-Expires', '600;refresher=uac']] });
    await run();
    expect(carrier.heard()).toEqual(['INVITE', 'ACK']);
  });

  it('is refreshed by a re-INVITE where UPDATE is refused after all', async () => {
    const { carrier, run, events } = await answeredByThem(allowing('600;refresher=uac'));
    await run(300_000);
    carrier.respond(carrier.request('UPDATE'), 405);
    await run();
    carrier.respond(carrier.request('INVITE'), 200, { sdp, headers: [['Session-Expires', '600;refresher=uac']] });
    await run(300_000);
    expect(carrier.heard()).toEqual(['UPDATE', 'INVITE', 'ACK', 'INVITE']);
    expect(events.story()).toEqual([]);
  });

  it('runs out where the far end is to refresh it and does not', async () => {
    const { carrier, run, events } = await answeredByThem(allowing('600;refresher=uas'));
    await run(567_999);
    expect(carrier.heard()).toEqual([]);
    await run(1);
    expect(carrier.heard()).toEqual(['BYE']);
    expect(events.story()).toEqual(['a ended session_expired by us 200']);
  });

  it('goes on with every refresh of the far end', async () => {
    const { carrier, run, events, theirs } = await answeredByThem(allowing('600;refresher=uas'));
    await run(500_000);
    theirs('UPDATE', { headers: expires('600;refresher=uac') });
    await run(500_000);
    expect(field(carrier.response(200), 'Session-Expires')).toBe('600;refresher=uac');
    expect(field(carrier.response(200), 'Require')).toBe('timer');
    expect(events.story()).toEqual([]);
    await run(68_000);
    expect(events.story()).toEqual(['a ended session_expired by us 200']);
  });

  it('is not there where the answer does not say so', async () => {
    const { carrier, run, events } = await answeredByThem();
    await run(100_000_000);
    expect(carrier.heard()).toEqual([]);
    expect(events.story()).toEqual([]);
  });

  it.each([481, 408])('ends the call with a refresh that is answered %i', async (status) => {
    const { carrier, run, events } = await answeredByThem(allowing('600;refresher=uac'));
    await run(300_000);
    carrier.respond(carrier.request('UPDATE'), status);
    await run();
    expect(events.last('leg.ended')).toMatchObject({ cause: 'session_expired' });
  });

  it('has a second try where a refresh is refused, and ends the call then', async () => {
    const { carrier, run, events } = await answeredByThem(allowing('600;refresher=uac'));
    await run(300_000);
    carrier.respond(carrier.request('UPDATE'), 503);
    await run(150_000);
    carrier.respond(carrier.request('UPDATE'), 503);
    await run(117_999);
    expect(carrier.heard()).toEqual(['UPDATE', 'UPDATE']);
    await run(1);
    expect(events.last('leg.ended')).toMatchObject({ cause: 'session_expired', sipCode: 200 });
    expect(carrier.heard().at(-1)).toBe('BYE');
  });

  it('is made longer where a refresh is too short', async () => {
    const { carrier, run } = await answeredByThem(allowing('600;refresher=uac'));
    await run(300_000);
    carrier.respond(carrier.request('UPDATE'), 422, { headers: [['Min-SE', '900']] });
    await run();
    expect(field(carrier.request('UPDATE'), 'Session-Expires')).toBe('900;refresher=uac');
    expect(field(carrier.request('UPDATE'), 'Min-SE')).toBe('900');
  });

  it.each(['x', '', '600;refresher', ';', '600;;'])('is not upset by Session-Expires: %j', async (value) => {
    const { events, run } = await answeredByThem([['Session-Expires', value]]);
    await run();
    expect(events.story()).toEqual([]);
  });
});

describe('the timer of a session that the far end makes', () => {
  it('is refused with 422 below 90 s, which only who knows it can mend', async () => {
    const { carrier, run, events } = await incomingCall({ headers: expires('60') });
    expect(field(carrier.response(422), 'Min-SE')).toBe('90');
    expect(events.story()).toEqual([]);
    carrier.ask('INVITE', { sdp, callId: 'plain', headers: [['Session-Expires', '60']] });
    await run();
    expect(events.story()).toHaveLength(1);
  });

  it('is theirs to refresh if they can', async () => {
    const { run, events, ok, leg, carrier } = await answeredByUs({ headers: expires('600') });
    expect([field(ok, 'Session-Expires'), field(ok, 'Require')]).toEqual(['600;refresher=uac', 'timer']);
    await run(568_000);
    expect(carrier.heard()).toEqual(['BYE']);
    expect(events.story()).toEqual([`${leg} ended session_expired by us 200`]);
  });

  it.each<[string, [string, string][], string]>([
    ['they want it so', expires('600;refresher=uas'), '600;refresher=uas'],
    ['they want it so without more ado', [['Session-Expires', '600;refresher=uas']], '600;refresher=uas'],
    ['a proxy asks for it', [['Session-Expires', '600']], '600;refresher=uas'],
    ['they have no wish', TIMER, '1800;refresher=uas'],
    ['they want it longer', [...TIMER, ['Min-SE', '2400']], '2400;refresher=uas'],
  ])('is ours to refresh where %s', async (_, headers, value) => {
    const { carrier, run, ok } = await answeredByUs({ headers: [...headers, ['Allow', 'UPDATE']] });
    expect([field(ok, 'Session-Expires'), field(ok, 'Require')]).toEqual([value, '']);
    await run(Number.parseInt(value, 10) * 500);
    const seconds = value.split(';')[0]!;
    expect(field(carrier.request('UPDATE'), 'Session-Expires')).toBe(`${seconds};refresher=uac`);
  });

  it('is not there for who does not know it', async () => {
    const { run, ok, events } = await answeredByUs();
    expect(field(ok, 'Session-Expires')).toBe('');
    await run(100_000_000);
    expect(events.story()).toEqual([]);
  });

  it('refuses a refresh that is too short', async () => {
    const { carrier, theirs, run } = await answeredByUs({ headers: expires('600') });
    theirs('UPDATE', { sequence: 2, headers: expires('30;refresher=uac') });
    theirs('INVITE', { sequence: 3, sdp, headers: expires('30;refresher=uac') });
    await run();
    expect(carrier.heard()).toEqual(['422 UPDATE', '422 INVITE']);
  });
});
