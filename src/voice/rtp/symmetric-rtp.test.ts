import { describe, expect, it } from 'vitest';
import { SymmetricRtp } from '#voice/rtp/symmetric-rtp.js';

describe('SymmetricRtp', () => {
  it('sends where it is told until it hears something, then there', () => {
    const path = new SymmetricRtp();
    expect(path.destination).toBeUndefined();
    path.describe('10.0.0.5', 4_000);
    expect(path.destination).toEqual({ address: '10.0.0.5', port: 4_000 });
    expect(path.accepts('198.51.100.7', 61_000)).toBe(true);
    expect(path.destination).toEqual({ address: '198.51.100.7', port: 61_000 });
  });

  it('keeps to the first source', () => {
    const path = new SymmetricRtp();
    path.describe('10.0.0.5', 4_000);
    path.accepts('198.51.100.7', 61_000);
    expect(path.accepts('198.51.100.7', 61_001)).toBe(false);
    expect(path.accepts('10.0.0.5', 61_000)).toBe(false);
    expect(path.accepts('198.51.100.7', 61_000)).toBe(true);
    expect(path.destination).toEqual({ address: '198.51.100.7', port: 61_000 });
  });

  it('believes a new source after a new description, and goes on sending to the old one until then', () => {
    const path = new SymmetricRtp();
    path.describe('10.0.0.5', 4_000);
    path.accepts('198.51.100.7', 61_000);
    path.describe('10.0.0.5', 4_000);
    expect(path.destination?.address).toBe('198.51.100.7');
    expect(path.accepts('203.0.113.9', 5_000)).toBe(true);
    expect(path.destination).toEqual({ address: '203.0.113.9', port: 5_000 });
  });

  it('sends to a changed address at once', () => {
    const path = new SymmetricRtp();
    path.describe('10.0.0.5', 4_000);
    path.accepts('198.51.100.7', 61_000);
    path.describe('192.0.2.1', 9_000);
    expect(path.destination).toEqual({ address: '192.0.2.1', port: 9_000 });
  });

  it.each([
    ['0.0.0.0', 4_000],
    ['::', 4_000],
    ['10.0.0.5', 0],
    ['phone.example.com', 4_000],
  ])('has nowhere to send for %s:%d until it hears something', (address, port) => {
    const path = new SymmetricRtp();
    path.describe(address, port);
    expect(path.destination).toBeUndefined();
    path.accepts('10.0.0.5', 4_000);
    expect(path.destination).toEqual({ address: '10.0.0.5', port: 4_000 });
  });
});
