import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { csvRows, type CsvRow } from '#storage/csv-rows.js';

async function rowsOf(...chunks: (string | Buffer)[]): Promise<CsvRow[]> {
  const rows: CsvRow[] = [];
  for await (const row of csvRows(Readable.from(chunks.map((chunk) => Buffer.from(chunk))))) rows.push(row);
  return rows;
}

async function cellsOf(...chunks: (string | Buffer)[]): Promise<string[][]> {
  return (await rowsOf(...chunks)).map(({ cells }) => cells);
}

async function refusalOf(...chunks: (string | Buffer)[]): Promise<string> {
  const error = await rowsOf(...chunks).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect((error as Error | undefined)?.name).toBe('UnreadableCsv');
  return (error as Error).message;
}

describe('the rows of a CSV', () => {
  test.each([
    ['commas', 'a,b\r\n1,2\r\n'],
    ['semicolons', 'a;b\n1;2\n'],
    ['tabs', 'a\tb\n1\t2'],
    ['a byte order mark', '\ufeffa,b\n1,2\n'],
    ['blank lines', 'a,b\n\n1,2\n\n'],
    ['quotes', '"a","b"\n"1","2"\n'],
  ])('with %s', async (_, text) => {
    expect(await cellsOf(text)).toEqual([
      ['a', 'b'],
      ['1', '2'],
    ]);
  });

  test('keep commas, quotes and line ends inside of quotes, and quotes inside of words', async () => {
    expect(await cellsOf('a,b\n"1, ""2""\n3",12" pipe\n')).toEqual([
      ['a', 'b'],
      ['1, "2"\n3', '12" pipe'],
    ]);
  });

  test('say their line as an editor counts, and how far in the file they end', async () => {
    const rows = await rowsOf('a,b\n"x\ny",2\n\n3,4\n');
    expect(rows.map(({ line, bytes }) => [line, bytes])).toEqual([
      [1, 4],
      [3, 12],
      [5, 17],
    ]);
  });

  test('may be long or short: whoever reads them knows what that means', async () => {
    expect(await cellsOf('a,b\n1\n1,2,3\n')).toEqual([['a', 'b'], ['1'], ['1', '2', '3']]);
  });

  test('of an empty file are none', async () => {
    expect(await cellsOf('')).toEqual([]);
  });

  test('keep characters that two chunks share', async () => {
    const bytes = Buffer.from('name\nŁódź 🚀\n');
    for (let cut = 1; cut < bytes.length; cut++) {
      expect(await cellsOf(bytes.subarray(0, cut), bytes.subarray(cut))).toEqual([['name'], ['Łódź 🚀']]);
    }
  });

  test.each([
    ['UTF-16', Buffer.from('\ufeffa,b\n', 'utf16le'), /UTF-16/],
    ['Latin-1', Buffer.from('name\nJosé\n', 'latin1'), /not written in UTF-8/],
    ['a character cut off at the end', Buffer.from('name\nJosé').subarray(0, -1), /not written in UTF-8/],
    ['NUL bytes', Buffer.from('name\nJo\0se\n'), /NUL/],
    ['a quote that never closes', 'a,b\n"1,2\n3,4\n', /quote .*never closed/i],
    ['a cell of a megabyte', `a,b\n${'x'.repeat(1_000_000)},1\n`, /more than 100000 bytes/],
  ])('are refused with a sentence: %s', async (_, file, sentence) => {
    expect(await refusalOf(file)).toMatch(sentence);
  });
});
