import { describe, expect, test } from 'vitest';
import { contactPeers } from '#voice/sip/contact-peers.js';

describe('where a registered contact is reached', () => {
  const from = (transport: 'udp' | 'tcp', uri: string) =>
    contactPeers({ uri, transport, address: '192.0.2.7', port: 40_001, expiresAt: 0 }).map(({ port }) => port);

  test('over UDP: where it registered from', () => {
    expect(from('udp', 'sip:101@192.0.2.7:5070')).toEqual([40_001]);
  });

  test('over TCP: on its own connection, else where it listens', () => {
    expect(from('tcp', 'sip:101@192.0.2.7:5070;transport=tcp')).toEqual([40_001, 5070]);
    expect(from('tcp', 'sip:101@192.0.2.7;transport=tcp')).toEqual([40_001, 5060]);
  });

  test('over TCP from behind a NAT: only on its own connection', () => {
    expect(from('tcp', 'sip:101@10.0.0.7:5070;transport=tcp')).toEqual([40_001]);
  });

  test('over TCP from the port where it listens: once', () => {
    expect(from('tcp', 'sip:101@192.0.2.7:40001;transport=tcp')).toEqual([40_001]);
  });
});
