import { beforeEach, describe, expect, it } from 'vitest';
import { DeskPhone } from '#voice/sip/desk-phone.fixture.js';
import { CARRIER, ENGINE, engineOnAWire, phone, STRANGER, trunk } from '#voice/sip/engine-on-a-wire.fixture.js';
import type { SipResponse } from '#voice/sip/message.js';

let world: ReturnType<typeof engineOnAWire>;
let desk: DeskPhone;
let second: DeskPhone;

beforeEach(async () => {
  world = engineOnAWire();
  world.engine.send({
    kind: 'configure',
    trunks: [trunk],
    phones: [
      phone,
      { id: 'second', name: '102', password: 'other' },
      { id: 'away', name: '104', password: 'fourth' },
      { id: 'foreign', name: '103', password: 'third', domain: 'elsewhere.example' },
    ],
  });
  desk = new DeskPhone(world);
  second = new DeskPhone(world, { name: '102', address: '10.0.0.4', password: 'other' });
  await second.register();
  second.peer.heard();
});

let texts = 0;
const write = (to: string, text = 'Lunch?'): Promise<SipResponse> =>
  desk.ask('MESSAGE', {
    uri: `sip:${to}@${ENGINE}`,
    callId: `text-${(texts += 1)}`,
    sdp: text,
    headers: [
      ['Content-Type', 'text/plain;charset=utf-8'],
      ['Subject', 'Hunger'],
      ['P-Asserted-Identity', '<sip:boss@example.com>'],
    ],
  });

describe('a text of one phone to another', () => {
  it('arrives as a request of ours, and the answer goes back', async () => {
    await write('102', 'Grüße');
    const arrived = second.peer.request('MESSAGE');
    expect(arrived.uri).toBe('sip:102@10.0.0.4:5060');
    expect(arrived.body.toString()).toBe('Grüße');
    expect(arrived.headers.get('Content-Type')).toBe('text/plain;charset=utf-8');
    expect(arrived.headers.get('Subject')).toBe('Hunger');
    expect(arrived.headers.get('From')).toMatch(new RegExp(`^<sip:101@${ENGINE}>;tag=`));
    expect(arrived.headers.get('To')).toBe(`<sip:102@${ENGINE}>`);
    for (const name of ['Authorization', 'Contact', 'P-Asserted-Identity'])
      expect(arrived.headers.get(name)).toBeUndefined();
    desk.peer.heard();
    second.peer.respond(arrived, 200);
    await world.run();
    expect(desk.peer.heard()).toEqual(['200 MESSAGE']);
  });

  it.each([
    [486, 486],
    [407, 480],
    [302, 480],
  ])('answered %i is answered %i', async (theirs, ours) => {
    await write('102');
    desk.peer.heard();
    second.peer.respond(second.peer.request('MESSAGE'), theirs);
    await world.run();
    expect(desk.peer.heard()).toEqual([`${ours} MESSAGE`]);
  });

  it('goes to every contact; the best answer counts', async () => {
    await second.ask('REGISTER', {
      uri: `sip:${ENGINE}`,
      to: `<${second.aor}>`,
      headers: [['Contact', '<sip:102@10.0.0.4:5080>']],
    });
    second.peer.heard();
    await write('102');
    desk.peer.heard();
    const arrived = second.peer.received.filter((message) => message.kind === 'request');
    expect(arrived.map(({ uri }) => uri)).toEqual(['sip:102@10.0.0.4:5080', 'sip:102@10.0.0.4:5060']);
    second.peer.respond(arrived[0]!, 500);
    await world.run();
    expect(desk.peer.heard()).toEqual([]);
    second.peer.respond(arrived[1]!, 202);
    await world.run();
    expect(desk.peer.heard()).toEqual(['202 MESSAGE']);
  });

  it.each([
    ['nobody', '999', 'x', 404],
    ['a phone of another domain', '103', 'x', 404],
    ['a number outside', '+12025550123', 'x', 404],
    ['a phone that is not registered', '104', 'x', 480],
    ['a phone, of too many bytes', '102', 'x'.repeat(1_301), 413],
  ])('to %s is refused', async (_whom, to, text, status) => {
    expect((await write(to, text)).status).toBe(status);
    expect(second.peer.received).toEqual([]);
  });

  it('gets no answer where none came (RFC 4320)', async () => {
    await write('102');
    desk.peer.heard();
    await world.run(32_000);
    expect(desk.peer.heard()).toEqual([]);
    expect((await write('102')).status).toBeDefined();
  });
});

describe('a text of anybody else', () => {
  it('is refused', async () => {
    const [stranger, carrier] = [world.peer(STRANGER), world.peer(CARRIER)];
    for (const peer of [stranger, carrier]) peer.ask('MESSAGE', { callId: peer.address, uri: `sip:102@${ENGINE}` });
    stranger.ask('MESSAGE', { callId: 'thief', from: `<${desk.aor}>;tag=x`, uri: `sip:102@${ENGINE}` });
    await world.run();
    expect([stranger.heard(), carrier.heard()]).toEqual([['403 MESSAGE', '401 MESSAGE'], ['403 MESSAGE']]);
    expect(second.peer.received).toEqual([]);
  });
});
