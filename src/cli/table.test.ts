import { describe, expect, it } from 'vitest';
import { formatTable, printable } from '#cli/table.js';

describe('a table', () => {
  it('is aligned, numbers to the right, nothing as a hyphen', () => {
    expect(
      formatTable(
        ['NAME', 'CALLS', 'PHONE'],
        [
          ['long name', 7, null],
          ['x', 1234567, 'yes'],
        ],
        'none',
      ),
    ).toBe('NAME         CALLS  PHONE\nlong name        7  -\nx          1234567  yes');
  });

  it('says so when there is nothing', () => {
    expect(formatTable(['NAME'], [], 'no phones')).toBe('no phones');
  });
});

it('keeps control characters from the terminal', () => {
  expect(printable('a\u001b[2Jb\r\nc\u009bd')).toBe('a [2Jb c d');
});
