import { expect, it } from 'vitest';
import { numberCountry } from '#core/numbers/index.js';

it.each([
  ['+12125550100', 'US'],
  ['+14165550100', 'CA'],
  ['+18765550100', 'JM'],
  ['+17875550100', 'PR'],
  ['+18005550199', undefined],
  ['+15551234567', undefined],
  ['+15005550100', undefined],
  ['+19115550100', undefined],
  ['+12195550100', 'US'],
  ['+12915550100', undefined],
  ['+1212555010', undefined],
  ['+234803123456', 'NG'],
  ['+4930123456', 'DE'],
  ['+442071234567', undefined],
  ['+77012345678', undefined],
  ['+390612345678', undefined],
  ['+35312345678', 'IE'],
  ['+87012345678', undefined],
])('%s belongs to %s', (number, country) => {
  expect(numberCountry(number)).toBe(country);
});
