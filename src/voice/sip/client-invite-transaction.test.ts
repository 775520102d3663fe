import { describe, expect, it } from 'vitest';
import { InviteClientTransaction } from '#voice/sip/client-invite-transaction.js';
import { createResponse } from '#voice/sip/create-response.js';
import { ALL_OVER_MS, answer, noting, twoHosts } from '#voice/sip/transaction-layer.fixture.js';
import type { ClientTransaction } from '#voice/sip/transport.js';

function stateOf(transaction: ClientTransaction): string {
  if (!(transaction instanceof InviteClientTransaction)) throw new Error('not an INVITE client transaction');
  return transaction.state;
}

describe('INVITE client transaction', () => {
  it('repeats at T1 and then twice as late each time, and times out after 64 T1 (timers A, B)', () => {
    const { clock, wire, call, aliceLayer } = twoHosts();
    wire.loses = () => true;
    const user = noting();
    const transaction = call('INVITE', user);
    expect(stateOf(transaction)).toBe('calling');
    clock.advance(31_999);
    expect(wire.log.map((sent) => sent.atMs)).toEqual([0, 500, 1_500, 3_500, 7_500, 15_500, 31_500]);
    expect(user.notes).toEqual([]);
    clock.advance(1);
    expect(user.notes).toEqual(['timeout']);
    expect(stateOf(transaction)).toBe('terminated');
    clock.advance(ALL_OVER_MS);
    expect(user.notes).toEqual(['timeout']);
    expect(aliceLayer.size).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });

  it('stops repeating at a provisional response and then waits without limit', () => {
    const { clock, wire, call, serverOf } = twoHosts();
    const user = noting();
    const transaction = call('INVITE', user);
    clock.advance(0);
    answer(serverOf(), 180);
    clock.advance(0);
    expect(stateOf(transaction)).toBe('proceeding');
    clock.advance(ALL_OVER_MS);
    answer(serverOf(), 183);
    clock.advance(0);
    expect(user.notes).toEqual(['180', '183']);
    expect(wire.story('INVITE')).toEqual(['alice 0 INVITE']);
  });

  it('acknowledges a refusal, and every repetition of it, until timer D', () => {
    const { clock, wire, call, serverOf, aliceLayer, bobLayer, received } = twoHosts();
    let acks = 0;
    wire.loses = (sent) => sent.what === 'ACK' && ++acks <= 2;
    const user = noting();
    const transaction = call('INVITE', user);
    clock.advance(0);
    answer(serverOf(), 486);
    clock.advance(0);
    expect(stateOf(transaction)).toBe('completed');
    clock.advance(1_600);
    expect(wire.story()).toEqual([
      'alice 0 INVITE',
      'bob 0 486 INVITE',
      'alice 0 ACK (lost)',
      'bob 500 486 INVITE',
      'alice 500 ACK (lost)',
      'bob 1500 486 INVITE',
      'alice 1500 ACK',
    ]);
    clock.advance(30_399);
    expect(stateOf(transaction)).toBe('completed');
    clock.advance(1);
    expect(stateOf(transaction)).toBe('terminated');
    expect([user.notes, received.length, aliceLayer.size, bobLayer.size]).toEqual([['486'], 1, 0, 0]);
  });

  it('makes the ACK of a refusal from the INVITE and the response (section 17.1.1.3)', () => {
    const { clock, wire, call, serverOf } = twoHosts();
    let ack = '';
    wire.loses = (sent, message) => {
      if (sent.what === 'ACK') {
        ack = [...message.headers.entries()].map(([name, value]) => `${name}: ${value}`).join('\n');
      }
      return false;
    };
    const transaction = call('INVITE', noting(), {
      headers: [
        ['Route', '<sip:p1;lr>'],
        ['Route', '<sip:p2;lr>'],
        ['Contact', '<sip:alice@alice>'],
      ],
    });
    clock.advance(0);
    answer(serverOf(), 404);
    clock.advance(0);
    expect(ack.split('\n')).toEqual([
      `Via: SIP/2.0/UDP alice:5060;branch=${transaction.branch};rport`,
      'Max-Forwards: 70',
      'Route: <sip:p1;lr>',
      'Route: <sip:p2;lr>',
      'From: <sip:alice@alice>;tag=a1',
      'To: <sip:bob@bob>;tag=b1',
      'Call-ID: call-1',
      'CSeq: 7 ACK',
    ]);
  });

  it('passes every repetition of a 2xx on until timer M and acknowledges none (RFC 6026)', () => {
    const { clock, wire, call, serverOf } = twoHosts();
    const user = noting();
    const transaction = call('INVITE', user);
    clock.advance(0);
    answer(serverOf(), 200);
    clock.advance(500);
    answer(serverOf(), 200);
    clock.advance(0);
    expect(stateOf(transaction)).toBe('accepted');
    expect(user.notes).toEqual(['200', '200']);
    expect(wire.story('ACK')).toEqual([]);
    clock.advance(31_499);
    expect(stateOf(transaction)).toBe('accepted');
    clock.advance(1);
    expect(stateOf(transaction)).toBe('terminated');
  });

  it('after a 2xx hears nothing but 2xx, and after a refusal nothing at all (RFC 6026 section 7.2)', () => {
    const { clock, wire, call, serverOf, alice, bob } = twoHosts();
    const user = noting();
    const transaction = call('INVITE', user);
    clock.advance(0);
    answer(serverOf(), 200);
    clock.advance(0);
    const late = (status: number, id: string): void =>
      alice.deliver(createResponse(transaction.request, status, { toTag: id }), bob.peer);
    for (const status of [100, 180, 302, 486]) late(status, 'b2');
    late(200, 'b3');
    expect(user.notes).toEqual(['200', '200']);
    expect(wire.story('ACK')).toEqual([]);

    const refused = twoHosts();
    const hearer = noting();
    const other = refused.call('INVITE', hearer);
    refused.clock.advance(0);
    answer(refused.serverOf(), 486);
    refused.clock.advance(0);
    for (const status of [180, 200]) {
      refused.alice.deliver(createResponse(other.request, status, { toTag: 'b1' }), refused.bob.peer);
    }
    expect(hearer.notes).toEqual(['486']);
    expect(refused.wire.story('ACK')).toHaveLength(1);
  });

  it('over TCP repeats nothing, still times out, and ends at once after a refusal', () => {
    const silent = twoHosts({ transport: 'tcp' });
    silent.wire.loses = () => true;
    const user = noting();
    silent.call('INVITE', user);
    silent.clock.advance(32_000);
    expect(silent.wire.story()).toEqual(['alice 0 INVITE (lost)']);
    expect(user.notes).toEqual(['timeout']);

    const busy = twoHosts({ transport: 'tcp' });
    const transaction = busy.call('INVITE', noting());
    busy.clock.advance(0);
    answer(busy.serverOf(), 486);
    busy.clock.advance(0);
    expect(stateOf(transaction)).toBe('terminated');
    expect(busy.wire.story()).toEqual(['alice 0 INVITE', 'bob 0 486 INVITE', 'alice 0 ACK']);
    expect(busy.clock.pendingTimers).toBe(0);
  });

  it('reports a transport failure once, and never inside request()', async () => {
    const { clock, alice, call, aliceLayer } = twoHosts();
    alice.failure = new Error('no route');
    const user = noting();
    call('INVITE', user);
    expect(user.notes).toEqual([]);
    await Promise.resolve();
    clock.advance(ALL_OVER_MS);
    expect(user.notes).toEqual(['failed: no route']);
    expect(aliceLayer.size).toBe(0);
  });
});

describe('CANCEL', () => {
  it('waits for the first provisional response', () => {
    const { clock, wire, call, serverOf } = twoHosts();
    const user = noting();
    const transaction = call('INVITE', user);
    transaction.cancel('SIP;cause=200;text="Call completed elsewhere"');
    transaction.cancel();
    clock.advance(199);
    expect(wire.story('CANCEL')).toEqual([]);
    const reasons: (string | undefined)[] = [];
    serverOf().onCancel((cancel) => {
      reasons.push(cancel.headers.get('Reason'));
      answer(serverOf(), 487);
    });
    clock.advance(1);
    expect(reasons).toEqual(['SIP;cause=200;text="Call completed elsewhere"']);
    expect(wire.story()).toEqual([
      'alice 0 INVITE',
      'bob 200 100 INVITE',
      'alice 200 CANCEL',
      'bob 200 200 CANCEL',
      'bob 200 487 INVITE',
      'alice 200 ACK',
    ]);
    expect(user.notes).toEqual(['100', '487']);
  });

  it('is not sent when the final response comes first', () => {
    const { clock, wire, call, serverOf } = twoHosts();
    const user = noting();
    const transaction = call('INVITE', user);
    transaction.cancel();
    clock.advance(0);
    answer(serverOf(), 200);
    clock.advance(0);
    transaction.cancel();
    clock.advance(ALL_OVER_MS);
    expect(user.notes).toEqual(['200']);
    expect(wire.story('CANCEL')).toEqual([]);
  });

  it('crossing with a 200 leaves the call answered', () => {
    const { clock, wire, call, serverOf, received } = twoHosts({ delayMs: 50 });
    const user = noting();
    const transaction = call('INVITE', user);
    clock.advance(50);
    answer(serverOf(), 180);
    clock.advance(50);
    let cancels = 0;
    serverOf().onCancel(() => cancels++);
    transaction.cancel();
    answer(serverOf(), 200);
    clock.advance(200);
    expect(user.notes).toEqual(['180', '200']);
    expect(wire.story('200 CANCEL')).toEqual(['bob 150 200 CANCEL']);
    expect([cancels, received.length]).toEqual([0, 1]);
  });

  it('reaches a listener that comes late, and stops waiting when the server never ends the INVITE', () => {
    const { clock, call, serverOf, aliceLayer } = twoHosts();
    const user = noting();
    const transaction = call('INVITE', user);
    clock.advance(200);
    transaction.cancel();
    clock.advance(0);
    let cancels = 0;
    serverOf().onCancel(() => cancels++);
    expect(cancels).toBe(1);
    clock.advance(31_999);
    expect(user.notes).toEqual(['100']);
    clock.advance(1);
    expect(user.notes).toEqual(['100', 'timeout']);
    clock.advance(ALL_OVER_MS);
    expect(aliceLayer.size).toBe(0);
  });
});
