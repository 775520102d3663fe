import { describe, expect, it } from 'vitest';
import { isE164, isExtension, parseE164 } from '#core/address.js';

describe('E.164', () => {
  it.each(['+12125550100', '+18005550199', '+1555123', '+155512345678901'])('takes %s', (number) => {
    expect(isE164(number)).toBe(true);
  });

  it.each(['', '12125550100', '+155512', '+1555123456789012', '+02125550100', '+1212555010a', '+12125550100\n'])(
    'refuses %j',
    (number) => {
      expect(isE164(number)).toBe(false);
    },
  );

  it('reads a number as people write it', () => {
    expect(parseE164('+1 (212) 555-01.00')).toBe('+12125550100');
    expect(parseE164('(212) 555-0100')).toBeUndefined();
  });
});

describe('extensions', () => {
  it('are 2 to 6 digits', () => {
    expect(['10', '101', '100200'].every(isExtension)).toBe(true);
    expect(['1', '1002003', '10a', '+101', ''].some(isExtension)).toBe(false);
  });
});
