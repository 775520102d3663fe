/**
 * Spoken sentences on disk: one file a clip, named by a hash. Files appear whole or not at all, damaged ones are
 * removed when met, and the least recently used go when the folder grows over its limit. Losing any is harmless.
 */
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Clock } from '#clock.js';

const SUFFIX = '.clip';
const UNFINISHED = '.part';
/** File: this, the number of samples and the CRC-32 of their bytes (32 bits each), the samples as this machine has them. */
const MAGIC = 'SIDECLP1';
const HEADER_BYTES = 16;
/** More clips than this at once are not kept: the disk is slower than the voices. */
const MAX_WRITES = 64;

export class ClipCache {
  readonly #folder: string;
  readonly #maxBytes: number;
  readonly #clock: Clock;
  readonly #onTrouble: (error: unknown) => void;
  /** Bytes of each file, the least recently used first. */
  readonly #sizes = new Map<string, number>();
  #totalBytes = 0;
  readonly #writes = new Set<Promise<void>>();
  #indexed: Promise<void> = Promise.resolve();
  #nextPart = 0;
  #closed = false;

  private constructor(options: ClipCacheOptions) {
    this.#folder = options.folder;
    this.#maxBytes = options.maxBytes;
    this.#clock = options.clock;
    this.#onTrouble = options.onTrouble;
  }

  /** Rejects when the folder cannot be made. What it holds is looked through in the background. */
  static async open(options: ClipCacheOptions): Promise<ClipCache> {
    // Sentences are what people are told in private.
    await mkdir(options.folder, { recursive: true, mode: 0o700 });
    const cache = new ClipCache(options);
    cache.#indexed = cache.#index().catch(options.onTrouble);
    return cache;
  }

  /** Undefined for a clip that is not there or not whole; never rejects. */
  async get(key: string): Promise<Int16Array | undefined> {
    const path = this.#path(key);
    try {
      const file = await readFile(path);
      const pcm = decodeClip(file);
      if (!pcm) {
        await this.#remove(key);
        return undefined;
      }
      this.#touch(key, file.length);
      // For the order after a restart.
      const now = new Date(this.#clock.now());
      await utimes(path, now, now).catch(this.#onTrouble);
      return pcm;
    } catch (error) {
      if (!isMissing(error)) this.#onTrouble(error);
      return undefined;
    }
  }

  /** Keeps a clip in the background; trouble is told, not thrown. */
  put(key: string, pcm: Int16Array): void {
    const file = encodeClip(pcm);
    if (this.#closed || this.#writes.size >= MAX_WRITES || file.length > this.#maxBytes) return;
    const write = this.#write(key, file)
      .catch(this.#onTrouble)
      .finally(() => this.#writes.delete(write));
    this.#writes.add(write);
  }

  /** Resolves when everything given so far is written. */
  async settled(): Promise<void> {
    await this.#indexed;
    await Promise.all(this.#writes);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.settled();
  }

  async #index(): Promise<void> {
    const found: { key: string; size: number; usedAt: number }[] = [];
    for (const name of await readdir(this.#folder)) {
      const path = join(this.#folder, name);
      // Of a process that was killed while writing; ours are written only after this.
      if (name.endsWith(UNFINISHED)) await rm(path, { force: true });
      if (!name.endsWith(SUFFIX)) continue;
      const { size, mtimeMs } = await stat(path).catch(() => ({ size: 0, mtimeMs: 0 }));
      found.push({ key: name.slice(0, -SUFFIX.length), size, usedAt: mtimeMs });
    }
    const usedMeanwhile = [...this.#sizes];
    for (const { key, size } of found.sort((a, b) => a.usedAt - b.usedAt)) this.#touch(key, size);
    for (const [key, size] of usedMeanwhile) this.#touch(key, size);
    await this.#evict();
  }

  async #write(key: string, file: Buffer): Promise<void> {
    await this.#indexed;
    const part = join(this.#folder, `${key}.${process.pid}.${this.#nextPart++}${UNFINISHED}`);
    try {
      await writeFile(part, file, { mode: 0o600, flag: 'wx' });
      await rename(part, this.#path(key));
    } catch (error) {
      await rm(part, { force: true });
      throw error;
    }
    this.#touch(key, file.length);
    await this.#evict();
  }

  async #evict(): Promise<void> {
    for (const key of this.#sizes.keys()) {
      if (this.#totalBytes <= this.#maxBytes) return;
      await this.#remove(key);
    }
  }

  async #remove(key: string): Promise<void> {
    this.#forget(key);
    await rm(this.#path(key), { force: true });
  }

  /** Moves it to the end of the order, the most recently used. */
  #touch(key: string, size: number): void {
    this.#forget(key);
    this.#sizes.set(key, size);
    this.#totalBytes += size;
  }

  #forget(key: string): void {
    this.#totalBytes -= this.#sizes.get(key) ?? 0;
    this.#sizes.delete(key);
  }

  #path(key: string): string {
    return join(this.#folder, key + SUFFIX);
  }
}

export interface ClipCacheOptions {
  folder: string;
  maxBytes: number;
  clock: Clock;
  /** A full disk, a folder that went away: sound still comes, only slower. */
  onTrouble: (error: unknown) => void;
}

function encodeClip(pcm: Int16Array): Buffer {
  const file = Buffer.alloc(HEADER_BYTES + pcm.byteLength);
  file.write(MAGIC, 'latin1');
  file.set(new Uint8Array(pcm.buffer, pcm.byteOffset, pcm.byteLength), HEADER_BYTES);
  file.writeUInt32LE(pcm.length, 8);
  file.writeUInt32LE(crc32(file.subarray(HEADER_BYTES)), 12);
  return file;
}

function decodeClip(file: Buffer): Int16Array | undefined {
  const body = file.subarray(HEADER_BYTES);
  const whole =
    file.length >= HEADER_BYTES &&
    file.toString('latin1', 0, 8) === MAGIC &&
    file.readUInt32LE(8) * 2 === body.length &&
    file.readUInt32LE(12) === crc32(body);
  if (!whole) return undefined;
  const pcm = new Int16Array(new SharedArrayBuffer(body.length));
  new Uint8Array(pcm.buffer).set(body);
  return pcm;
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
