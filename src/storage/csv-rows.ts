import { parse } from 'csv-parse';
import type { Readable } from 'node:stream';

export interface CsvRow {
  /** 1-based, of the row's last line, as an editor counts. */
  line: number;
  cells: string[];
  /** Bytes of the file up to the end of this row. */
  bytes: number;
}

const ROW_MAX_BYTES = 100_000;

/**
 * The rows of a CSV (RFC 4180) in UTF-8, with or without byte order mark; commas, semicolons or tabs between cells,
 * whichever its first line has most of. Blank lines are skipped. Rejects with a sentence on a quote that never closes.
 */
export async function* csvRows(file: Readable): AsyncGenerator<CsvRow> {
  const chunks = file[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const begin = await chunks.next();
  if (begin.done === true) return;
  const parser = parse({
    bom: true,
    delimiter: delimiterOf(begin.value.toString('utf8').split(/\r?\n/, 1)[0] ?? ''),
    info: true,
    max_record_size: ROW_MAX_BYTES,
    relax_column_count: true,
    skip_empty_lines: true,
  });
  const feed = async (): Promise<void> => {
    for (let next: IteratorResult<Buffer, unknown> = begin; next.done !== true; next = await chunks.next()) {
      if (!parser.write(next.value)) await new Promise((resolve) => parser.once('drain', resolve));
    }
    parser.end();
  };
  feed().catch((error: unknown) => parser.destroy(error instanceof Error ? error : new Error(String(error))));
  try {
    for await (const { record, info } of parser as AsyncIterable<{
      record: string[];
      info: { lines: number; bytes: number };
    }>) {
      yield { line: info.lines, cells: record, bytes: info.bytes };
    }
  } finally {
    parser.destroy();
    file.destroy();
  }
}

function delimiterOf(firstLine: string): string {
  const counted = [',', ';', '\t'].map((mark) => ({ mark, count: firstLine.split(mark).length }));
  return counted.reduce((best, each) => (each.count > best.count ? each : best)).mark;
}
