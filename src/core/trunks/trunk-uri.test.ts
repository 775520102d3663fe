import { describe, expect, it } from 'vitest';
import { formatTrunkUri, isLoopbackHost, parseTrunkUri } from '#core/trunks/trunk-uri.js';

describe('a trunk’s URI', () => {
  it.each([
    ['sip:sip.example.com', { scheme: 'sip', host: 'sip.example.com', port: undefined, transport: 'udp' }],
    ['SIP:Sip.Example.com:5080', { scheme: 'sip', host: 'sip.example.com', port: 5080, transport: 'udp' }],
    ['sip:192.0.2.1:5060;transport=tcp', { scheme: 'sip', host: '192.0.2.1', port: 5060, transport: 'tcp' }],
    ['sip:[2001:db8::1]:5060;transport=UDP', { scheme: 'sip', host: '2001:db8::1', port: 5060, transport: 'udp' }],
    ['sip:a.example:5071;transport=tls', { scheme: 'sip', host: 'a.example', port: 5071, transport: 'tls' }],
    ['sips:a.example', { scheme: 'sips', host: 'a.example', port: undefined, transport: 'tls' }],
    ['sips:[::1]:5061;transport=tls', { scheme: 'sips', host: '::1', port: 5061, transport: 'tls' }],
    ['sip:carrier', { scheme: 'sip', host: 'carrier', port: undefined, transport: 'udp' }],
  ])('%s', (uri, address) => {
    expect(parseTrunkUri(uri)).toEqual(address);
    expect(parseTrunkUri(formatTrunkUri(parseTrunkUri(uri)))).toEqual(address);
  });

  it.each([
    ['', 'is sip:host'],
    ['sip.example.com', 'is sip:host'],
    ['sip:', 'is sip:host'],
    ['sip:exa mple.com', 'is sip:host'],
    ['sip:-a.example.com', 'is sip:host'],
    ['sip:300.1.1.1', 'is sip:host'],
    ['sip:[::1', 'is sip:host'],
    ['sip:[dead:beef]', 'is sip:host'],
    ['sip:example.com;maddr=192.0.2.1', 'is sip:host'],
    ['sip:me@example.com', '--username'],
    ['sips:example.com;transport=tcp', 'TLS only'],
    ['sip:example.com:0', 'port'],
    ['sip:example.com:65536', 'port'],
    ['sip:example.com;transport=ws', 'udp, tcp or tls'],
  ])('%j is refused', (uri, sentence) => {
    expect(() => parseTrunkUri(uri)).toThrow(sentence);
  });
});

it('knows this machine by name', () => {
  expect(['127.0.0.1', '127.1.2.3', '::1', 'localhost', 'phone.localhost'].every(isLoopbackHost)).toBe(true);
  expect(['0.0.0.0', '128.0.0.1', 'localhost.example.com', '127.example.com', '::'].some(isLoopbackHost)).toBe(false);
});
