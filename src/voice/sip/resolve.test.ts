import { describe, expect, it } from 'vitest';
import { resolveUri, ResolveError } from '#voice/sip/resolve.js';
import { parseSipUri } from '#voice/sip/uri.js';

const lookup = (host: string) =>
  host === 'carrier.example'
    ? Promise.resolve([{ address: '192.0.2.1' }, { address: '2001:db8::1' }])
    : Promise.reject(new Error('ENOTFOUND'));

const resolve = (uri: string) => resolveUri(parseSipUri(uri), lookup);

describe('resolveUri', () => {
  it('takes literal addresses as they are', async () => {
    expect(await resolve('sip:192.0.2.7')).toEqual([{ transport: 'udp', address: '192.0.2.7', port: 5060 }]);
    expect(await resolve('sip:a@[2001:db8::7]:5070;transport=TCP')).toEqual([
      { transport: 'tcp', address: '2001:db8::7', port: 5070 },
    ]);
  });

  it('gives every address of a name', async () => {
    expect(await resolve('sip:carrier.example:5080')).toEqual([
      { transport: 'udp', address: '192.0.2.1', port: 5080 },
      { transport: 'udp', address: '2001:db8::1', port: 5080 },
    ]);
  });

  it.each(['sip:nowhere.example', 'sips:carrier.example', 'sip:carrier.example;transport=tls', 'sip:a;transport=sctp'])(
    'refuses %s',
    async (uri) => {
      await expect(resolve(uri)).rejects.toThrow(ResolveError);
    },
  );
});
