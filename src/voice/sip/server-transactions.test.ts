import { describe, expect, it } from 'vitest';
import { createResponse } from '#voice/sip/create-response.js';
import { InviteServerTransaction } from '#voice/sip/server-invite-transaction.js';
import { NonInviteServerTransaction } from '#voice/sip/server-non-invite-transaction.js';
import { ALL_OVER_MS, answer, newRequest, noting, twoHosts } from '#voice/sip/transaction-layer.fixture.js';
import type { ServerTransaction } from '#voice/sip/transport.js';

function stateOf(transaction: ServerTransaction): string {
  if (transaction instanceof InviteServerTransaction || transaction instanceof NonInviteServerTransaction) {
    return transaction.state;
  }
  throw new Error('not one of our transactions');
}

describe('INVITE server transaction', () => {
  it('sends 100 by itself after 200 ms, unless the layer above was faster', () => {
    const slow = twoHosts();
    slow.call('INVITE', noting());
    slow.clock.advance(5_000);
    expect(slow.wire.story('100 INVITE')).toEqual(['bob 200 100 INVITE']);
    const fast = twoHosts();
    fast.call('INVITE', noting());
    fast.clock.advance(100);
    answer(fast.serverOf(), 180);
    fast.clock.advance(5_000);
    expect(fast.wire.story('100 INVITE')).toEqual([]);
  });

  it('answers a repeated INVITE with its last provisional response and gives it up once', () => {
    const { clock, wire, call, serverOf, received } = twoHosts();
    wire.loses = (sent) => sent.from === 'bob' && sent.atMs < 1_500;
    call('INVITE', noting());
    clock.advance(300);
    answer(serverOf(), 180);
    clock.advance(1_200);
    expect(wire.story('180 INVITE')).toEqual([
      'bob 300 180 INVITE (lost)',
      'bob 500 180 INVITE (lost)',
      'bob 1500 180 INVITE',
    ]);
    expect(received).toHaveLength(1);
  });

  it('repeats a refusal up to T2 apart until timer H, and says so (timers G, H)', () => {
    const { clock, wire, call, serverOf, bobLayer } = twoHosts();
    wire.loses = (sent) => sent.what === 'ACK';
    call('INVITE', noting());
    clock.advance(0);
    const failures: string[] = [];
    serverOf().onFailed((why) => failures.push(why));
    answer(serverOf(), 486);
    expect(stateOf(serverOf())).toBe('completed');
    clock.advance(ALL_OVER_MS);
    expect(wire.log.filter((sent) => sent.what === '486 INVITE').map((sent) => sent.atMs)).toEqual([
      0, 500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500,
    ]);
    expect(failures).toEqual(['no ACK came for the final response']);
    expect(bobLayer.size).toBe(0);
  });

  it('absorbs the ACK of a refusal and its repetitions for T4 (timer I)', () => {
    const { clock, call, serverOf, received, bobLayer } = twoHosts();
    call('INVITE', noting());
    clock.advance(0);
    answer(serverOf(), 486);
    clock.advance(0);
    expect(stateOf(serverOf())).toBe('confirmed');
    clock.advance(4_999);
    expect(bobLayer.size).toBe(1);
    clock.advance(1);
    expect(bobLayer.size).toBe(0);
    expect(received).toHaveLength(1);
  });

  it('after a 2xx sends only what the layer above repeats, absorbs the INVITE, and ends with timer L', () => {
    const { clock, wire, call, serverOf, received, bobLayer } = twoHosts();
    wire.loses = (sent) => sent.from === 'bob' && sent.atMs < 1_000;
    const user = noting();
    call('INVITE', user);
    clock.advance(0);
    answer(serverOf(), 200);
    expect(stateOf(serverOf())).toBe('accepted');
    clock.advance(1_000);
    expect(wire.story('200 INVITE')).toHaveLength(1);
    answer(serverOf(), 486);
    answer(serverOf(), 200);
    clock.advance(0);
    expect(user.notes).toEqual(['200']);
    expect(received).toHaveLength(1);
    clock.advance(30_999);
    expect(bobLayer.size).toBe(1);
    clock.advance(1);
    expect(bobLayer.size).toBe(0);
    answer(serverOf(), 200);
    expect(wire.story('200 INVITE')).toHaveLength(2);
  });

  it('hands the ACK of a 2xx up without a transaction', () => {
    const { clock, call, serverOf, received, aliceLayer, bob } = twoHosts();
    call('INVITE', noting());
    clock.advance(0);
    answer(serverOf(), 200);
    aliceLayer.sendDirect(newRequest('ACK', { toTag: 'b1' }), bob.peer);
    clock.advance(0);
    expect(received.map(({ request, transaction }) => [request.method, transaction !== undefined])).toEqual([
      ['INVITE', true],
      ['ACK', false],
    ]);
    expect(stateOf(serverOf())).toBe('accepted');
  });

  it('over TCP repeats nothing and is over with the ACK', () => {
    const { clock, wire, call, serverOf, bobLayer } = twoHosts({ transport: 'tcp' });
    wire.loses = (sent) => sent.what === 'ACK';
    call('INVITE', noting());
    clock.advance(0);
    const failures: string[] = [];
    serverOf().onFailed((why) => failures.push(why));
    answer(serverOf(), 486);
    clock.advance(31_999);
    expect(wire.story('486 INVITE')).toHaveLength(1);
    expect(failures).toEqual([]);
    clock.advance(1);
    expect(failures).toHaveLength(1);
    expect(bobLayer.size).toBe(0);
  });

  it('reports a transport failure', async () => {
    const { clock, bob, call, serverOf, bobLayer } = twoHosts();
    call('INVITE', noting());
    clock.advance(0);
    const failures: string[] = [];
    serverOf().onFailed((why) => failures.push(why));
    bob.failure = new Error('gone');
    answer(serverOf(), 180);
    await Promise.resolve();
    expect(failures).toEqual(['gone']);
    expect(bobLayer.size).toBe(0);
  });
});

describe('non-INVITE server transaction', () => {
  it('repeats its response to repeated requests until timer J, and gives them up once', () => {
    const { clock, wire, call, serverOf, received, bobLayer } = twoHosts();
    wire.loses = (sent) => sent.what === '200 OPTIONS' && sent.atMs < 3_000;
    const user = noting();
    call('OPTIONS', user);
    clock.advance(0);
    expect(stateOf(serverOf())).toBe('trying');
    clock.advance(1_000);
    expect(wire.story()).toEqual(['alice 0 OPTIONS', 'alice 500 OPTIONS']);
    answer(serverOf(), 183);
    expect(stateOf(serverOf())).toBe('proceeding');
    answer(serverOf(), 200);
    answer(serverOf(), 500);
    expect(stateOf(serverOf())).toBe('completed');
    clock.advance(31_999);
    expect(user.notes).toEqual(['183', '200']);
    expect(wire.story('500 OPTIONS')).toEqual([]);
    expect([received.length, bobLayer.size]).toEqual([1, 1]);
    clock.advance(1);
    expect(bobLayer.size).toBe(0);
  });

  it('ends when the layer above gives no answer before the client stops waiting', () => {
    const { clock, call, serverOf, wire, bobLayer } = twoHosts({ transport: 'tcp' });
    call('INFO', noting());
    clock.advance(31_999);
    expect(bobLayer.size).toBe(1);
    clock.advance(1);
    expect(bobLayer.size).toBe(0);
    answer(serverOf(), 200);
    expect(wire.story('200 INFO')).toEqual([]);
  });

  it('over TCP is over with its response; a failed send ends it', async () => {
    const tcp = twoHosts({ transport: 'tcp' });
    tcp.call('BYE', noting());
    tcp.clock.advance(0);
    answer(tcp.serverOf(), 200);
    expect(tcp.bobLayer.size).toBe(0);
    const udp = twoHosts();
    udp.call('BYE', noting());
    udp.clock.advance(0);
    udp.bob.failure = new Error('gone');
    udp.serverOf().respond(createResponse(udp.serverOf().request, 200));
    await Promise.resolve();
    expect(udp.bobLayer.size).toBe(0);
  });
});
