import { describe, expect, it } from 'vitest';
import { SipParseError } from '#voice/sip/sip-parse-error.js';
import { formatUri, parseSipUri, parseUri, uriEquals } from '#voice/sip/uri.js';

describe('parseUri', () => {
  it('reads every part of a sip URI', () => {
    const uri = parseUri(
      'sip:alice:p%40ss@Gateway.Example.com:5070;transport=TCP;lr?subject=project%20x&priority=urgent',
    );
    expect(uri).toEqual({
      scheme: 'sip',
      user: 'alice',
      password: 'p@ss',
      host: 'gateway.example.com',
      port: 5070,
      params: new Map([
        ['transport', 'TCP'],
        ['lr', null],
      ]),
      headers: new Map([
        ['subject', 'project x'],
        ['priority', 'urgent'],
      ]),
    });
  });

  it('reads IPv6 hosts, users with reserved characters and feature codes', () => {
    expect(parseUri('SIPS:[2001:DB8::9]:5061')).toMatchObject({ scheme: 'sips', host: '[2001:db8::9]', port: 5061 });
    expect(parseUri('sip:+1(555);phone-context=x?/y@example.com')).toMatchObject({
      user: '+1(555);phone-context=x?/y',
    });
    expect(parseUri('sip:*98#@example.com')).toMatchObject({ user: '*98#' });
  });

  it('reads tel URIs without their visual separators', () => {
    expect(parseUri('tel:+1-(201)-555.0123;phone-context=example.com')).toEqual({
      scheme: 'tel',
      number: '+12015550123',
      params: new Map([['phone-context', 'example.com']]),
    });
  });

  it('keeps other schemes as they are, and refuses them where only sip will do', () => {
    expect(parseUri('urn:service:sos')).toEqual({ scheme: 'other', text: 'urn:service:sos' });
    expect(() => parseSipUri('tel:+12015550123')).toThrow(expect.objectContaining({ status: 416 }) as Error);
  });

  it.each([
    '',
    'example.com',
    'sip:',
    'sip:@example.com',
    'sip:a@b@example.com',
    'sip:a b@example.com',
    'sip:a@exa mple.com',
    'sip:a@example.com:0',
    'sip:a@example.com:65536',
    'sip:a@example.com:',
    'sip:a@[1::2::3]',
    'sip:a@example.com;',
    'sip:a@example.com;;lr',
    'sip:a@example.com;lr;lr',
    'sip:a@example.com?subject',
    'sip:%zz@example.com',
    'sip:%ff@example.com',
    'tel:',
    'tel:call me',
    'urn:',
    'urn:a<b>',
  ])('refuses %j', (text) => {
    expect(() => parseUri(text)).toThrow(SipParseError);
  });
});

describe('formatUri', () => {
  it.each([
    'sip:alice@example.com',
    'sips:bob:secret@[2001:db8::1]:5061;transport=tcp;lr',
    'sip:user;par=u%40example.net@example.com',
    'sip:example.com?to=sip:bob%2540biloxi.com',
    'sip:j%C3%BCrgen%20x@example.com',
    'sip:null-%00-null@example.com',
    'tel:+12015550123;ext=7',
    'mailto:a@example.com',
  ])('gives %s back', (text) => {
    expect(formatUri(parseUri(text))).toBe(text);
  });

  it('escapes what would end a part', () => {
    const uri = parseSipUri('sip:x@example.com;p=1');
    uri.user = 'a@b>c:d';
    uri.params.set('p', 'x;y');
    expect(formatUri(uri)).toBe('sip:a%40b%3Ec%3Ad@example.com;p=x%3By');
  });
});

describe('uriEquals (RFC 3261 section 19.1.4)', () => {
  it.each([
    ['sip:%61lice@atlanta.com;transport=TCP', 'sip:alice@AtLanTa.CoM;Transport=tcp'],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com;newparam=5'],
    ['sip:carol@chicago.com;security=on', 'sip:carol@chicago.com;newparam=5'],
    [
      'sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com',
      'sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com',
    ],
    ['sip:alice@atlanta.com?subject=x&priority=urgent', 'sip:alice@atlanta.com?priority=urgent&subject=x'],
    ['tel:+1-201-555-0123', 'tel:+12015550123'],
  ])('%s equals %s', (a, b) => {
    expect(uriEquals(parseUri(a), parseUri(b))).toBe(true);
    expect(uriEquals(parseUri(b), parseUri(a))).toBe(true);
  });

  it.each([
    ['SIP:ALICE@AtLanTa.CoM', 'sip:alice@atlanta.com'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com:5060'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com;transport=udp'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com:6000;transport=tcp'],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com?Subject=next%20meeting'],
    ['sip:bob@phone21.boxesbybob.com', 'sip:bob@192.0.2.4'],
    ['sip:carol@chicago.com;security=on', 'sip:carol@chicago.com;security=off'],
    ['sip:a@example.com', 'sips:a@example.com'],
    ['sip:a@example.com', 'sip:a:@example.com'],
    ['sip:+12015550123@example.com', 'tel:+12015550123'],
    ['urn:a', 'tel:1'],
  ])('%s differs from %s', (a, b) => {
    expect(uriEquals(parseUri(a), parseUri(b))).toBe(false);
    expect(uriEquals(parseUri(b), parseUri(a))).toBe(false);
  });
});
