import { describe, expect, it } from 'vitest';
import { hashKey, isWellFormedKey, keyHint, mintKey } from '#core/accounts/key-format.js';

const FORMS = [
  ['sidetone', 'live', /^st_live_[0-9A-Za-z]{36}$/],
  ['sidetone', 'test', /^st_test_[0-9A-Za-z]{36}$/],
  ['telroi', 'live', /^tlr_live_[0-9A-Za-z]{36}$/],
  ['telroi', 'test', /^tlr_test_[0-9A-Za-z]{36}$/],
  ['talkroute', 'live', /^tr_live_[0-9a-f]{64}$/],
  ['talkroute', 'test', /^tr_live_[0-9a-f]{64}$/],
] as const;

describe.each(FORMS)('a key of style %s, %s', (style, mode, form) => {
  it('has the form its clients look for, and no two are the same', () => {
    const keys = Array.from({ length: 50 }, () => mintKey(style, mode));
    for (const key of keys) expect(key).toMatch(form);
    expect(new Set(keys).size).toBe(50);
    expect(keys.every(isWellFormedKey)).toBe(true);
  });

  it('is refused when one character is wrong, or two change places', () => {
    const key = mintKey(style, mode);
    for (let index = key.lastIndexOf('_') + 1; index < key.length; index++) {
      const other = key[index] === '1' ? '2' : '1';
      expect(isWellFormedKey(key.slice(0, index) + other + key.slice(index + 1))).toBe(false);
    }
    const [left = '', right = ''] = [key.at(-12), key.at(-11)];
    if (left !== right) expect(isWellFormedKey(key.slice(0, -12) + right + left + key.slice(-10))).toBe(false);
  });
});

it('refuses what is no key at all', () => {
  for (const text of ['', 'st_live_', 'YOUR_API_KEY', 'x'.repeat(100_000), `${mintKey('sidetone', 'live')} `]) {
    expect(isWellFormedKey(text)).toBe(false);
  }
});

it('does not take the test prefix for the live one', () => {
  const key = mintKey('sidetone', 'test');
  expect(isWellFormedKey(key.replace('test', 'live'))).toBe(false);
});

it('gives a hint without giving the key away', () => {
  const key = mintKey('telroi', 'live');
  expect(keyHint(key)).toBe(`tlr_live_…${key.slice(-4)}`);
});

it('is stored as its SHA-256 (FIPS 180-4, the example "abc")', () => {
  expect(hashKey('abc').toString('hex')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});
