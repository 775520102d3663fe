import { describe, expect, it } from 'vitest';
import { ALL_OVER_MS, answer, noting, twoHosts } from '#voice/sip/transaction-layer.fixture.js';

describe('non-INVITE client transaction', () => {
  it('repeats twice as late each time up to T2, and times out after 64 T1 (timers E, F)', () => {
    const { clock, wire, call, aliceLayer } = twoHosts();
    wire.loses = () => true;
    const user = noting();
    call('OPTIONS', user);
    clock.advance(ALL_OVER_MS);
    expect(wire.log.map((sent) => sent.atMs)).toEqual([
      0, 500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500,
    ]);
    expect(user.notes).toEqual(['timeout']);
    expect(aliceLayer.size).toBe(0);
  });

  it('repeats every T2 once it is proceeding, and still times out', () => {
    const { clock, wire, call, serverOf } = twoHosts();
    const user = noting();
    call('REGISTER', user);
    clock.advance(0);
    answer(serverOf(), 100);
    clock.advance(ALL_OVER_MS);
    expect(wire.story('REGISTER').slice(0, 4)).toEqual([
      'alice 0 REGISTER',
      'alice 500 REGISTER',
      'alice 4500 REGISTER',
      'alice 8500 REGISTER',
    ]);
    expect(user.notes.at(-1)).toBe('timeout');
  });

  it('ends with the first final response and absorbs the others for T4 (timer K)', () => {
    const { clock, call, serverOf, aliceLayer } = twoHosts();
    const user = noting();
    const transaction = call('BYE', user);
    transaction.cancel();
    clock.advance(0);
    answer(serverOf(), 200);
    clock.advance(4_999);
    expect(aliceLayer.size).toBe(1);
    clock.advance(1);
    expect(aliceLayer.size).toBe(0);
    expect(user.notes).toEqual(['200']);
  });

  it('over TCP repeats nothing and ends at once, or times out', () => {
    const { clock, wire, call, serverOf, aliceLayer } = twoHosts({ transport: 'tcp' });
    const user = noting();
    call('INFO', user);
    clock.advance(0);
    answer(serverOf(), 200);
    clock.advance(0);
    expect([user.notes, aliceLayer.size]).toEqual([['200'], 0]);
    wire.loses = () => true;
    call('INFO', user);
    clock.advance(32_000);
    expect(user.notes).toEqual(['200', 'timeout']);
    expect(wire.story('INFO')).toHaveLength(2);
  });

  it('reports a transport failure, also of a repetition, and nothing after it', async () => {
    const { clock, alice, wire, call } = twoHosts();
    wire.loses = () => true;
    const user = noting();
    call('OPTIONS', user);
    alice.failure = new Error('network down');
    clock.advance(500);
    await Promise.resolve();
    clock.advance(ALL_OVER_MS);
    expect(user.notes).toEqual(['failed: network down']);
  });
});
