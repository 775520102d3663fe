import { describe, expect, it } from 'vitest';
import type { PhoneConfig } from '#voice/engine.js';
import { DigestClient } from '#voice/sip/digest-client.js';
import { DESK, ENGINE, engineOnAWire, phone, STRANGER } from '#voice/sip/engine-on-a-wire.fixture.js';
import type { ScriptedPeer } from '#voice/sip/scripted-peer.fixture.js';
import { sdpOf, type Asking } from '#voice/sip/scripted-peer.fixture.js';

const HOUR_MS = 3_600_000;
const me = `<sip:101@${ENGINE}>`;

/** A phone that knows a password: sends a request, and again with credentials for the challenge. */
function deskOf(world: ReturnType<typeof engineOnAWire>, { password = 'secret', address = DESK, name = '101' } = {}) {
  const peer = world.peer(address);
  const digest = new DigestClient({ username: name, password });
  let sequence = 0;
  const send = async (method: string, asking: Asking): Promise<string | undefined> => {
    const send = (headers: [string, string][]) =>
      peer.ask(method, {
        callId: 'registering',
        from: `${me};tag=desk`,
        ...asking,
        sequence: (sequence += 1),
        headers: [...(asking.headers ?? []), ...headers],
      });
    const first = send([]);
    await world.run();
    const challenge = peer.received.findLast((message) => message.kind === 'response');
    if (challenge?.kind === 'response' && challenge.status === 401) {
      digest.learn(challenge, first);
      digest.authorize(first);
      send([['Authorization', first.headers.get('Authorization')!]]);
      await world.run();
    }
    return peer.heard().at(-1);
  };
  const register = (contact: string | undefined, headers: [string, string][] = [], asking: Asking = {}) =>
    send('REGISTER', {
      uri: `sip:${ENGINE}`,
      to: me,
      ...asking,
      headers: [['Contact', contact ?? ''], ...headers],
    });
  return { peer, send, register };
}

const contactsIn = (peer: ScriptedPeer): string[] => peer.response(200).headers.getAll('Contact');

describe('registering', () => {
  it('needs the password, and says where the phone is', async () => {
    const world = engineOnAWire();
    const desk = deskOf(world);
    expect(await desk.register(`<sip:101@${DESK}:5060;ob>`)).toBe('200 REGISTER');
    const at = world.clock.now();
    expect(world.events.all).toMatchObject([
      {
        kind: 'registration',
        phone: 'desk',
        contacts: [
          { uri: `sip:101@${DESK}:5060;ob`, transport: 'udp', address: DESK, port: 5060, expiresAt: at + HOUR_MS },
        ],
      },
    ]);
  });

  it('is refused to wrong passwords: asked again, then 403; the right one still gets in', async () => {
    const world = engineOnAWire();
    const thief = deskOf(world, { password: 'guess' });
    const answers: (string | undefined)[] = [];
    for (let tries = 0; tries < 5; tries += 1) answers.push(await thief.register('<sip:thief@10.0.0.3>'));
    expect(answers).toEqual(['401 REGISTER', '401 REGISTER', '401 REGISTER', '403 REGISTER', '403 REGISTER']);
    expect(await deskOf(world).register('<sip:101@10.0.0.3>', [], { callId: 'owner' })).toBe('200 REGISTER');
    expect(world.events.story()).toEqual(['registration']);
  });

  it('is refused to phones that do not exist in the same way', async () => {
    const world = engineOnAWire();
    const nobody = deskOf(world, { name: '999', address: STRANGER });
    expect(await nobody.register('<sip:999@10.0.0.66>', [], { to: '<sip:999@x>' })).toBe('401 REGISTER');
  });

  it('asks a phone for the algorithm that it is known to have', async () => {
    const world = engineOnAWire();
    world.engine.send({ kind: 'configure', trunks: [], phones: [{ ...phone, digest: ['SHA-256'] }] });
    const desk = deskOf(world);
    desk.peer.ask('REGISTER', { uri: `sip:${ENGINE}`, to: me, from: `${me};tag=desk`, callId: 'first' });
    await world.run();
    expect(desk.peer.response(401).headers.getAll('WWW-Authenticate')).toEqual([
      expect.stringContaining('algorithm=SHA-256'),
    ]);
    expect(await desk.register('<sip:101@10.0.0.3>')).toBe('200 REGISTER');
  });

  it("does not take one phone's password for another's address", async () => {
    const world = engineOnAWire();
    world.engine.send({
      kind: 'configure',
      trunks: [],
      phones: [phone, { id: 'two', name: '102', password: 'other' }],
    });
    const desk = deskOf(world);
    expect(await desk.register('<sip:102@10.0.0.3>', [], { to: `<sip:102@${ENGINE}>` })).toBe('401 REGISTER');
  });

  it('keeps each contact for as long as asked, within bounds', async () => {
    const world = engineOnAWire();
    const desk = deskOf(world);
    await desk.register('<sip:a@10.0.0.3>;expires=120, <sip:b@10.0.0.3>', [['Expires', '999999']]);
    await desk.register(undefined);
    const query = world.events.last('registration');
    expect(query.contacts.map(({ expiresAt }) => expiresAt - world.clock.now())).toEqual([120_000, HOUR_MS]);
    await world.run(120_000);
    expect(world.events.last('registration').contacts.map(({ uri }) => uri)).toEqual(['sip:b@10.0.0.3']);
    await world.run(HOUR_MS);
    expect(world.events.last('registration').contacts).toEqual([]);
  });

  it('refuses a contact for less than a minute', async () => {
    const world = engineOnAWire();
    const desk = deskOf(world);
    const peer = desk.peer;
    expect(await desk.register('<sip:a@10.0.0.3>;expires=30')).toBe('423 REGISTER');
    expect(peer.received).toEqual([]);
    expect(world.events.story()).toEqual([]);
  });

  it('lists what is registered, and forgets it one by one or all', async () => {
    const world = engineOnAWire();
    const desk = deskOf(world);
    await desk.register('<sip:a@10.0.0.3>, <sip:b@10.0.0.3>');
    await desk.register('<sip:a@10.0.0.3>;expires=0');
    expect(world.events.last('registration').contacts.map(({ uri }) => uri)).toEqual(['sip:b@10.0.0.3']);
    await desk.register('*', [['Expires', '0']]);
    expect(world.events.last('registration').contacts).toEqual([]);
    expect(await desk.register('*', [['Expires', '60']])).toBe('400 REGISTER');
    expect(await desk.register('*, <sip:a@10.0.0.3>', [['Expires', '0']])).toBe('400 REGISTER');
    expect(await desk.register('<tel:+12025550100>')).toBe('400 REGISTER');
  });

  it('refuses what is out of order under one Call-ID', async () => {
    const world = engineOnAWire();
    const desk = deskOf(world);
    await desk.register('<sip:a@10.0.0.3>');
    const again = deskOf(world);
    const asking = { from: `${me};tag=other` };
    expect(await again.register('<sip:a@10.0.0.3>;expires=0', [], asking)).toBe('500 REGISTER');
    expect(world.events.last('registration').contacts).toHaveLength(1);
  });

  it('replaces the contact of a phone that restarted at the same place', async () => {
    const world = engineOnAWire();
    const desk = deskOf(world);
    await desk.register('<sip:a@10.0.0.3>');
    await desk.register('<sip:b@10.0.0.3>', [], { callId: 'after-restart' });
    expect(world.events.last('registration').contacts.map(({ uri }) => uri)).toEqual(['sip:b@10.0.0.3']);
  });

  it('keeps ten contacts at most, the longest-lived ones', async () => {
    const world = engineOnAWire();
    const desk = deskOf(world);
    const contacts = Array.from({ length: 12 }, (_, index) => `<sip:c${index}@10.0.0.3>;expires=${100 + index}`);
    await desk.register(contacts.join(', '));
    const kept = world.events.last('registration').contacts.map(({ uri }) => uri);
    expect(kept).toHaveLength(10);
    expect(kept).not.toContain('sip:c0@10.0.0.3');
  });

  it('answers with every contact that it knows', async () => {
    const world = engineOnAWire();
    const { peer, send } = deskOf(world);
    const heard = peer.heard.bind(peer);
    let contacts: string[] = [];
    peer.heard = () => {
      contacts = peer.received.some((message) => message.kind === 'response' && message.status === 200)
        ? contactsIn(peer)
        : [];
      return heard();
    };
    await send('REGISTER', { uri: `sip:${ENGINE}`, to: me, headers: [['Contact', '<sip:a@10.0.0.3>;expires=90']] });
    expect(contacts).toEqual(['<sip:a@10.0.0.3>;expires=90']);
  });
});

describe('calls of a phone', () => {
  it('come in with its password', async () => {
    const world = engineOnAWire();
    const desk = deskOf(world);
    await desk.send('INVITE', { uri: `sip:102@${ENGINE}`, to: `<sip:102@${ENGINE}>`, sdp: sdpOf(DESK) });
    expect(world.events.last('leg.incoming')).toMatchObject({
      origin: { kind: 'phone', phone: 'desk' },
      from: '101',
      to: '102',
    });
  });

  it('are refused to somebody else of that name', async () => {
    const world = engineOnAWire();
    const thief = deskOf(world, { address: STRANGER, password: 'guess' });
    expect(await thief.send('INVITE', { sdp: sdpOf(STRANGER) })).toBe('401 INVITE');
    expect(world.events.story()).toEqual([]);
  });
});

describe('calls to a phone', () => {
  const dial = (world: ReturnType<typeof engineOnAWire>) =>
    world.engine.send({
      kind: 'dial',
      leg: 'a',
      to: { kind: 'phone', phone: 'desk', number: '101' },
      from: { number: '+12025550100' },
      ringTimeoutMs: 20_000,
    });

  it('end at once where it is not registered or not known', () => {
    const world = engineOnAWire();
    dial(world);
    world.engine.send({ kind: 'configure', trunks: [], phones: [] });
    dial(world);
    expect(world.events.story()).toEqual(['a ended not_registered by us -', 'a ended no_route by us -']);
  });

  it('go to where the REGISTER came from, also the BYE', async () => {
    const world = engineOnAWire();
    const desk = deskOf(world);
    await desk.register('<sip:101@192.168.1.20:5062>');
    dial(world);
    await world.run();
    const invite = desk.peer.request('INVITE');
    expect(invite.uri).toBe('sip:101@192.168.1.20:5062');
    desk.peer.respond(invite, 200, { sdp: sdpOf(DESK), contact: '<sip:101@192.168.1.20:5062>' });
    await world.run();
    world.engine.send({ kind: 'hangup', leg: 'a' });
    await world.run();
    expect(desk.peer.heard()).toEqual(['INVITE', 'ACK', 'BYE']);
  });

  it('ring every contact; the first answer wins and the others are told', async () => {
    const world = engineOnAWire();
    const contact = (address: string) => ({
      uri: `sip:101@${address}`,
      transport: 'udp' as const,
      address,
      port: 5060,
      expiresAt: world.clock.now() + HOUR_MS,
    });
    const phones: PhoneConfig[] = [
      { ...phone, domain: 'shop.example', contacts: [contact(DESK), contact('10.0.0.4')] },
    ];
    world.engine.send({ kind: 'configure', trunks: [], phones: [] });
    world.engine.send({ kind: 'configure', trunks: [], phones });
    const [first, second] = [world.peer(DESK), world.peer('10.0.0.4')];
    dial(world);
    await world.run();
    expect(first.request('INVITE').headers.get('To')).toBe('<sip:101@shop.example>');
    expect(first.request('INVITE').headers.get('From')).toContain('@shop.example>');
    for (const peer of [first, second]) peer.respond(peer.request('INVITE'), 180);
    await world.run();
    second.respond(second.request('INVITE'), 200, { sdp: sdpOf('10.0.0.4') });
    await world.run();
    expect(first.request('CANCEL').headers.get('Reason')).toBe('SIP;cause=200;text="Call completed elsewhere"');
    first.respond(first.request('CANCEL'), 200);
    first.respond(first.request('INVITE'), 487);
    await world.run();
    expect(world.events.story()).toEqual(['a proceeding 180', 'a ringing 180', 'a answered 200']);
  });

  it.each([
    [486, 480, 'busy', 486],
    [404, 603, 'rejected', 603],
    [500, 404, 'unallocated', 404],
  ])('end as the best of the refusals says: %i and %i', async (one, two, cause, sipCode) => {
    const world = engineOnAWire();
    const desk = deskOf(world);
    await desk.register('<sip:a@10.0.0.3>, <sip:b@10.0.0.3>');
    world.events.story();
    dial(world);
    await world.run();
    const invites = desk.peer.received.filter((message) => message.kind === 'request');
    desk.peer.respond(invites[0]!, one);
    desk.peer.respond(invites[1]!, two);
    await world.run();
    expect(world.events.story()).toEqual([`a ended ${cause} by them ${sipCode}`]);
  });

  it('end for all contacts when one declines for good', async () => {
    const world = engineOnAWire();
    const desk = deskOf(world);
    await desk.register('<sip:a@10.0.0.3>, <sip:b@10.0.0.3>');
    world.events.story();
    dial(world);
    await world.run();
    const invites = desk.peer.received.filter((message) => message.kind === 'request');
    desk.peer.respond(invites[1]!, 180);
    await world.run();
    desk.peer.respond(invites[0]!, 603);
    await world.run();
    expect(desk.peer.heard()).toEqual(['INVITE', 'INVITE', 'ACK', 'CANCEL']);
    expect(world.events.story().at(-1)).toBe('a ended rejected by them 603');
  });

  it('forget a phone that is not configured any more, and its place', async () => {
    const world = engineOnAWire();
    await deskOf(world).register('<sip:a@10.0.0.3>');
    world.engine.send({ kind: 'configure', trunks: [], phones: [] });
    world.engine.send({ kind: 'configure', trunks: [], phones: [phone] });
    world.events.story();
    dial(world);
    expect(world.events.story()).toEqual(['a ended not_registered by us -']);
  });
});
