import { parse } from 'csv-parse';
import { isUtf8 } from 'node:buffer';
import { once } from 'node:events';
import type { Readable } from 'node:stream';

export interface CsvRow {
  /** 1-based, of the row's last line, as an editor counts. */
  line: number;
  cells: string[];
  /** Bytes of the file up to the end of this row. */
  bytes: number;
}

/** What is no CSV that can be read; its message is for the person whose file it is. */
export class UnreadableCsv extends Error {
  override readonly name = 'UnreadableCsv';
}

const ROW_MAX_BYTES = 100_000;

/**
 * The rows of a CSV (RFC 4180) in UTF-8, with or without byte order mark; commas, semicolons or tabs between cells,
 * whichever its first line has most of. Blank lines are skipped. Rejects with `UnreadableCsv` on another encoding, a
 * quote that never closes, a row of more than 100,000 bytes.
 */
export async function* csvRows(file: Readable): AsyncGenerator<CsvRow> {
  const chunks = inUtf8(file);
  const begin = await chunks.next();
  if (begin.done === true) return;
  const parser = parse({
    bom: true,
    delimiter: delimiterOf(begin.value.toString('utf8').split(/\r?\n/, 1)[0] ?? ''),
    info: true,
    max_record_size: ROW_MAX_BYTES,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
  });
  const ended = new AbortController();
  parser.once('close', () => ended.abort());
  const feed = async (): Promise<void> => {
    for (let next: IteratorResult<Buffer, unknown> = begin; next.done !== true; next = await chunks.next()) {
      if (parser.destroyed) return;
      if (!parser.write(next.value)) {
        // Its listeners go with it, whether there is room again or nobody reads any more.
        await once(parser, 'drain', { signal: ended.signal }).catch(() => undefined);
      }
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
  } catch (error) {
    throw explained(error);
  } finally {
    parser.destroy();
    file.destroy();
  }
}

/** The chunks as they are, of which every byte was looked at. */
async function* inUtf8(file: Readable): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  let bytes = 0;
  for await (const chunk of file as AsyncIterable<Buffer>) {
    if (bytes === 0) refuseUtf16(chunk);
    const joined = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const whole = joined.subarray(0, joined.length - unfinished(joined));
    if (!isUtf8(whole) || whole.includes(0)) throw notUtf8(bytes);
    rest = joined.subarray(whole.length);
    bytes += chunk.length;
    yield chunk;
  }
  if (rest.length > 0) throw notUtf8(bytes);
}

function refuseUtf16(begin: Buffer): void {
  const mark = begin.subarray(0, 2).toString('hex');
  if (mark === 'fffe' || mark === 'feff') {
    throw new UnreadableCsv('The file is written in UTF-16; save it as "CSV UTF-8".');
  }
}

/** How many bytes at the end begin a character that the next chunk ends. */
function unfinished(bytes: Buffer): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0;
  }
  return 0;
}

function notUtf8(after: number): UnreadableCsv {
  return new UnreadableCsv(
    `The file is not written in UTF-8 (seen after byte ${after}), or holds NUL bytes; save it as "CSV UTF-8".`,
  );
}

function explained(error: unknown): unknown {
  const { code = '', lines } = (error ?? {}) as { code?: string; lines?: number };
  const line = lines === undefined ? '' : ` near line ${lines}`;
  if (code === 'CSV_QUOTE_NOT_CLOSED') return new UnreadableCsv(`A quote${line} is never closed.`);
  if (code === 'CSV_MAX_RECORD_SIZE') {
    return new UnreadableCsv(`A row${line} has more than ${ROW_MAX_BYTES} bytes; is a quote before it never closed?`);
  }
  if (code.startsWith('CSV_')) return new UnreadableCsv(`The file is no CSV that can be read: ${String(error)}`);
  return error;
}

function delimiterOf(firstLine: string): string {
  const counted = [',', ';', '\t'].map((mark) => ({ mark, count: firstLine.split(mark).length }));
  return counted.reduce((best, each) => (each.count > best.count ? each : best)).mark;
}
