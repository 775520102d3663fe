import { describe, expect, it } from 'vitest';
import type { EngineEvent, TrunkConfig } from '#voice/engine.js';
import { DigestServer } from '#voice/sip/digest-server.js';
import { CARRIER, ENGINE, engineOnAWire, trunk } from '#voice/sip/engine-on-a-wire.fixture.js';
import type { SipRequest } from '#voice/sip/message.js';
import { sdpOf } from '#voice/sip/scripted-peer.fixture.js';

const registering: TrunkConfig = {
  ...trunk,
  username: 'shop',
  password: 'right',
  register: { expiresSeconds: 600 },
};
const OTHER = '10.0.0.4';

type State = Omit<Extract<EngineEvent, { kind: 'trunk.state' }>, 'kind' | 'seq' | 'at'>;

/** `random`: 0.5 makes refreshes come at 70 % and retries at 75 %. */
function worldWith(config: TrunkConfig, addresses = [CARRIER], random = 0.5) {
  const peers = addresses.map((address) => ({ transport: 'udp' as const, address, port: 5060 }));
  const resolve = () => Promise.resolve(peers);
  const world = engineOnAWire({ resolve, random: () => random });
  const registrars = addresses.map((address) => world.peer(address));
  world.engine.send({ kind: 'configure', trunks: [config], phones: [] });
  const states = (): Partial<State>[] =>
    world.events.all
      .splice(0)
      .filter((event) => event.kind === 'trunk.state')
      .map(({ up, registered, sipCode }) => ({
        up,
        ...(registered !== undefined && { registered }),
        ...(sipCode !== undefined && { sipCode }),
      }));
  return { ...world, registrars, registrar: registrars[0]!, states };
}

const contactOf = (request: SipRequest): string => request.headers.get('Contact')!;
const granting = (request: SipRequest, expires: number) => ({
  contact: contactOf(request).replace(/expires=\d+/, `expires=${expires}`),
});

/** A registrar that has granted the first request 600 seconds. */
async function registeredWorld(config: TrunkConfig = registering, addresses = [CARRIER]) {
  const world = worldWith(config, addresses);
  await world.run();
  const request = world.registrar.request('REGISTER');
  world.registrar.respond(request, 200, granting(request, 600));
  await world.run();
  world.registrar.heard();
  return { ...world, request, contactUser: /<sip:([^@]+)@/.exec(contactOf(request))![1]! };
}

describe('registering at a trunk', () => {
  it('asks for itself, proves who it is, and tells', async () => {
    const { registrar, run, states, clock } = worldWith(registering);
    const digest = new DigestServer({ key: Buffer.alloc(32, 1), clock, realm: 'carrier' });
    await run();
    const first = registrar.request('REGISTER');
    expect(first.uri).toBe(`sip:${CARRIER}`);
    expect(first.headers.get('To')).toBe(`<sip:shop@${CARRIER}>`);
    expect(first.headers.get('Expires')).toBe('600');
    expect(contactOf(first)).toMatch(new RegExp(`^<sip:[0-9a-f]{24}@${ENGINE}:5060>;expires=600$`));
    const challenges = digest.challenges(registrar.peer);
    registrar.respond(first, 401, { headers: challenges.map((value) => ['WWW-Authenticate', value]) });
    await run();
    const second = registrar.request('REGISTER');
    expect(second.headers.get('Call-ID')).toBe(first.headers.get('Call-ID'));
    expect(second.headers.get('CSeq')).toBe('2 REGISTER');
    expect(digest.verify(second, registrar.peer, () => 'right').ok).toBe(true);
    registrar.respond(second, 200, granting(second, 600));
    await run();
    expect(states()).toEqual([{ up: true, registered: true, sipCode: 200 }]);
  });

  it('does so again in time, after what was granted and not after what was asked', async () => {
    const { registrar, run } = worldWith(registering);
    await run();
    const first = registrar.request('REGISTER');
    const elsewhere = '<sip:else@192.0.2.1>;expires=9999';
    registrar.respond(first, 200, { contact: `${elsewhere}, ${granting(first, 100).contact}` });
    await run();
    registrar.heard();
    await run(69_999);
    expect(registrar.heard()).toEqual([]);
    await run(1);
    expect(registrar.heard()).toEqual(['REGISTER']);
  });

  it('takes Expires where its Contact does not say', async () => {
    const { registrar, run } = worldWith(registering);
    await run();
    registrar.respond(registrar.request('REGISTER'), 200, { contact: '<sip:x@y>', headers: [['Expires', '200']] });
    await run();
    registrar.heard();
    await run(140_000);
    expect(registrar.heard()).toEqual(['REGISTER']);
  });

  it('asks for as long as the registrar wants', async () => {
    const { registrar, run } = worldWith(registering);
    await run();
    registrar.respond(registrar.request('REGISTER'), 423, { headers: [['Min-Expires', '1800']] });
    await run();
    expect(contactOf(registrar.request('REGISTER'))).toContain('expires=1800');
    registrar.respond(registrar.request('REGISTER'), 423, { headers: [['Min-Expires', '999999999']] });
    await run();
    expect(registrar.heard()).toEqual(['REGISTER', 'REGISTER']);
  });

  it('goes to the next address after silence and 503, and waits longer after each failure of all', async () => {
    const { registrars, run, states } = worldWith(registering, [CARRIER, OTHER]);
    const [one, two] = registrars;
    await run(32_000);
    two!.respond(two!.request('REGISTER'), 503);
    await run();
    expect(states()).toEqual([{ up: false, registered: false, sipCode: 503 }]);
    one!.heard();
    two!.heard();
    // 75 % of 30 seconds; the one that was silent is tried last for a while, as is the one that said 503.
    await run(22_500);
    expect(one!.heard()).toEqual(['REGISTER']);
    await run(32_000);
    expect(two!.heard()[0]).toBe('REGISTER');
    await run(32_000);
    one!.heard();
    await run(44_999);
    expect(one!.heard()).toEqual([]);
    await run(1);
    expect(one!.heard()).toEqual(['REGISTER']);
  });

  it('waits as long as Retry-After says', async () => {
    const { registrar, run } = worldWith(registering);
    await run();
    registrar.respond(registrar.request('REGISTER'), 503, { headers: [['Retry-After', '300']] });
    await run();
    registrar.heard();
    await run(299_999);
    expect(registrar.heard()).toEqual([]);
    await run(1);
    expect(registrar.heard()).toEqual(['REGISTER']);
  });

  it('says what is wrong, once, and when it works again', async () => {
    const { registrar, run, events, states } = worldWith(registering);
    await run();
    registrar.respond(registrar.request('REGISTER'), 403);
    await run();
    expect(events.last('trunk.state').detail).toBe(
      `${CARRIER}:5060 over UDP answers 403 Forbidden: it does not accept our user name and password`,
    );
    expect(states()).toEqual([{ up: true, registered: false, sipCode: 403 }]);
    await run(22_500);
    registrar.respond(registrar.request('REGISTER'), 403);
    await run();
    expect(states()).toEqual([]);
    await run(45_000);
    const request = registrar.request('REGISTER');
    registrar.respond(request, 200, granting(request, 600));
    await run();
    expect(states()).toEqual([{ up: true, registered: true, sipCode: 200 }]);
  });

  it('counts as registered until it runs out, also while a refresh fails', async () => {
    const { registrar, run, states } = await registeredWorld();
    states();
    await run(420_000);
    registrar.respond(registrar.request('REGISTER'), 500);
    await run();
    expect(states()).toEqual([]);
    await run(22_500);
    registrar.respond(registrar.request('REGISTER'), 500);
    await run(22_500);
    expect(states()).toEqual([{ up: false, registered: true, sipCode: 500 }]);
    await run(135_000);
    expect(states()).toEqual([{ up: false, registered: false }]);
  });

  it('keeps the way open', async () => {
    const { run, wire } = await registeredWorld();
    await run(60_000);
    // 90 % of 29 seconds, twice.
    expect(wire.pings).toEqual([`${CARRIER}:5060`, `${CARRIER}:5060`]);
  });

  it('says where it is seen from behind a NAT', async () => {
    const { registrar, run, states } = worldWith(registering);
    await run();
    const seen = (request: SipRequest): SipRequest => {
      const via = request.headers.get('Via')!.replace(';rport', ';rport=1024;received=203.0.113.9');
      return { ...request, headers: request.headers.clone().set('Via', via) };
    };
    const first = registrar.request('REGISTER');
    registrar.respond(seen(first), 200, granting(first, 600));
    await run();
    const second = registrar.request('REGISTER');
    const user = /sip:[0-9a-f]+/.exec(contactOf(first))![0];
    expect(second.headers.getAll('Contact')).toEqual([
      `<${user}@203.0.113.9:1024>;expires=600`,
      `<${user}@${ENGINE}:5060>;expires=0`,
    ]);
    registrar.respond(seen(second), 200, granting(second, 600));
    await run();
    expect(registrar.heard()).toEqual(['REGISTER', 'REGISTER']);
    expect(states()).toEqual([{ up: true, registered: true, sipCode: 200 }]);
  });

  it('is taken back when the trunk is removed, and when the engine closes', async () => {
    const { registrar, run, engine } = await registeredWorld();
    engine.send({ kind: 'configure', trunks: [], phones: [] });
    await run();
    expect(contactOf(registrar.request('REGISTER'))).toContain('expires=0');
    await run(3_600_000);
    expect(registrar.heard().every((what) => what === 'REGISTER')).toBe(true);

    const other = await registeredWorld();
    const closing = other.engine.close();
    await other.run();
    expect(contactOf(other.registrar.request('REGISTER'))).toContain('expires=0');
    other.registrar.respond(other.registrar.request('REGISTER'), 200);
    await other.run();
    await closing;
    expect(other.clock.pendingTimers).toBe(0);
  });

  it('goes on untouched when other trunks change, and begins anew when its own settings do', async () => {
    const { registrar, run, engine, contactUser } = await registeredWorld();
    const also = { ...trunk, id: 'other', uri: `sip:${OTHER}` };
    engine.send({ kind: 'configure', trunks: [registering, also], phones: [] });
    await run();
    expect(registrar.heard()).toEqual([]);
    engine.send({ kind: 'configure', trunks: [{ ...registering, register: { expiresSeconds: 900 } }], phones: [] });
    await run();
    expect(contactOf(registrar.request('REGISTER'))).toMatch(new RegExp(`sip:${contactUser}@.*expires=900$`));
    expect(registrar.heard()).toEqual(['REGISTER']);
  });
});

describe('a call to our Contact', () => {
  it.each<[string, [string, string][], string]>([
    ['To', [], '+18005550199'],
    ['P-Called-Party-ID', [['P-Called-Party-ID', '<sip:+18005550122@carrier>']], '+18005550122'],
  ])("is the trunk's, from wherever it comes; %s says for whom", async (_, headers, called) => {
    const { peer, run, events, contactUser } = await registeredWorld();
    const proxy = peer('10.0.0.99');
    const to = `<sip:+18005550199@${CARRIER}>`;
    proxy.ask('INVITE', { uri: `sip:${contactUser}@${ENGINE}`, to, headers, sdp: sdpOf('10.0.0.99') });
    await run();
    expect(events.last('leg.incoming')).toMatchObject({ origin: { kind: 'trunk', trunk: 'carrier' }, to: called });
  });

  it('is nobody’s when the user is another', async () => {
    const { peer, run } = await registeredWorld();
    const proxy = peer('10.0.0.99');
    proxy.ask('INVITE', { uri: `sip:0123456789abcdef01234567@${ENGINE}`, sdp: sdpOf('10.0.0.99') });
    await run();
    expect(proxy.heard()).toEqual(['403 INVITE']);
  });
});

describe('the health of a trunk', () => {
  const asked: TrunkConfig = { ...trunk, healthEverySeconds: 30 };

  /** Lets the next OPTIONS come and answers it; undefined: not at all. */
  async function answer(world: ReturnType<typeof worldWith>, status: number | undefined): Promise<void> {
    for (let second = 0; second < 40 && world.registrar.received.length === 0; second += 1) await world.run(1_000);
    if (status !== undefined) world.registrar.respond(world.registrar.request('OPTIONS'), status);
    await world.run(status === undefined ? 32_000 : 0);
    world.registrar.heard();
  }

  it('is down after two failures, and up after one answer', async () => {
    const world = worldWith(asked);
    const told: (readonly [number | undefined, Partial<State>[]])[] = [];
    for (const status of [200, 503, 404, 503, 500, 408, undefined, 401, undefined, undefined]) {
      await answer(world, status);
      told.push([status, world.states()]);
    }
    expect(told.filter(([, states]) => states.length > 0)).toEqual([
      [200, [{ up: true, sipCode: 200 }]],
      [500, [{ up: false, sipCode: 500 }]],
      [401, [{ up: true, sipCode: 401 }]],
      [undefined, [{ up: false }]],
    ]);
  });

  it('is proved by an answered call, too', async () => {
    const world = worldWith(asked);
    await answer(world, undefined);
    await answer(world, undefined);
    expect(world.states()).toEqual([{ up: false }]);
    world.dial();
    await world.run();
    world.registrar.respond(world.registrar.request('INVITE'), 200, { sdp: sdpOf(CARRIER) });
    await world.run();
    expect(world.states()).toEqual([{ up: true, sipCode: 200 }]);
  });

  it('is asked at every address, and lives where one of them answers', async () => {
    const world = worldWith(asked, [CARRIER, OTHER]);
    const other = world.registrars[1]!;
    for (let round = 0; round < 3; round += 1) {
      for (let second = 0; second < 40 && other.received.length === 0; second += 1) await world.run(1_000);
      other.respond(other.request('OPTIONS'), 200);
      await world.run(32_000);
      expect(world.registrar.heard()[0]).toBe('OPTIONS');
      other.heard();
    }
    expect(world.states()).toEqual([{ up: true, sipCode: 200 }]);
    // No call meets the dead one first.
    world.dial();
    await world.run();
    expect(other.heard()).toEqual(['INVITE']);
  });

  it('is asked evenly, and not when the trunk is gone', async () => {
    const world = worldWith(asked);
    await world.run(2_500);
    for (let round = 0; round < 3; round += 1) {
      expect(world.registrar.heard()).toEqual(round === 0 ? ['OPTIONS'] : []);
      await answer(world, 200);
    }
    world.engine.send({ kind: 'configure', trunks: [], phones: [] });
    await world.run(600_000);
    expect(world.registrar.heard()).toEqual([]);
  });
});
