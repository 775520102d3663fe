/** The engine over real sockets against far ends that are not made of it: our scriptable phone, sipp and baresip. */
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '#clock.js';
import { openBaresip } from '#test/peers/baresip.js';
import { describeWithPeer } from '#test/peers/real-peer.js';
import {
  sippAnswers,
  sippAsksForDigest,
  sippCalls,
  sippHangsUp,
  sippLetsItRing,
  sippRefuses,
  sippRegisters,
} from '#test/peers/sipp.js';
import { compareWithPrompt, openPhone, type Phone, type PhoneOptions } from '#test/phones.js';
import { babble } from '#test/phones/babble.js';
import type { DialTarget, EngineEvent, TrunkConfig } from '#voice/engine.js';
import { MediaEngine } from '#voice/media/media-engine.js';
import { monotonicClock } from '#voice/media/monotonic-clock.js';
import { openUdpSocket } from '#voice/rtp/udp-socket.js';
import { Dns } from '#voice/sip/dns.js';
import { resolveUri } from '#voice/sip/resolve.js';
import { SipEngine } from '#voice/sip/sip-engine.js';
import { Transports } from '#voice/sip/transports.js';

const HOST = '127.0.0.1';
const QUICK = { t1Ms: 50, t2Ms: 400 };
const open: { close(): Promise<void> }[] = [];

function kept<T extends { close(): Promise<void> }>(thing: T): T {
  open.push(thing);
  return thing;
}

afterEach(async () => {
  for (const thing of open.splice(0)) await thing.close();
});

const phoneAt = async (options: PhoneOptions = {}): Promise<Phone> =>
  kept(await openPhone({ timers: QUICK, ...options }));

type Kind = EngineEvent['kind'];
type EventOf<K extends Kind> = Extract<EngineEvent, { kind: K }>;

/** An engine with one phone (101, password `secret`), and what it says. */
async function openEngine() {
  const transport = await Transports.open({ host: HOST, port: 0, clock: systemClock });
  const media = new MediaEngine({ clock: monotonicClock, openSocket: openUdpSocket, host: HOST });
  const waits = { t1: QUICK.t1Ms, t2: QUICK.t2Ms };
  const engine = kept(
    new SipEngine({
      transport,
      media,
      clock: systemClock,
      resolve: (uri) => resolveUri(uri, { dns: new Dns(systemClock) }),
      waits,
    }),
  );
  const events: EngineEvent[] = [];
  engine.on((event) => events.push(event));
  const phones = [{ id: 'desk', name: '101', password: 'secret' }];
  const of = <K extends Kind>(kind: K): EventOf<K>[] =>
    events.filter((event): event is EventOf<K> => event.kind === kind);
  return {
    engine,
    server: { host: HOST, port: transport.port },
    of,
    story: () => events.map(({ kind }) => kind).filter((kind) => kind.startsWith('leg.')),
    configure: (trunk: Partial<TrunkConfig> = {}) =>
      engine.send({ kind: 'configure', trunks: [{ id: 't', name: 'T', uri: '', ...trunk }], phones }),
    dial: (to: DialTarget = { kind: 'trunk', trunk: 't', number: '+12025550123' }, ringTimeoutMs = 20_000) =>
      engine.send({ kind: 'dial', leg: 'a', to, from: { number: '+18005550199' }, ringTimeoutMs }),
    play: (pcm: Int16Array, leg = 'a') => engine.send({ kind: 'play', leg, job: 'say', clips: [{ pcm }] }),
    until: <K extends Kind>(kind: K): Promise<EventOf<K>> => {
      const found = of(kind)[0];
      if (found !== undefined) return Promise.resolve(found);
      return new Promise((resolve) => {
        const remove = engine.on((event) => {
          if (event.kind !== kind) return;
          remove();
          resolve(event as EventOf<K>);
        });
      });
    },
  };
}

const transports = ['udp', 'tcp'] as const;
const desk = { kind: 'phone', phone: 'desk', number: '101' } as const;

describe('the engine and our scriptable phone', () => {
  it.each(transports)('over %s it calls, speaks, hears keys and hangs up', async (transport) => {
    const world = await openEngine();
    const carrier = await phoneAt({ transport });
    world.configure({ uri: carrier.uri.replace(/^sip:[^@]*@/, 'sip:') });
    world.dial();
    const call = await carrier.nextCall();
    expect(call.calledUser).toBe('+12025550123');
    expect(call.from.user).toBe('+18005550199');
    call.ring();
    await call.answer();
    await world.until('leg.answered');
    const prompt = babble(1_000);
    world.play(prompt);
    await call.waitForPrompt(prompt);
    const { missing, lengthDifferenceMs, levelDifferenceDb } = compareWithPrompt(call.heard(), prompt);
    expect({ missing, lengthDifferenceMs }).toEqual({ missing: [], lengthDifferenceMs: 0 });
    expect(Math.abs(levelDifferenceDb)).toBeLessThan(1);
    await call.press('5');
    expect(await world.until('dtmf')).toMatchObject({ digit: '5', via: 'rfc4733' });
    world.engine.send({ kind: 'hangup', leg: 'a', reason: 'done' });
    expect(await call.ended).toMatchObject({ by: 'them', how: 'bye', reason: 'SIP;text="done"' });
    expect((await world.until('leg.ended')).rtp?.packetsSent).toBeGreaterThan(50);
    expect(world.story()).toEqual(['leg.proceeding', 'leg.ringing', 'leg.answered', 'leg.ended']);
    expect(carrier.complaints()).toEqual([]);
  });

  it.each(transports)('over %s it gives early media way, and is held and resumed', async (transport) => {
    const world = await openEngine();
    const carrier = await phoneAt({ transport });
    world.configure({ uri: carrier.uri.replace(/^sip:[^@]*@/, 'sip:') });
    world.dial();
    const call = await carrier.nextCall();
    call.early();
    await world.until('leg.early');
    await call.answer();
    await world.until('leg.answered');
    expect((await call.reinvite({ hold: true })).status).toBe(200);
    expect((await call.reinvite({ hold: false })).status).toBe(200);
    await call.press('#', { viaInfo: true });
    expect(await world.until('dtmf')).toMatchObject({ digit: '#', via: 'info' });
    expect(await call.hangup('Q.850;cause=16')).toBe(200);
    expect(await world.until('leg.ended')).toMatchObject({ cause: 'hangup', by: 'them', sipReason: 'Q.850;cause=16' });
    expect(carrier.complaints()).toEqual([]);
  });

  it.each(transports)('over %s it is refused, and cancels at the ring timeout', async (transport) => {
    const world = await openEngine();
    const carrier = await phoneAt({ transport });
    world.configure({ uri: carrier.uri.replace(/^sip:[^@]*@/, 'sip:') });
    world.dial();
    (await carrier.nextCall()).reject(486, 'Busy Here', { 'Retry-After': '5' });
    expect(await world.until('leg.ended')).toMatchObject({
      cause: 'busy',
      sipReason: 'Busy Here',
      retryAfterSeconds: 5,
    });

    const other = await openEngine();
    other.configure({ uri: carrier.uri.replace(/^sip:[^@]*@/, 'sip:') });
    other.dial(undefined, 500);
    const call = await carrier.nextCall();
    call.ring();
    expect(await call.ended).toMatchObject({ how: 'cancel' });
    expect(await other.until('leg.ended')).toMatchObject({ cause: 'no_answer', by: 'us', sipCode: 487 });
    expect(carrier.complaints()).toEqual([]);
  });

  it.each([
    ['udp', 'proxy'],
    ['udp', 'server'],
    ['tcp', 'proxy'],
  ] as const)('over %s it gives a %s the password it asks for', async (transport, as) => {
    const world = await openEngine();
    const carrier = await phoneAt({ transport });
    const counts = carrier.requireDigest({ user: 'shop', password: 'right', algorithm: ['MD5', 'SHA-256'], as });
    carrier.onInvite((call) => void call.answer());
    const uri = carrier.uri.replace(/^sip:[^@]*@/, 'sip:');
    world.configure({ uri, username: 'shop', password: 'right' });
    world.dial();
    await world.until('leg.answered');
    world.engine.send({ kind: 'hangup', leg: 'a' });
    await carrier.waitForRequest('BYE');
    expect(counts).toMatchObject({ challenges: 1, wrong: 0, faults: [] });
    expect(counts.algorithms).toContain('SHA-256');
    expect(carrier.complaints()).toEqual([]);

    const thief = await openEngine();
    thief.configure({ uri, username: 'shop', password: 'wrong' });
    thief.dial();
    expect(await thief.until('leg.ended')).toMatchObject({ cause: 'forbidden', by: 'them' });
  });

  it.each([
    [5, 1],
    [20, 2],
    [20, 3],
    [20, 4],
  ])('sets up and ends its call with %i in a hundred messages lost (seed %i)', async (percent, seed) => {
    const world = await openEngine();
    const carrier = await phoneAt({ loss: { percent, seed, of: 'signalling' } });
    carrier.onInvite(async (call) => {
      call.ring();
      await call.answer();
    });
    world.configure({ uri: carrier.uri.replace(/^sip:[^@]*@/, 'sip:') });
    world.dial();
    await world.until('leg.answered');
    world.engine.send({ kind: 'hangup', leg: 'a' });
    await carrier.waitForRequest('BYE');
    expect(await world.until('leg.ended')).toMatchObject({ cause: 'hangup', sipCode: 200 });
    expect(carrier.invitesSeen().distinct).toBe(1);
    expect(carrier.complaints()).toEqual([]);
  });

  it.each(transports)(
    'over %s it registers, is called, calls, and is refused with a wrong password',
    async (transport) => {
      const world = await openEngine();
      world.configure();
      const phone = await phoneAt({ transport, user: '101' });
      const { server } = world;
      expect((await phone.register({ server, user: '101', password: 'wrong' })).status).toBe(401);
      expect((await phone.register({ server, user: '101', password: 'secret' })).status).toBe(200);
      const { contacts } = await world.until('registration');
      expect(contacts).toMatchObject([{ transport, address: HOST }]);

      world.dial(desk);
      const call = await phone.nextCall();
      await call.answer();
      await world.until('leg.answered');
      await call.hangup();
      await world.until('leg.ended');

      world.engine.on((event) => {
        if (event.kind === 'leg.incoming') world.engine.send({ kind: 'answer', leg: event.leg });
      });
      const uri = `sip:+12025550123@${HOST}:${server.port}${transport === 'tcp' ? ';transport=tcp' : ''}`;
      const from = `<sip:101@${HOST}>`;
      const out = await phone.invite(uri, { user: '101', password: 'secret', from });
      await out.answered();
      const { leg, origin, to } = await world.until('leg.incoming');
      expect({ origin, to }).toEqual({ origin: { kind: 'phone', phone: 'desk' }, to: '+12025550123' });
      const prompt = babble(500);
      world.play(prompt, leg);
      await out.waitForPrompt(prompt);
      expect(await out.hangup()).toBe(200);
      expect(phone.complaints()).toEqual([]);

      const stranger = await phoneAt({ transport });
      const refused = await stranger.invite(uri, { from: '<sip:nobody@elsewhere.example>' });
      expect((await refused.refused()).status).toBe(403);
      expect(world.of('leg.incoming')).toHaveLength(1);
    },
  );

  it('holds a phone and plays to it, and hears that the phone holds', async () => {
    const world = await openEngine();
    const carrier = await phoneAt();
    world.configure({ uri: carrier.uri.replace(/^sip:[^@]*@/, 'sip:') });
    world.dial();
    const call = await carrier.nextCall();
    await call.answer();
    await world.until('leg.answered');
    world.engine.send({ kind: 'hold', leg: 'a', on: true });
    await call.until('the hold', () => call.heldByThem);
    const music = babble(500);
    world.play(music);
    await call.waitForPrompt(music);
    world.engine.send({ kind: 'hold', leg: 'a', on: false });
    await call.until('the end of the hold', () => !call.heldByThem);
    expect((await call.reinvite({ hold: true })).status).toBe(200);
    expect(await world.until('hold')).toMatchObject({ leg: 'a', on: true });
    expect((await call.reinvite({ hold: false })).status).toBe(200);
    await call.press('4');
    expect(await world.until('dtmf')).toMatchObject({ digit: '4' });
    expect(world.of('hold').map(({ on }) => on)).toEqual([true, false]);
    world.engine.send({ kind: 'hangup', leg: 'a' });
    await call.ended;
    expect(carrier.complaints()).toEqual([]);
  });

  it('is heard before its answer, whole', async () => {
    const world = await openEngine();
    const carrier = await phoneAt();
    world.configure({ uri: carrier.uri.replace(/^sip:[^@]*@/, 'sip:') });
    const out = await carrier.invite(`sip:+18005550199@${HOST}:${world.server.port}`);
    const { leg } = await world.until('leg.incoming');
    const prompt = babble(500);
    world.play(prompt, leg);
    world.engine.send({ kind: 'early', leg });
    await out.progressed(183);
    await out.waitForPrompt(prompt);
    expect(compareWithPrompt(out.heard(), prompt)).toMatchObject({ missing: [], lengthDifferenceMs: 0 });
    expect(out.state).toBe('ringing');
    world.engine.send({ kind: 'answer', leg });
    await out.answered();
    await world.until('leg.answered');
    expect(await out.hangup()).toBe(200);
    expect(carrier.complaints()).toEqual([]);
  });

  it('makes the offer for a caller who brings none', async () => {
    const world = await openEngine();
    const carrier = await phoneAt();
    world.configure({ uri: carrier.uri.replace(/^sip:[^@]*@/, 'sip:') });
    world.engine.on((event) => {
      if (event.kind === 'leg.incoming') world.engine.send({ kind: 'answer', leg: event.leg });
    });
    const out = await carrier.invite(`sip:+18005550199@${HOST}:${world.server.port}`, { withoutOffer: true });
    await out.answered();
    await world.until('leg.answered');
    const prompt = babble(500);
    world.play(prompt, world.of('leg.incoming')[0]!.leg);
    await out.waitForPrompt(prompt);
    await out.hangup();
    expect(carrier.complaints()).toEqual([]);
  });

  it('finds nobody at a port where nobody listens', async () => {
    const world = await openEngine();
    const carrier = await phoneAt();
    carrier.deaf();
    world.configure({ uri: carrier.uri.replace(/^sip:[^@]*@/, 'sip:') });
    world.dial(undefined, 10_000);
    expect(await world.until('leg.ended')).toMatchObject({ cause: 'unreachable', by: 'us' });
  });
});

describeWithPeer('sipp', 'the engine and a trunk that is not ours', () => {
  const trunkAt = (sipp: { uri: string }): string => sipp.uri.replace(/^sip:[^@]*@/, 'sip:');

  it.each(transports)('over %s it is called, and hung up on', async (transport) => {
    const world = await openEngine();
    const sipp = kept(await sippAnswers({ transport }));
    world.configure({ uri: trunkAt(sipp) });
    world.dial();
    await world.until('leg.answered');
    world.play(babble(300));
    await world.until('job.done');
    world.engine.send({ kind: 'hangup', leg: 'a' });
    expect(await sipp.result()).toMatchObject({ code: 0, errors: '' });
    expect(world.story()).toEqual(['leg.proceeding', 'leg.ringing', 'leg.answered', 'leg.ended']);
  });

  it.each(transports)('over %s it refuses, rings in vain, and hangs up', async (transport) => {
    const run = async (sipp: Awaited<ReturnType<typeof sippRefuses>>, ringTimeoutMs?: number) => {
      const world = await openEngine();
      world.configure({ uri: trunkAt(kept(sipp)) });
      world.dial(undefined, ringTimeoutMs);
      const end = await world.until('leg.ended');
      expect(await sipp.result()).toMatchObject({ code: 0, errors: '' });
      return end;
    };
    const busy = await run(await sippRefuses({ transport, status: 486, phrase: 'Busy Here' }));
    expect(busy).toMatchObject({ cause: 'busy', sipCode: 486, sipReason: 'Q.850;cause=17' });
    const declined = await run(await sippRefuses({ transport, status: 603, phrase: 'Decline' }));
    expect(declined).toMatchObject({ cause: 'rejected', sipCode: 603 });
    expect(await run(await sippLetsItRing({ transport }), 500)).toMatchObject({ cause: 'no_answer', sipCode: 487 });
    expect(await run(await sippHangsUp({ transport, afterMs: 200 }))).toMatchObject({ cause: 'hangup', by: 'them' });
  });

  it.each(transports)('over %s it asks for a password', async (transport) => {
    for (const [password, cause] of [
      ['right', 'hangup'],
      ['wrong', 'forbidden'],
    ] as const) {
      const world = await openEngine();
      const sipp = kept(await sippAsksForDigest({ transport, user: 'shop', password: 'right' }));
      world.configure({ uri: trunkAt(sipp), username: 'shop', password });
      world.dial();
      await Promise.race([world.until('leg.answered'), world.until('leg.ended')]);
      world.engine.send({ kind: 'hangup', leg: 'a' });
      expect(await world.until('leg.ended')).toMatchObject({ cause });
      expect((await sipp.result()).notes).toContain(`digest ${password}`);
    }
  });

  it.each(transports)('over %s it registers as a phone, is called, and calls', async (transport) => {
    const world = await openEngine();
    world.configure();
    const { server } = world;
    const credentials = { user: '101', password: 'secret' };
    const registering = kept(
      await sippRegisters({ transport, server, ...credentials, contact: `sip:101@${HOST}:9;transport=${transport}` }),
    );
    expect(await registering.result()).toMatchObject({ code: 0, errors: '' });
    expect((await world.until('registration')).contacts).toHaveLength(1);

    world.engine.on((event) => {
      if (event.kind === 'leg.incoming') world.engine.send({ kind: 'answer', leg: event.leg });
    });
    const calling = kept(await sippCalls({ transport, server, ...credentials, to: '102', talkMs: 200 }));
    expect(await calling.result()).toMatchObject({ code: 0, errors: '' });
    expect(await world.until('leg.ended')).toMatchObject({ cause: 'hangup', by: 'them' });
  });
});

describeWithPeer('baresip', 'the engine and a softphone that is not ours', () => {
  it.each([
    ['udp', 'PCMU'],
    ['tcp', 'PCMA'],
  ] as const)('over %s it registers, is called, hears and presses', async (transport, codec) => {
    const world = await openEngine();
    world.configure();
    const registrar = world.server;
    const softphone = kept(await openBaresip({ user: '101', password: 'secret', transport, codec, registrar }));
    expect((await softphone.registration()).type).toBe('REGISTER_OK');
    world.dial(desk);
    await softphone.incoming();
    await softphone.accept();
    await Promise.all([world.until('leg.answered'), softphone.established()]);
    const prompt = babble(1_000);
    world.play(prompt);
    await world.until('job.done');
    await softphone.press('9');
    expect(await world.until('dtmf')).toMatchObject({ digit: '9' });
    await softphone.hold();
    await softphone.resume();
    world.engine.send({ kind: 'hangup', leg: 'a' });
    await softphone.ended();
    const { missing, lengthDifferenceMs, levelDifferenceDb } = compareWithPrompt(await softphone.heard(), prompt);
    expect(missing).toEqual([]);
    expect(Math.abs(lengthDifferenceMs)).toBeLessThanOrEqual(40);
    expect(Math.abs(levelDifferenceDb)).toBeLessThan(1);
  });

  it('is refused with a wrong password, and calls with the right one', async () => {
    const world = await openEngine();
    world.configure();
    world.engine.on((event) => {
      if (event.kind === 'leg.incoming') world.engine.send({ kind: 'answer', leg: event.leg });
    });
    const registrar = world.server;
    const thief = kept(await openBaresip({ user: '101', password: 'guess', registrar }));
    expect((await thief.registration()).type).toBe('REGISTER_FAIL');
    const softphone = kept(await openBaresip({ user: '101', password: 'secret', registrar }));
    expect((await softphone.registration()).type).toBe('REGISTER_OK');
    await softphone.dial(`sip:102@${HOST}:${registrar.port}`);
    await softphone.established();
    await world.until('leg.answered');
    expect(world.of('leg.incoming')).toMatchObject([{ origin: { kind: 'phone', phone: 'desk' }, to: '102' }]);
    await softphone.hangup();
    expect(await world.until('leg.ended')).toMatchObject({ cause: 'hangup', by: 'them' });
  });
});
