import { expect, test } from 'vitest';
import { csvLine, withoutGuard } from '#core/csv-text.js';

test('cells are quoted where they must be', () => {
  expect(csvLine(['a', 'b,c', 'd"e', 'f\ng'])).toBe('a,"b,c","d""e","f\ng"\r\n');
});

test.each([
  ['=HYPERLINK("http://x")', '\'=HYPERLINK("http://x")'],
  ['@SUM(A1)', "'@SUM(A1)"],
  ['+cmd|calc', "'+cmd|calc"],
  ['-2+3', "'-2+3"],
  ['\tx', "'\tx"],
  ["'=1", "''=1"],
  ['+12125550100', '+12125550100'],
  ['-5.5', '-5.5'],
  ["O'Neill", "O'Neill"],
  ["'tis", "'tis"],
])('%j is written so that no spreadsheet runs it, and read as it was', (text, written) => {
  const line = csvLine([text]).slice(0, -2);
  expect(line.replace(/^"|"$/g, '').replaceAll('""', '"')).toBe(written);
  expect(withoutGuard(written)).toBe(text);
});
