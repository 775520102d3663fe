/**
 * The tar archive format as POSIX.1-2001 names it (pax, "ustar" part): a header of 512 bytes per file, its content padded
 * to 512, two zero blocks at the end. Regular files only, which is all that a backup holds; `tar tf` reads it.
 */

const BLOCK = 512;
/** Eleven octal digits. */
const MAX_BYTES = 8 ** 11 - 1;
const MAX_NAME_BYTES = 100;
const MAX_PREFIX_BYTES = 155;

/** Fields of the header: offset and length. */
const NAME = [0, 100] as const;
const MODE = [100, 8] as const;
const UID = [108, 8] as const;
const GID = [116, 8] as const;
const SIZE = [124, 12] as const;
const MTIME = [136, 12] as const;
const CHECKSUM = [148, 8] as const;
const TYPE = [156, 1] as const;
const MAGIC = [257, 8] as const;
const PREFIX = [345, 155] as const;

const REGULAR_FILE = '0';
const USTAR = 'ustar\u000000';

/** @throws RangeError when the name or the size does not fit. */
export function tarHeader(name: string, bytes: number, modifiedSeconds: number): Buffer {
  if (bytes > MAX_BYTES) throw new RangeError(`${name} is too large for the archive`);
  const [prefix, rest] = splitName(name);
  const header = Buffer.alloc(BLOCK);
  const text = ([offset, length]: readonly [number, number], value: string): void => {
    header.write(value, offset, length, 'utf8');
  };
  const octal = (field: readonly [number, number], value: number): void => {
    text(field, `${value.toString(8).padStart(field[1] - 1, '0')}\u0000`);
  };
  text(NAME, rest);
  octal(MODE, 0o600);
  octal(UID, 0);
  octal(GID, 0);
  octal(SIZE, bytes);
  octal(MTIME, modifiedSeconds);
  text(TYPE, REGULAR_FILE);
  text(MAGIC, USTAR);
  text(PREFIX, prefix);
  text(CHECKSUM, `${checksum(header).toString(8).padStart(6, '0')}\u0000 `);
  return header;
}

/** What follows a file's content. */
export function tarPadding(bytes: number): Buffer {
  return Buffer.alloc((BLOCK - (bytes % BLOCK)) % BLOCK);
}

export const tarEnd = (): Buffer => Buffer.alloc(2 * BLOCK);

/** The sum of the header's bytes, the checksum's own counted as spaces. */
function checksum(header: Buffer): number {
  let sum = 0;
  for (const [index, byte] of header.entries()) {
    sum += index >= CHECKSUM[0] && index < CHECKSUM[0] + CHECKSUM[1] ? 0x20 : byte;
  }
  return sum;
}

/** A long name is cut at a slash, its front goes to the prefix field. */
function splitName(name: string): [prefix: string, rest: string] {
  if (Buffer.byteLength(name) <= MAX_NAME_BYTES) return ['', name];
  for (let slash = name.indexOf('/'); slash !== -1; slash = name.indexOf('/', slash + 1)) {
    const prefix = name.slice(0, slash);
    const rest = name.slice(slash + 1);
    if (Buffer.byteLength(rest) <= MAX_NAME_BYTES && Buffer.byteLength(prefix) <= MAX_PREFIX_BYTES)
      return [prefix, rest];
  }
  throw new RangeError(`${name} is too long a name for the archive`);
}

export interface TarEntry {
  name: string;
  bytes: number;
  /** To be read to its end before the next entry. */
  content: AsyncIterable<Buffer>;
}

/** @throws Error when the bytes are not a tar archive or end too early. */
export async function* readTar(source: AsyncIterable<Buffer>): AsyncGenerator<TarEntry> {
  const reader = new ByteReader(source);
  for (;;) {
    const header = await reader.exactly(BLOCK);
    if (header.every((byte) => byte === 0)) return;
    const text = ([offset, length]: readonly [number, number]): string =>
      header.toString('utf8', offset, offset + length).replace(/\0.*$/s, '');
    if (Number.parseInt(text(CHECKSUM), 8) !== checksum(header)) throw new Error('not a tar archive, or a damaged one');
    if (text(TYPE) !== REGULAR_FILE) throw new Error('the archive holds something other than files');
    const bytes = Number.parseInt(text(SIZE), 8);
    const prefix = text(PREFIX);
    yield { name: prefix === '' ? text(NAME) : `${prefix}/${text(NAME)}`, bytes, content: reader.upTo(bytes) };
    await reader.exactly(tarPadding(bytes).length);
  }
}

/** Takes exact amounts from a stream of chunks of any size. */
class ByteReader {
  readonly #source: AsyncIterator<Buffer>;
  #held: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  async exactly(bytes: number): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for await (const chunk of this.upTo(bytes)) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  /** Yields chunks that together are `bytes` long. */
  async *upTo(bytes: number): AsyncGenerator<Buffer> {
    for (let left = bytes; left > 0;) {
      if (this.#held.length === 0) {
        const next = await this.#source.next();
        if (next.done === true) throw new Error('the archive is cut off');
        this.#held = next.value;
      }
      const chunk = this.#held.subarray(0, left);
      this.#held = this.#held.subarray(chunk.length);
      left -= chunk.length;
      if (chunk.length > 0) yield chunk;
    }
  }
}
