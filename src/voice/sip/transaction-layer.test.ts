import { describe, expect, it } from 'vitest';
import { parseSipUri } from '#voice/sip/uri.js';
import type { SipRequest } from '#voice/sip/message.js';
import { seededRandom } from '#voice/sip/lossy-wire.fixture.js';
import { ALL_OVER_MS, answer, newRequest, noting, twoHosts } from '#voice/sip/transaction-layer.fixture.js';

/** A request as it comes from a peer that is not ours, with a Via of its own making. */
function foreign(method: string, via: string, parts: Parameters<typeof newRequest>[1] = {}): SipRequest {
  const request = newRequest(method, parts);
  request.headers.addFirst('Via', via);
  return request;
}

describe('TransactionLayer', () => {
  it('adds a Via and Max-Forwards to a copy and leaves the request alone', () => {
    const { aliceLayer, bob, clock, received } = twoHosts();
    const request = newRequest('OPTIONS');
    const transaction = aliceLayer.request(request, bob.peer, noting());
    clock.advance(0);
    expect(request.headers.get('Via')).toBeUndefined();
    expect(received[0]!.request.headers.get('Via')).toBe(`SIP/2.0/UDP alice:5060;branch=${transaction.branch};rport`);
    expect(received[0]!.request.headers.get('Max-Forwards')).toBe('70');
    expect(transaction.branch).toMatch(/^z9hG4bK[0-9a-f]{24}$/);
  });

  it('answers a CANCEL of nothing with 481, and gives no CANCEL up', () => {
    const { alice, bob, clock, wire, received } = twoHosts();
    alice.send(foreign('CANCEL', 'SIP/2.0/UDP alice:5060;branch=z9hG4bKnone'), bob.peer, () => undefined);
    clock.advance(0);
    expect(wire.story()).toEqual(['alice 0 CANCEL', 'bob 0 481 CANCEL']);
    expect(received).toEqual([]);
  });

  it('answers the copy of a request that came another way with 482 (section 8.2.2.2)', () => {
    const { alice, bob, clock, wire, received, serverOf } = twoHosts();
    for (const branch of ['z9hG4bK1', 'z9hG4bK2']) {
      alice.send(foreign('INVITE', `SIP/2.0/UDP alice;branch=${branch}`), bob.peer, () => undefined);
    }
    clock.advance(0);
    expect(wire.story('482 INVITE')).toHaveLength(1);
    expect(received).toHaveLength(1);
    answer(serverOf(), 486);
    clock.advance(ALL_OVER_MS);
    alice.send(foreign('INVITE', 'SIP/2.0/UDP alice;branch=z9hG4bK3'), bob.peer, () => undefined);
    clock.advance(0);
    expect(received).toHaveLength(2);
  });

  it.each(['SIP/2.0/UDP alice', 'SIP/2.0/UDP alice;branch=1', 'SIP/2.0/UDP alice;branch=z9hG4bK'])(
    'tells requests apart whose Via has no usable branch (%s)',
    (via) => {
      const { alice, bob, clock, received, serverOf } = twoHosts();
      const send = (method: string, parts: Parameters<typeof newRequest>[1] = {}) => {
        alice.send(foreign(method, via, parts), bob.peer, () => undefined);
        clock.advance(0);
      };
      send('INVITE');
      send('INVITE');
      send('INVITE', { callId: 'call-2' });
      expect(received).toHaveLength(2);
      answer(serverOf(0), 486);
      send('ACK', { toTag: 'b1' });
      expect(received).toHaveLength(2);
    },
  );

  it('sends responses where the request came from, to the port of the Via unless rport was asked for', () => {
    const { bob, clock, wire, received, serverOf } = twoHosts();
    const ports: (number | string)[] = [];
    bob.send = (_, to) => void ports.push(to.address, to.port);
    const from = { transport: 'udp', address: 'nat', port: 40_000 } as const;
    for (const [index, sentBy] of [
      'inside;branch=z9hG4bKa',
      'inside:5999;branch=z9hG4bKb',
      'inside:5999;branch=z9hG4bKc;rport',
    ].entries()) {
      bob.deliver(foreign('OPTIONS', `SIP/2.0/UDP ${sentBy}`, { callId: sentBy }), from);
      answer(serverOf(index), 200);
    }
    clock.advance(0);
    expect(received).toHaveLength(3);
    expect(wire.log).toEqual([]);
    expect(ports).toEqual(['nat', 5060, 'nat', 5999, 'nat', 40_000]);
  });

  it('refuses what is new with 503 when nearly full, and dialogs only when full', () => {
    const { aliceLayer, bob, clock, wire, received, bobLayer } = twoHosts({ maxTransactions: 10 });
    const user = noting();
    for (let call = 0; call < 10; call++) {
      aliceLayer.request(newRequest('INVITE', { callId: `c${call}` }), bob.peer, user);
    }
    clock.advance(0);
    expect(received).toHaveLength(9);
    expect(user.notes).toEqual(['503']);
    aliceLayer.request(newRequest('BYE', { callId: 'c1', toTag: 'b1' }), bob.peer, noting());
    clock.advance(0);
    expect(received).toHaveLength(10);
    aliceLayer.request(newRequest('BYE', { callId: 'c2', toTag: 'b1' }), bob.peer, noting());
    clock.advance(0);
    expect(received).toHaveLength(10);
    expect(wire.story('503 BYE')).toHaveLength(1);
    expect(bobLayer.size).toBe(10);
  });

  it('answers for the layer above what that cannot parse', () => {
    const { clock, call, bobLayer, wire } = twoHosts();
    bobLayer.onRequest((request) => parseSipUri(request.headers.get('Refer-To') ?? ''));
    const user = noting();
    call('REFER', user, { headers: [['Refer-To', 'tel:1']] });
    clock.advance(0);
    expect(wire.story('416 REFER')).toHaveLength(1);
    bobLayer.onRequest(() => {
      throw new Error('a bug');
    });
    call('REFER', user, { callId: 'call-2' });
    expect(() => clock.advance(0)).toThrow('a bug');
  });

  it('fails a request when full or closed, and forgets everything on close', async () => {
    const { bobLayer, alice, clock, aliceLayer, bob } = twoHosts({ maxTransactions: 1 });
    const [first, second, closed] = [noting(), noting(), noting()];
    bobLayer.request(newRequest('OPTIONS'), alice.peer, first);
    bobLayer.request(newRequest('OPTIONS'), alice.peer, second);
    await Promise.resolve();
    expect(second.notes).toEqual(['failed: too many SIP transactions']);
    bobLayer.close();
    bobLayer.request(newRequest('OPTIONS'), alice.peer, closed);
    await Promise.resolve();
    expect(closed.notes).toEqual(['failed: the SIP stack is closed']);
    aliceLayer.request(newRequest('OPTIONS'), bob.peer, noting());
    clock.advance(0);
    expect(bobLayer.size).toBe(0);
    aliceLayer.close();
    clock.advance(ALL_OVER_MS);
    expect(first.notes).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });

  it.each([
    [0.05, 1],
    [0.05, 2],
    [0.2, 3],
    [0.2, 4],
  ])('brings 200 calls to their end with %s of all messages lost (seed %s)', (rate, seed) => {
    const { clock, wire, aliceLayer, bobLayer, bob } = twoHosts({ delayMs: 20 });
    const random = seededRandom(seed);
    wire.loses = () => random() < rate;
    const given = new Map<string, number>();
    bobLayer.onRequest((request, _, transaction) => {
      if (transaction === undefined) return;
      const key = `${request.headers.get('Call-ID')} ${request.method}`;
      given.set(key, (given.get(key) ?? 0) + 1);
      if (request.method === 'INVITE') {
        answer(transaction, 180);
        clock.after(300, () => answer(transaction, 486));
      } else answer(transaction, 200);
    });
    const users = Array.from({ length: 200 }, () => ({ invite: noting(), bye: noting() }));
    users.forEach(({ invite, bye }, index) => {
      clock.after(index * 37, () => {
        aliceLayer.request(newRequest('INVITE', { callId: `c${index}` }), bob.peer, invite);
        aliceLayer.request(newRequest('BYE', { callId: `c${index}`, toTag: 'b1' }), bob.peer, bye);
      });
    });
    clock.advance(ALL_OVER_MS);
    const finals = (notes: string[]) => notes.filter((note) => !note.startsWith('1'));
    expect(users.map(({ invite }) => finals(invite.notes))).toEqual(users.map(() => ['486']));
    expect(users.map(({ bye }) => finals(bye.notes))).toEqual(users.map(() => ['200']));
    expect([...given.values()].every((times) => times === 1)).toBe(true);
    expect(wire.log.some((sent) => sent.isLost)).toBe(true);
    expect([aliceLayer.size, bobLayer.size, clock.pendingTimers]).toEqual([0, 0, 0]);
  });
});
