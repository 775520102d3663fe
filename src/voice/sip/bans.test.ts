import { describe, expect, it } from 'vitest';
import { Bans } from '#voice/sip/bans.js';
import { DigestClient } from '#voice/sip/digest-client.js';
import { CARRIER, DESK, ENGINE, engineOnAWire, phone, STRANGER } from '#voice/sip/engine-on-a-wire.fixture.js';
import { HeldClock } from '#voice/sip/held-clock.fixture.js';
import { newRequest } from '#voice/sip/transaction-layer.fixture.js';

const MINUTE_MS = 60_000;

function bansWith(known: string[] = []) {
  const clock = new HeldClock();
  const told: string[][] = [];
  const bans = new Bans({
    clock,
    isKnown: (address) => known.includes(address),
    onChange: (list) => told.push(list.map(({ address }) => address)),
  });
  const strike = (address: string, times = 30) => {
    for (let count = 0; count < times; count += 1) bans.strike(address, 'wrong passwords');
  };
  return { clock, told, bans, strike, known };
}

describe('a ban', () => {
  it('comes with the thirtieth strike within ten minutes, and ends by itself', () => {
    const { bans, strike, clock, told } = bansWith();
    strike('a', 29);
    clock.advance(10 * MINUTE_MS);
    strike('a', 29);
    expect(bans.isBanned('a')).toBe(false);
    strike('a', 1);
    const now = clock.now();
    expect(bans.list()).toEqual([{ address: 'a', reason: 'wrong passwords', since: now, until: now + 10 * MINUTE_MS }]);
    clock.advance(10 * MINUTE_MS);
    expect(bans.isBanned('a')).toBe(false);
    expect(told).toEqual([['a'], []]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('is twice as long each further time, at most a day, and short again after a while', () => {
    const { bans, strike, clock } = bansWith();
    const length = (): number => {
      strike('a');
      const { since, until } = bans.list()[0]!;
      clock.advance(until - since);
      return (until - since) / MINUTE_MS;
    };
    const lengths = Array.from({ length: 10 }, length);
    expect(lengths).toEqual([10, 20, 40, 80, 160, 320, 640, 1_280, 1_440, 1_440]);
    clock.advance(1_440 * MINUTE_MS);
    expect(length()).toBe(10);
  });

  it('can be lifted, one or all', () => {
    const { bans, strike, told } = bansWith();
    for (const address of ['a', 'b', 'c']) strike(address);
    bans.lift('b');
    bans.lift();
    expect(told).toEqual([['a'], ['a', 'b'], ['a', 'b', 'c'], ['a', 'c'], []]);
  });

  it('never meets those whom we know, not even those whom we come to know later', () => {
    const { bans, strike, known } = bansWith(['trunk']);
    strike('trunk', 100);
    strike('phone');
    known.push('phone');
    expect(bans.isBanned('trunk')).toBe(false);
    expect(bans.isBanned('phone')).toBe(false);
  });

  it('is for the network of an IPv6 address, and lifted by any address of it or as it is listed', () => {
    const { bans } = bansWith();
    const strike = () => {
      for (let index = 0; index < 30; index += 1) bans.strike(`2001:db8::${index.toString(16)}`, 'wrong passwords');
    };
    strike();
    expect(bans.list()).toMatchObject([{ address: '2001:db8:0:0::/64' }]);
    expect(bans.isBanned('2001:db8:0:0:ffff::1')).toBe(true);
    expect(bans.isBanned('2001:db8:0:1::1')).toBe(false);
    bans.lift('2001:db8::7');
    expect(bans.list()).toEqual([]);
    strike();
    bans.lift('2001:db8:0:0::/64');
    expect(bans.list()).toEqual([]);
  });

  it('is one of a thousand at most', () => {
    const { bans, strike } = bansWith();
    for (let index = 0; index < 1_500; index += 1) strike(`a${index}`);
    expect(bans.list()).toHaveLength(1_000);
    expect(bans.isBanned('a0')).toBe(false);
  });
});

/** Guesses at a password as often as asked, from an address that gets our answers. */
async function guess(world: ReturnType<typeof engineOnAWire>, address: string, times: number): Promise<string[]> {
  const peer = world.peer(address);
  const digest = new DigestClient({ username: '101', password: 'guess' });
  const me = `<sip:101@${ENGINE}>`;
  const asking = { uri: `sip:${ENGINE}`, from: `${me};tag=x`, to: me, callId: 'guessing' };
  let sequence = 0;
  for (let count = 0; count < times; count += 1) {
    const first = peer.ask('REGISTER', { ...asking, sequence: (sequence += 1) });
    await world.run();
    const challenge = peer.received.findLast((message) => message.kind === 'response' && message.status === 401);
    if (challenge?.kind === 'response') digest.learn(challenge, first);
    digest.authorize(first);
    const headers: [string, string][] = [['Authorization', first.headers.get('Authorization') ?? '']];
    peer.ask('REGISTER', { ...asking, sequence: (sequence += 1), headers });
    await world.run(MINUTE_MS / 12);
  }
  return peer.heard();
}

describe('an address', () => {
  it('that guesses passwords is not answered any more, until it is lifted', async () => {
    const world = engineOnAWire();
    await guess(world, STRANGER, 40);
    expect(world.events.last('bans').bans).toMatchObject([{ address: STRANGER, reason: 'wrong passwords' }]);
    const peer = world.peer(STRANGER);
    peer.ask('OPTIONS');
    await world.run();
    expect(peer.heard()).toEqual([]);
    world.engine.send({ kind: 'unban', address: STRANGER });
    expect(world.events.last('bans').bans).toEqual([]);
    peer.ask('OPTIONS', { callId: 'again' });
    await world.run();
    expect(peer.heard()).toEqual(['200 OPTIONS']);
  });

  it('of a trunk or a registered phone is never banned', async () => {
    const world = engineOnAWire();
    const contact = { uri: `sip:101@${DESK}`, transport: 'udp', address: DESK, port: 5060 } as const;
    const contacts = [{ ...contact, expiresAt: world.clock.now() + 3_600_000 }];
    const { id, ...rest } = phone;
    const phones = [phone, { ...rest, id: `${id}-2`, name: '102', contacts }];
    const carrier = { id: 'carrier', name: 'Carrier', uri: `sip:${CARRIER}`, healthEverySeconds: 0 };
    world.engine.send({ kind: 'configure', trunks: [carrier], phones });
    await world.run();
    await guess(world, CARRIER, 40);
    await guess(world, DESK, 40);
    expect(world.events.all.filter(({ kind }) => kind === 'bans')).toEqual([]);
  });

  it('that does not get our answers is never banned, whatever it claims', async () => {
    const world = engineOnAWire();
    const forged = world.peer(STRANGER);
    const params = 'username="101", realm="sidetone", nonce="x", uri="sip:x", response="0"';
    for (let count = 0; count < 100; count += 1) {
      const headers: [string, string][] = [['Authorization', `Digest ${params}`]];
      forged.ask('REGISTER', { callId: `c${count}`, to: `<sip:101@${ENGINE}>`, headers });
      forged.ask('INVITE', { callId: `i${count}` });
      await world.run();
    }
    expect(world.events.all).toEqual([]);
  });

  it('that calls and calls over TCP without a right to is banned; over UDP it may be forged', async () => {
    for (const transport of ['tcp', 'udp'] as const) {
      const world = engineOnAWire();
      const peer = world.peer(STRANGER);
      for (let count = 0; count < 30; count += 1) {
        const request = newRequest('INVITE', { callId: `call-${count}` });
        request.headers.addFirst('Via', `SIP/2.0/${transport.toUpperCase()} ${STRANGER};branch=z9hG4bK${count}`);
        world.deliverFrom(request, { ...peer.peer, transport });
        await world.run();
      }
      expect(world.events.all.filter(({ kind }) => kind === 'bans')).toHaveLength(transport === 'tcp' ? 1 : 0);
    }
  });
});

describe('a flood', () => {
  it.each([
    ['one address', 20_000, () => STRANGER, 200],
    [
      'a hundred thousand',
      100_000,
      (index: number) => `10.${1 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}`,
      2_000,
    ],
  ])(
    'from %s is answered so many times, leaves nothing behind and reaches no trunk',
    async (_, messages, address, most) => {
      const world = engineOnAWire();
      const carrier = world.peer(CARRIER);
      await world.run();
      const timers = world.clock.pendingTimers;
      for (let index = 0; index < messages; index += 1) {
        const method = ['INVITE', 'REGISTER', 'OPTIONS'][index % 3]!;
        const request = newRequest(method, { callId: `call-${index}` });
        const from = address(index);
        request.headers.addFirst('Via', `SIP/2.0/UDP ${from}:5060;branch=z9hG4bK${index};rport`);
        world.deliverFrom(request, { transport: 'udp', address: from, port: 5060 });
        if (index % 10_000 === 0) await world.run();
      }
      await world.run();
      expect(world.clock.pendingTimers).toBe(timers);
      expect(world.wire.log.length).toBeLessThanOrEqual(most);
      expect(world.wire.log.length).toBeGreaterThan(most / 2);
      expect(carrier.heard()).toEqual([]);
      expect(world.events.all).toEqual([]);

      // A phone that we know is answered in the middle of it.
      const sent = world.wire.log.length;
      carrier.ask('OPTIONS');
      await world.run();
      expect(world.wire.story().slice(sent)).toEqual([
        expect.stringContaining('OPTIONS'),
        expect.stringContaining('200'),
      ]);
    },
  );
});
