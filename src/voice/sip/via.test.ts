import { describe, expect, it } from 'vitest';
import { Headers } from '#voice/sip/message.js';
import { SipParseError } from '#voice/sip/sip-parse-error.js';
import { formatVia, parseVia, replaceTopVia, topVia, viaValues } from '#voice/sip/via.js';

describe('Via', () => {
  it('reads blanks wherever the grammar allows them', () => {
    expect(parseVia('SIP  / 2.0\t/ tcp   spindle.Example.com : 5070 ; branch = z9hG4bK9 ; rport')).toEqual({
      transport: 'TCP',
      host: 'spindle.example.com',
      port: 5070,
      params: new Map([
        ['branch', 'z9hG4bK9'],
        ['rport', null],
      ]),
    });
  });

  it('reads IPv6 in sent-by and in received, bracketed or not', () => {
    const via = parseVia('SIP/2.0/UDP [2001:DB8::1];received=2001:db8::2;x=[2001:db8::3]');
    expect(via.host).toBe('[2001:db8::1]');
    expect(via.params.get('received')).toBe('2001:db8::2');
    expect(formatVia(via)).toBe('SIP/2.0/UDP [2001:db8::1];received=2001:db8::2;x=[2001:db8::3]');
  });

  it.each([
    '',
    'SIP/2.0/UDP',
    'SIP/3.0/UDP a',
    'HTTP/2.0/UDP a',
    'SIP/2.0/UDP a:99999',
    'SIP/2.0/UDP a;;branch=1',
    'SIP/2.0/UDP [::g]',
  ])('refuses %j', (text) => {
    expect(() => parseVia(text)).toThrow(SipParseError);
  });

  it('changes the top one and keeps those below, on one line or several', () => {
    const headers = Headers.of([
      ['Via', 'SIP/2.0/UDP a;branch=1,SIP/2.0/UDP b;branch=2'],
      ['To', 'x'],
      ['Via', 'SIP/2.0/UDP c;branch=3'],
    ]);
    const via = topVia(headers);
    via.params.set('received', '192.0.2.1');
    replaceTopVia(headers, via);
    expect(viaValues(headers)).toEqual([
      'SIP/2.0/UDP a;branch=1;received=192.0.2.1',
      'SIP/2.0/UDP b;branch=2',
      'SIP/2.0/UDP c;branch=3',
    ]);
    expect([...headers.entries()].map(([name]) => name)).toEqual(['Via', 'To', 'Via']);
  });
});
