import { describe, expect, it } from 'vitest';
import { BELIEVED_PACKETS, QUIET_MS, SymmetricRtp } from '#voice/rtp/symmetric-rtp.js';

const DESCRIBED = { address: '10.0.0.5', port: 4_000 };
const TRANSLATED = { address: '198.51.100.7', port: 61_000 };
const STRANGER = { address: '203.0.113.9', port: 5_000 };
type Source = typeof DESCRIBED;

/** A path to the described address, and a clock for what arrives. */
function path(described: Source = DESCRIBED) {
  const symmetric = new SymmetricRtp();
  symmetric.describe(described.address, described.port);
  let nowMs = 1_000_000;
  return {
    symmetric,
    pass: (ms: number) => (nowMs += ms),
    /** So many packets, 20 ms apart; whether each was taken. */
    send: (from: Source, packets = 1, ssrc = 1) =>
      Array.from({ length: packets }, () => {
        const taken = symmetric.accepts(from.address, from.port, ssrc, nowMs);
        nowMs += 20;
        return taken;
      }),
  };
}

const taken = (results: boolean[]): number => results.filter(Boolean).length;

describe('SymmetricRtp', () => {
  it('sends where it is told, and believes the described source at once', () => {
    expect(new SymmetricRtp().destination).toBeUndefined();
    const { symmetric, send } = path();
    expect(symmetric.destination).toEqual(DESCRIBED);
    expect(send(DESCRIBED, 3)).toEqual([true, true, true]);
    expect(symmetric.destination).toEqual(DESCRIBED);
  });

  it('follows a far end behind address translation after some packets and some time', () => {
    const { symmetric, send } = path();
    expect(taken(send(TRANSLATED, BELIEVED_PACKETS - 1))).toBe(0);
    expect(symmetric.destination).toEqual(DESCRIBED);
    expect(send(TRANSLATED)).toEqual([true]);
    expect(symmetric.destination).toEqual(TRANSLATED);
  });

  it('does not believe a burst', () => {
    const { symmetric } = path();
    for (let i = 0; i < 1_000; i++) symmetric.accepts(STRANGER.address, STRANGER.port, 1, 1_000_000);
    expect(symmetric.destination).toEqual(DESCRIBED);
  });

  it('prefers the described source, whoever came before it', () => {
    const { symmetric, send } = path();
    send(STRANGER, BELIEVED_PACKETS - 1);
    expect(send(DESCRIBED)).toEqual([true]);
    expect(taken(send(STRANGER, 100))).toBe(0);
    expect(symmetric.destination).toEqual(DESCRIBED);
  });

  it('lets the described source take over from one that was believed in its place', () => {
    const { symmetric, send } = path();
    send(STRANGER, BELIEVED_PACKETS);
    for (let i = 0; i < BELIEVED_PACKETS; i++) {
      send(STRANGER);
      send(DESCRIBED);
    }
    expect(symmetric.destination).toEqual(DESCRIBED);
    expect(send(STRANGER)).toEqual([false]);
  });

  it('keeps to its source: no other address is heard, however long the source is quiet', () => {
    const { symmetric, send, pass } = path();
    send(DESCRIBED);
    expect(taken(send(STRANGER, 50))).toBe(0);
    pass(60_000);
    expect(taken(send(STRANGER, 50))).toBe(0);
    expect(symmetric.destination).toEqual(DESCRIBED);
    expect(send(DESCRIBED)).toEqual([true]);
  });

  it('follows its source to another port when the old one has been quiet, not before', () => {
    const { symmetric, send, pass } = path();
    const moved = { ...TRANSLATED, port: 61_500 };
    send(TRANSLATED, BELIEVED_PACKETS);
    for (let i = 0; i < 100; i++) {
      send(TRANSLATED);
      expect(send(moved, 1, 2)).toEqual([false]);
    }
    pass(QUIET_MS);
    expect(taken(send(moved, BELIEVED_PACKETS, 2))).toBe(1);
    expect(symmetric.destination).toEqual(moved);
  });

  it('is not confused by two who both want to be believed', () => {
    const { symmetric, send } = path();
    for (let i = 0; i < BELIEVED_PACKETS; i++) {
      send(TRANSLATED);
      send(STRANGER);
    }
    expect(symmetric.destination).toEqual(TRANSLATED);
    const neighbour = { ...DESCRIBED, port: 4_002 };
    const other = path();
    for (let i = 0; i < BELIEVED_PACKETS; i++) {
      other.send(STRANGER);
      other.send(neighbour);
    }
    expect(other.symmetric.destination).toEqual(neighbour);
  });

  it('finds its source anew after a description, and sends to the old one until then', () => {
    const { symmetric, send } = path();
    send(TRANSLATED, BELIEVED_PACKETS);
    symmetric.describe(DESCRIBED.address, DESCRIBED.port);
    expect(symmetric.destination).toEqual(TRANSLATED);
    expect(send(TRANSLATED)).toEqual([true]);
    symmetric.describe(DESCRIBED.address, DESCRIBED.port);
    send(STRANGER, BELIEVED_PACKETS);
    expect(symmetric.destination).toEqual(STRANGER);
  });

  it('sends to a changed address at once', () => {
    const { symmetric, send } = path();
    send(TRANSLATED, BELIEVED_PACKETS);
    symmetric.describe('192.0.2.1', 9_000);
    expect(symmetric.destination).toEqual({ address: '192.0.2.1', port: 9_000 });
  });

  it.each([
    ['0.0.0.0', 4_000],
    ['::', 4_000],
    ['10.0.0.5', 0],
    ['phone.example.com', 4_000],
  ])('has nowhere to send for %s:%d until it hears something', (address, port) => {
    const { symmetric, send } = path({ address, port });
    expect(symmetric.destination).toBeUndefined();
    send(DESCRIBED, BELIEVED_PACKETS);
    expect(symmetric.destination).toEqual(DESCRIBED);
  });
});
