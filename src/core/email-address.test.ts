import { expect, it } from 'vitest';
import { isEmailAddress } from '#core/email-address.js';

it.each(['ann@example.com', 'ann+otp@example.co.uk', 'ann@localhost', 'ünïcode@exämple.org'])('takes %s', (text) => {
  expect(isEmailAddress(text)).toBe(true);
});

it.each(['', 'ann', '@example.com', 'ann@', 'a b@example.com', 'ann@exam ple.com', 'Ann <ann@example.com>', 'a@b@c'])(
  'refuses %j',
  (text) => {
    expect(isEmailAddress(text)).toBe(false);
  },
);

it('refuses what is longer than a mailbox can be called', () => {
  expect(isEmailAddress(`${'a'.repeat(65)}@example.com`)).toBe(false);
  expect(isEmailAddress(`ann@${'a'.repeat(251)}`)).toBe(false);
});
