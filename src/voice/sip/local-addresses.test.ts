import type { NetworkInterfaceInfo } from 'node:os';
import { describe, expect, it } from 'vitest';
import { HeldClock } from '#voice/sip/held-clock.fixture.js';
import { LocalAddresses } from '#voice/sip/local-addresses.js';

function ipv4(address: string, prefix: number, internal = false): NetworkInterfaceInfo {
  return { address, netmask: '', mac: '', internal, family: 'IPv4', cidr: `${address}/${prefix}` };
}

const INTERFACES = { lo: [ipv4('127.0.0.1', 8, true)], eth0: [ipv4('10.1.2.3', 24)], eth1: [ipv4('198.51.100.9', 28)] };

function addresses(bound: string, parts: { publicAddress?: string; defaultRoute?: string } = {}) {
  return new LocalAddresses({ bound, clock: new HeldClock(), interfaces: () => INTERFACES, ...parts });
}

describe('LocalAddresses', () => {
  it.each([
    ['0.0.0.0', '127.0.0.1', '127.0.0.1'],
    ['0.0.0.0', '10.1.2.99', '10.1.2.3'],
    ['0.0.0.0', '198.51.100.1', '198.51.100.9'],
    ['0.0.0.0', '203.0.113.5', '10.1.2.3'],
    ['10.1.2.3', '203.0.113.5', '10.1.2.3'],
    ['127.0.0.1', '203.0.113.5', '127.0.0.1'],
    ['::', '::1', '::1'],
  ])('bound to %s, a peer at %s reaches us at %s', (bound, peer, expected) => {
    expect(addresses(bound).towards(peer)).toBe(expected);
  });

  it('uses the default route before any interface, and the public address before both', () => {
    expect(addresses('0.0.0.0', { defaultRoute: '198.51.100.9' }).towards('203.0.113.5')).toBe('198.51.100.9');
    const both = { publicAddress: '192.0.2.80', defaultRoute: '198.51.100.9' };
    expect(addresses('0.0.0.0', both).towards('203.0.113.5')).toBe('192.0.2.80');
  });

  it.each([
    ['0.0.0.0', '10.1.2.99', '10.1.2.3'],
    ['10.1.2.3', '10.1.2.99', '10.1.2.3'],
    ['10.1.2.3', '203.0.113.5', '192.0.2.80'],
    ['127.0.0.1', '127.0.0.1', '127.0.0.1'],
    ['10.1.2.3', '127.0.0.1', '10.1.2.3'],
  ])('behind a NAT, bound to %s, a peer at %s reaches us at %s', (bound, peer, expected) => {
    expect(addresses(bound, { publicAddress: '192.0.2.80' }).towards(peer)).toBe(expected);
  });
});
