import { describe, expect, it } from 'vitest';
import { Dns, type DnsQueries, type PointerRecord, type ServiceRecord } from '#voice/sip/dns.js';
import { FailingPeers } from '#voice/sip/failing-peers.js';
import { HeldClock } from '#voice/sip/held-clock.fixture.js';
import { ResolveError, resolveUri, type ResolveOptions } from '#voice/sip/resolve.js';
import type { Peer } from '#voice/sip/transport.js';
import { parseSipUri } from '#voice/sip/uri.js';

interface Zone {
  addresses?: Record<string, string[]>;
  services?: Record<string, ServiceRecord[]>;
  pointers?: Record<string, PointerRecord[]>;
}

const srv = (name: string, port: number, priority = 1, weight = 1): ServiceRecord => ({ name, port, priority, weight });

/** A network with these records and no others; `asked` notes every query. */
function networkOf(zone: Zone) {
  const clock = new HeldClock();
  const asked: string[] = [];
  const network = { isDown: false, isSilent: false };
  const answer = async <T>(kind: string, records: Record<string, T[]> = {}, name: string): Promise<T[]> => {
    asked.push(`${kind} ${name}`);
    if (network.isSilent) return new Promise(() => undefined);
    if (network.isDown) throw Object.assign(new Error('down'), { code: 'ECONNREFUSED' });
    const found = records[name];
    if (found === undefined) throw Object.assign(new Error('none'), { code: 'ENOTFOUND' });
    return found;
  };
  const queries: DnsQueries = {
    addresses: (host) => answer('A', zone.addresses, host),
    services: (name) => answer('SRV', zone.services, name),
    pointers: (name) => answer('NAPTR', zone.pointers, name),
  };
  const dns = new Dns(clock, queries);
  const resolve = async (uri: string, options: Partial<ResolveOptions> = {}): Promise<string[]> =>
    (await resolveUri(parseSipUri(uri), { dns, random: () => 0, ...options })).map(inShort);
  return { clock, asked, network, resolve };
}

const inShort = ({ transport, address, port, tls }: Peer): string =>
  `${transport} ${address} ${port}${tls === undefined ? '' : ` for ${tls.name}`}`;

const carrier = networkOf({ addresses: { 'carrier.example': ['192.0.2.1', '2001:db8::1'] } });

describe('without SRV records', () => {
  it.each([
    ['sip:192.0.2.7', ['udp 192.0.2.7 5060']],
    ['sip:a@[2001:db8::7]:5070;transport=TCP', ['tcp 2001:db8::7 5070']],
    ['sips:192.0.2.7', ['tls 192.0.2.7 5061 for 192.0.2.7']],
    ['sip:192.0.2.7;transport=tls', ['tls 192.0.2.7 5061 for 192.0.2.7']],
    ['sip:carrier.example:5080', ['udp 192.0.2.1 5080', 'udp 2001:db8::1 5080']],
    ['sip:carrier.example', ['udp 192.0.2.1 5060', 'udp 2001:db8::1 5060']],
    ['sip:carrier.example;transport=tcp', ['tcp 192.0.2.1 5060', 'tcp 2001:db8::1 5060']],
    ['sips:carrier.example', ['tls 192.0.2.1 5061 for carrier.example', 'tls 2001:db8::1 5061 for carrier.example']],
  ])('%s leads to the addresses', async (uri, peers) => {
    expect(await carrier.resolve(uri)).toEqual(peers);
  });

  it.each(['sip:nowhere.example', 'sip:a;transport=sctp', 'sips:a;transport=udp2'])('%s leads nowhere', async (uri) => {
    await expect(carrier.resolve(uri)).rejects.toThrow(ResolveError);
  });

  it('asks for none where the URI says all, or the name has no dot', async () => {
    const { asked, resolve } = networkOf({ addresses: { 'a.example': ['192.0.2.1'], localhost: ['127.0.0.1'] } });
    await resolve('sip:a.example:5060');
    await resolve('sip:localhost;transport=tcp');
    await resolve('sip:192.0.2.7');
    expect(asked).toEqual(['A a.example', 'A localhost']);
  });

  it('puts the addresses first that our sockets are for', async () => {
    const { resolve } = networkOf({ addresses: { 'a.example': ['2001:db8::1', '192.0.2.1'] } });
    expect(await resolve('sip:a.example', { prefersIPv4: true })).toEqual([
      'udp 192.0.2.1 5060',
      'udp 2001:db8::1 5060',
    ]);
  });
});

describe('with SRV records', () => {
  const addresses = {
    'one.example': ['192.0.2.1'],
    'two.example': ['192.0.2.2', '192.0.2.3'],
    'a.example': ['192.0.2.9'],
  };
  const services = {
    '_sip._udp.a.example': [srv('two.example', 5062, 20), srv('one.example', 5061, 10), srv('.', 0, 1)],
    '_sip._tcp.a.example': [srv('one.example', 5070)],
    '_sips._tcp.a.example': [srv('one.example', 5071)],
  };

  it('leads to all targets, by priority, UDP before TCP', async () => {
    const { resolve } = networkOf({ addresses, services });
    expect(await resolve('sip:a.example')).toEqual([
      'udp 192.0.2.1 5061',
      'udp 192.0.2.2 5062',
      'udp 192.0.2.3 5062',
      'tcp 192.0.2.1 5070',
    ]);
  });

  it('asks for the transport that the URI names, and remembers the name for the certificate', async () => {
    const { resolve } = networkOf({ addresses, services });
    expect(await resolve('sip:a.example;transport=tcp')).toEqual(['tcp 192.0.2.1 5070']);
    expect(await resolve('sips:a.example')).toEqual(['tls 192.0.2.1 5071 for a.example']);
  });

  it('asks for what NAPTR records name, in their order', async () => {
    const pointer = (service: string, order: number, replacement: string): PointerRecord => ({
      service,
      order,
      preference: 1,
      flags: 's',
      replacement,
    });
    const { resolve, asked } = networkOf({
      addresses,
      services: { ...services, '_sips._tcp.b.example': [srv('two.example', 5072)] },
      pointers: {
        'a.example': [
          pointer('SIP+D2T', 2, '_sip._tcp.a.example'),
          pointer('SIPS+D2T', 1, '_sips._tcp.b.example'),
          pointer('SIP+D2S', 0, '_sip._sctp.a.example'),
        ],
      },
    });
    expect(await resolve('sip:a.example')).toEqual([
      'tls 192.0.2.2 5072 for a.example',
      'tls 192.0.2.3 5072 for a.example',
      'tcp 192.0.2.1 5070',
    ]);
    expect(asked).not.toContain('SRV _sip._udp.a.example');
  });

  it('draws among equals by weight', async () => {
    const equals = [srv('one.example', 1, 1, 10), srv('one.example', 2, 1, 90), srv('one.example', 3, 1, 0)];
    const { resolve } = networkOf({ addresses, services: { '_sip._udp.a.example': equals } });
    const drawn = async (random: number) => (await resolve('sip:a.example', { random: () => random }))[0];
    expect(await drawn(0)).toBe('udp 192.0.2.1 1');
    expect(await drawn(0.05)).toBe('udp 192.0.2.1 1');
    expect(await drawn(0.5)).toBe('udp 192.0.2.1 2');
    expect(await drawn(0.999)).toBe('udp 192.0.2.1 2');
  });

  it('falls back to the addresses of the name when there are none', async () => {
    const { resolve } = networkOf({ addresses });
    expect(await resolve('sip:a.example')).toEqual(['udp 192.0.2.9 5060']);
  });

  it('keeps to a maximum', async () => {
    const many = Array.from({ length: 100 }, (_, index) => srv('two.example', index + 1));
    const { resolve } = networkOf({ addresses, services: { '_sip._udp.a.example': many } });
    expect(await resolve('sip:a.example')).toHaveLength(16);
  });
});

describe('what DNS said', () => {
  const zone: Zone = { addresses: { 'a.example': ['192.0.2.1'] } };

  it('is remembered for a minute, and that there is nothing for ten seconds', async () => {
    const { resolve, asked, clock } = networkOf(zone);
    const queries = async (uri: string): Promise<number> => {
      await resolve(uri).catch(() => undefined);
      return asked.splice(0).length;
    };
    expect(await queries('sip:a.example:5060')).toBe(1);
    expect(await queries('sip:none.example:5060')).toBe(1);
    clock.advance(9_999);
    expect(await queries('sip:none.example:5060')).toBe(0);
    clock.advance(1);
    expect(await queries('sip:none.example:5060')).toBe(1);
    clock.advance(49_999);
    expect(await queries('sip:a.example:5060')).toBe(0);
    clock.advance(1);
    expect(await queries('sip:a.example:5060')).toBe(1);
  });

  it('is asked once by many at the same time, and for no more than so many names', async () => {
    const { resolve, asked } = networkOf(zone);
    await Promise.all(Array.from({ length: 50 }, () => resolve('sip:a.example:5060')));
    expect(asked).toEqual(['A a.example']);
    for (let index = 0; index < 1_000; index += 1) await resolve(`sip:x${index}.example:1`).catch(() => undefined);
    await resolve('sip:a.example:5060');
    expect(asked.at(-1)).toBe('A a.example');
  });

  it('goes on while no name server answers', async () => {
    const { resolve, clock, network } = networkOf(zone);
    const known = await resolve('sip:a.example:5060');
    network.isDown = true;
    clock.advance(60_000);
    expect(await resolve('sip:a.example:5060')).toEqual(known);
    await expect(resolve('sip:b.example:5060')).rejects.toThrow('b.example does not resolve to an address');
  });

  it('is not waited for any longer than a few seconds, SRV records or not', async () => {
    const { resolve, clock, network } = networkOf(zone);
    network.isSilent = true;
    const failure = resolve('sip:a.example').catch((error: unknown) => error);
    for (let stage = 0; stage < 3; stage += 1) {
      await new Promise(setImmediate);
      clock.advance(2_500);
    }
    expect(await failure).toBeInstanceOf(ResolveError);
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('a peer that failed', () => {
  const peers: Peer[] = [1, 2, 3].map((port) => ({ transport: 'udp', address: '192.0.2.1', port }));
  const order = (failing: FailingPeers) => failing.last(peers).map(({ port }) => port);

  it('is tried last for two minutes, or until it answers', () => {
    const clock = new HeldClock();
    const failing = new FailingPeers(clock);
    failing.failed(peers[0]!);
    expect(order(failing)).toEqual([2, 3, 1]);
    failing.failed(peers[1]!);
    failing.answered(peers[0]!);
    expect(order(failing)).toEqual([1, 3, 2]);
    clock.advance(120_000);
    expect(order(failing)).toEqual([1, 2, 3]);
  });

  it('is forgotten where there are too many', () => {
    const failing = new FailingPeers(new HeldClock());
    failing.failed(peers[0]!);
    for (let port = 10; port < 1_010; port += 1) failing.failed({ transport: 'udp', address: '192.0.2.2', port });
    expect(order(failing)).toEqual([1, 2, 3]);
  });
});
