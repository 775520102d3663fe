import { chmod, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { openPart } from '#storage/open-part.js';

const RATE = 8000;
const HEADER_BYTES = 44;

/** A WAV file (RIFF, format 1): mono, 16 bit, 8,000 samples a second. */
export function encodeWav(pcm: Int16Array): Buffer {
  const dataBytes = pcm.length * 2;
  const wav = Buffer.alloc(HEADER_BYTES + dataBytes);
  wav.write('RIFF', 0, 'latin1');
  wav.writeUInt32LE(HEADER_BYTES - 8 + dataBytes, 4);
  wav.write('WAVEfmt ', 8, 'latin1');
  wav.writeUInt32LE(16, 16);
  wav.writeUInt16LE(1, 20);
  wav.writeUInt16LE(1, 22);
  wav.writeUInt32LE(RATE, 24);
  wav.writeUInt32LE(RATE * 2, 28);
  wav.writeUInt16LE(2, 32);
  wav.writeUInt16LE(16, 34);
  wav.write('data', 36, 'latin1');
  wav.writeUInt32LE(dataBytes, 40);
  pcm.forEach((sample, index) => wav.writeInt16LE(sample, HEADER_BYTES + index * 2));
  return wav;
}

/** Recordings as WAV files below one folder, readable by the owner of the process only. */
export class RecordingFiles {
  /** `folder` is absolute. */
  constructor(private readonly folder: string) {}

  path(file: string): string {
    return join(this.folder, file);
  }

  /** Complete or absent: written beside and renamed. Returns the size in bytes. */
  async write(file: string, pcm: Int16Array): Promise<number> {
    const bytes = encodeWav(pcm);
    const path = this.path(file);
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(`${path}.part`, bytes, { mode: 0o600 });
    await chmod(`${path}.part`, 0o600);
    await rename(`${path}.part`, path);
    return bytes.byteLength;
  }

  /** What `write` wrote. */
  async read(file: string): Promise<Int16Array> {
    const wav = await readFile(this.path(file));
    const pcm = new Int16Array(new SharedArrayBuffer(Math.max(0, wav.length - HEADER_BYTES) & ~1));
    for (let index = 0; index < pcm.length; index++) pcm[index] = wav.readInt16LE(HEADER_BYTES + index * 2);
    return pcm;
  }

  async open(file: string, part: { first: number; last: number }): Promise<Readable | undefined> {
    return openPart(this.path(file), part);
  }

  async list(folder: string): Promise<string[]> {
    try {
      return await readdir(this.path(folder));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  }

  async remove(file: string): Promise<void> {
    await rm(this.path(file), { force: true });
  }
}
