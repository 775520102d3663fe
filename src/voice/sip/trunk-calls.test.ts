import { describe, expect, it } from 'vitest';
import type { TrunkConfig } from '#voice/engine.js';
import { DigestServer } from '#voice/sip/digest-server.js';
import { CARRIER, ENGINE, engineOnAWire, listenTo, run, trunk } from '#voice/sip/engine-on-a-wire.fixture.js';
import { HeldClock } from '#voice/sip/held-clock.fixture.js';
import { LossyWire, seededRandom } from '#voice/sip/lossy-wire.fixture.js';
import type { SipRequest } from '#voice/sip/message.js';
import { ScriptedMedia } from '#voice/sip/scripted-media.fixture.js';
import { sdpOf, type ScriptedPeer } from '#voice/sip/scripted-peer.fixture.js';
import { SipEngine } from '#voice/sip/sip-engine.js';

const sdp = sdpOf(CARRIER);
const guarded: TrunkConfig = { ...trunk, username: 'shop', password: 'right' };

/** A carrier that wants a password for INVITE and BYE. */
function guardedWorld(password = 'right', proxy = true) {
  const world = engineOnAWire();
  world.engine.send({ kind: 'configure', trunks: [{ ...guarded, password }], phones: [] });
  const carrier = world.peer(CARRIER);
  const digest = new DigestServer({ key: Buffer.alloc(32, 1), clock: world.clock, realm: 'carrier' });
  const challenge = (request: SipRequest): void =>
    carrier.respond(request, proxy ? 407 : 401, {
      toTag: `c${request.headers.get('CSeq')!.split(' ')[0]}`,
      headers: digest
        .challenges(carrier.peer)
        .map((value): [string, string] => [proxy ? 'Proxy-Authenticate' : 'WWW-Authenticate', value]),
    });
  const isRight = (request: SipRequest): boolean => {
    const credentials = request.headers.get(proxy ? 'Proxy-Authorization' : 'Authorization');
    if (credentials === undefined) return false;
    const seen = { ...request, headers: request.headers.clone().set('Authorization', credentials) };
    return digest.verify(seen, carrier.peer, () => 'right').ok;
  };
  return { ...world, carrier, challenge, isRight };
}

describe('a trunk that wants a password', () => {
  it.each([true, false])('gets it, also with the ACK (proxy: %s)', async (proxy) => {
    const { carrier, challenge, isRight, dial, run, events, engine } = guardedWorld('right', proxy);
    dial();
    await run();
    challenge(carrier.request('INVITE'));
    await run();
    const again = carrier.request('INVITE');
    expect(carrier.heard()).toEqual(['INVITE', 'ACK', 'INVITE']);
    expect(again.headers.get('CSeq')).toBe('2 INVITE');
    expect(isRight(again)).toBe(true);
    carrier.respond(again, 200, { sdp });
    await run();
    const name = proxy ? 'Proxy-Authorization' : 'Authorization';
    expect(carrier.request('ACK').headers.get(name)).toBe(again.headers.get(name));
    expect(carrier.request('ACK').headers.get('CSeq')).toBe('2 ACK');

    engine.send({ kind: 'hangup', leg: 'a' });
    await run();
    expect(carrier.request('BYE').headers.get('CSeq')).toBe('3 BYE');
    expect(isRight(carrier.request('BYE'))).toBe(true);
    expect(events.story()).toEqual(['a answered 200', 'a ended hangup by us 200']);
  });

  it('is asked once only with a wrong one', async () => {
    const { carrier, challenge, dial, run, events } = guardedWorld('wrong');
    dial();
    await run();
    challenge(carrier.request('INVITE'));
    await run();
    challenge(carrier.request('INVITE'));
    await run();
    expect(carrier.heard()).toEqual(['INVITE', 'ACK', 'INVITE', 'ACK']);
    expect(events.story()).toEqual(['a ended forbidden by them 407']);
  });

  it('does not get us into a loop by calling every nonce stale', async () => {
    const { carrier, dial, run, events } = guardedWorld();
    dial();
    for (let round = 0; round < 10; round += 1) {
      await run();
      const header = `Digest realm="carrier", nonce="n${round}", stale=true`;
      carrier.respond(carrier.request('INVITE'), 401, { headers: [['WWW-Authenticate', header]] });
    }
    await run();
    expect(carrier.heard().filter((what) => what === 'INVITE')).toHaveLength(4);
    expect(events.story()).toEqual(['a ended forbidden by them 401']);
  });
});

describe('a trunk with several addresses', () => {
  const peers = [CARRIER, '10.0.0.4'].map((address) => ({ transport: 'udp' as const, address, port: 5060 }));
  const several = () => {
    const world = engineOnAWire({ resolve: () => Promise.resolve(peers) });
    return { ...world, one: world.peer(CARRIER), two: world.peer('10.0.0.4') };
  };

  it('is called at the next one after 503', async () => {
    const { one, two, dial, run, events } = several();
    dial();
    await run();
    one.respond(one.request('INVITE'), 503);
    await run();
    two.respond(two.request('INVITE'), 200, { sdp });
    await run();
    expect(events.story()).toEqual(['a answered 200']);
  });

  it('is called at the next one after four seconds of silence, which is then tried last', async () => {
    const { one, two, dial, run, events, engine } = several();
    dial();
    await run(3_999);
    expect(two.heard()).toEqual([]);
    await run(1);
    two.respond(two.request('INVITE'), 486);
    await run();
    expect(events.story()).toEqual(['a ended busy by them 486']);
    one.heard();
    two.heard();
    dial('b');
    await run();
    expect(two.heard()).toEqual(['INVITE']);
    engine.send({ kind: 'hangup', leg: 'b' });
  });

  it('is not left for the next one once it has said anything', async () => {
    const { one, two, dial, run } = several();
    dial();
    await run(3_999);
    one.respond(one.request('INVITE'), 100);
    await run(10_000);
    expect(two.heard()).toEqual([]);
  });

  it.each([180, 200])('is told that nobody wants it any more when it says %i too late', async (status) => {
    const { one, two, dial, run, events, engine } = several();
    dial();
    await run(4_000);
    two.respond(two.request('INVITE'), 200, { sdp });
    await run();
    one.respond(one.request('INVITE'), status, { sdp });
    await run();
    expect(one.heard().filter((what) => what !== 'INVITE')).toEqual(status === 180 ? ['CANCEL'] : ['ACK', 'BYE']);
    engine.send({ kind: 'hangup', leg: 'a' });
    await run();
    expect(events.story()).toEqual(['a answered 200', 'a ended hangup by us 200']);
  });

  it('is trusted at all of them', async () => {
    const { two, run, events } = several();
    await run();
    two.ask('INVITE', { sdp });
    await run();
    expect(events.story()).toEqual(['incoming from +12025550100 to +18005550199']);
  });
});

describe('probing a trunk', () => {
  const probe = async (world: ReturnType<typeof guardedWorld>, answer: (carrier: ScriptedPeer) => void) => {
    world.engine.send({ kind: 'probe', probe: 'p', trunk: 'carrier' });
    await world.run();
    answer(world.carrier);
    await world.run();
    return world.events.last('probe.done');
  };

  it.each([
    [200, true],
    [404, true],
    [503, false],
  ])('%i is ok: %s', async (status, ok) => {
    const result = await probe(guardedWorld(), (carrier) => carrier.respond(carrier.request('OPTIONS'), status));
    expect(result).toMatchObject({ probe: 'p', ok, sipCode: status });
    expect(result.detail).toContain(`${CARRIER}:5060 over UDP answers ${status}`);
  });

  it('says when the password is wrong', async () => {
    const world = guardedWorld('wrong');
    world.engine.send({ kind: 'probe', probe: 'p', trunk: 'carrier' });
    for (let tries = 0; tries < 2; tries += 1) {
      await world.run();
      world.challenge(world.carrier.request('OPTIONS'));
    }
    await world.run();
    expect(world.events.last('probe.done')).toMatchObject({ ok: false, sipCode: 407 });
    expect(world.events.last('probe.done').detail).toContain('does not accept our user name and password');
  });

  it('says when nobody answers, and when there is no such trunk', async () => {
    const world = guardedWorld();
    world.engine.send({ kind: 'probe', probe: 'p', trunk: 'carrier' });
    await world.run(33_000);
    expect(world.events.last('probe.done')).toMatchObject({
      ok: false,
      detail: `${CARRIER}:5060 over UDP does not answer`,
    });
    world.engine.send({ kind: 'probe', probe: 'q', trunk: 'other' });
    await world.run();
    expect(world.events.last('probe.done')).toMatchObject({ probe: 'q', ok: false, detail: 'no trunk other' });
  });
});

describe('two engines with a trunk between them', () => {
  function twoEngines(lossRate: number, seed: number) {
    const clock = new HeldClock();
    const wire = new LossyWire(clock, 10);
    const random = seededRandom(seed);
    wire.loses = () => random() < lossRate;
    const engineAt = (address: string, other: string) => {
      const media = new ScriptedMedia();
      const resolve = () => Promise.resolve([{ transport: 'udp' as const, address: other, port: 5060 }]);
      const engine = new SipEngine({ transport: wire.host(address), media, clock, resolve });
      engine.send({ kind: 'configure', trunks: [{ ...trunk, uri: `sip:${other}` }], phones: [] });
      return { engine, events: listenTo(engine) };
    };
    return { clock, caller: engineAt(ENGINE, CARRIER), callee: engineAt(CARRIER, ENGINE) };
  }

  it.each([
    [0, 1],
    [0.05, 2],
    [0.05, 3],
    [0.2, 4],
    [0.2, 5],
    [0.2, 6],
  ])('set up and end twenty calls at a loss rate of %d (seed %i)', async (lossRate, seed) => {
    const { clock, caller, callee } = twoEngines(lossRate, seed);
    callee.engine.on((event) => {
      if (event.kind !== 'leg.incoming') return;
      callee.engine.send({ kind: 'ring', leg: event.leg });
      callee.engine.send({ kind: 'answer', leg: event.leg });
    });
    const legs = Array.from({ length: 20 }, (_, index) => `call-${index}`);
    await run(clock);
    for (const leg of legs) {
      caller.engine.send({
        kind: 'dial',
        leg,
        to: { kind: 'trunk', trunk: 'carrier', number: '101' },
        from: { number: '102' },
        ringTimeoutMs: 30_000,
      });
    }
    for (let second = 0; second < 40; second += 1) await run(clock, 1_000);
    expect(caller.events.all.filter(({ kind }) => kind === 'leg.answered')).toHaveLength(20);
    expect(callee.events.all.filter(({ kind }) => kind === 'leg.answered')).toHaveLength(20);

    for (const leg of legs) caller.engine.send({ kind: 'hangup', leg });
    for (let second = 0; second < 40; second += 1) await run(clock, 1_000);
    for (const { events } of [caller, callee]) {
      const ends = events.all.filter((event) => event.kind === 'leg.ended');
      expect(ends.map(({ cause }) => cause)).toEqual(Array(20).fill('hangup'));
      const seqs = events.all.map(({ seq }) => seq);
      expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b));
    }
  });
});
