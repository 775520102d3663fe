import { describe, expect, it } from 'vitest';
import {
  formatNameAddress,
  parseContacts,
  parseNameAddress,
  parseNameAddresses,
  tagOf,
} from '#voice/sip/name-address.js';
import { SipParseError } from '#voice/sip/sip-parse-error.js';
import { formatUri } from '#voice/sip/uri.js';

describe('parseNameAddress', () => {
  it('reads quoted, plain and absent display names', () => {
    expect(parseNameAddress('"Ann \\"x\\" <b>, c" <sip:a@example.com>;tag=1').displayName).toBe('Ann "x" <b>, c');
    expect(parseNameAddress('Ann Lee <sip:a@example.com>').displayName).toBe('Ann Lee');
    expect(parseNameAddress('ann<sip:a@example.com>').displayName).toBe('ann');
    expect(parseNameAddress('Bell, Alexander <sip:a@example.com>').displayName).toBe('Bell, Alexander');
    expect(parseNameAddress('"" <sip:a@example.com>')).not.toHaveProperty('displayName');
    expect(parseNameAddress('<sip:a@example.com>')).not.toHaveProperty('displayName');
  });

  it('tells parameters of the URI from those of the field', () => {
    const inside = parseNameAddress('<sip:a@example.com;user=phone>;tag=9');
    expect(inside.params).toEqual(new Map([['tag', '9']]));
    expect(formatUri(inside.uri)).toBe('sip:a@example.com;user=phone');
    const bare = parseNameAddress('sip:a@example.com;user=phone');
    expect(bare.params).toEqual(new Map([['user', 'phone']]));
    expect(formatUri(bare.uri)).toBe('sip:a@example.com');
  });

  it('reads quoted parameter values', () => {
    const { params } = parseNameAddress('<sip:a@example.com> ; +sip.instance = "<urn:uuid:1>" ; flag ;x="a\\"b"');
    expect(params).toEqual(
      new Map([
        ['+sip.instance', '<urn:uuid:1>'],
        ['flag', null],
        ['x', 'a"b'],
      ]),
    );
    expect(tagOf('sip:a@example.com;x="<y>";tag=3')).toBe('3');
  });

  it.each([
    '',
    '<>',
    '"Ann" sip:a@example.com',
    '"Ann <sip:a@example.com>',
    '<sip:a@example.com',
    'sip:a@example.com?Route=x',
    'sip:a@example.com, sip:b@example.com',
    '<sip:a@example.com>;',
    '<sip:a@example.com>;;tag=1',
    '<sip:a@example.com>;tag=1;tag=2',
    '<sip:a@example.com> tag=1',
  ])('refuses %j', (text) => {
    expect(() => parseNameAddress(text)).toThrow(SipParseError);
  });
});

describe('lists', () => {
  it('splits at the commas that separate', () => {
    const values = ['"Lee, Ann" <sip:a,b@example.com>;q=0.5, <sip:c@example.com>', 'sip:d@example.com'];
    expect(parseNameAddresses(values).map(({ uri }) => formatUri(uri))).toEqual([
      'sip:a,b@example.com',
      'sip:c@example.com',
      'sip:d@example.com',
    ]);
  });

  it('knows the star of REGISTER, alone only', () => {
    expect(parseContacts(['*'])).toBe('*');
    expect(parseContacts([])).toEqual([]);
    expect(() => parseContacts(['*', '<sip:a@example.com>'])).toThrow(SipParseError);
    expect(() => parseContacts(['<sip:a@example.com>,'])).toThrow(SipParseError);
  });
});

describe('formatNameAddress', () => {
  it.each([
    'Ann <sip:a@example.com>;tag=1',
    '"Lee, \\"Ann\\"" <sip:a@example.com;lr>;expires=60;+sip.instance="<urn:uuid:1>";flag',
    '<tel:+12015550123>',
  ])('gives %s back', (text) => {
    expect(formatNameAddress(parseNameAddress(text))).toBe(text);
  });
});
