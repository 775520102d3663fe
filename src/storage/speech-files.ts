import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { openPart } from '#storage/open-part.js';

/** Spoken files below one folder, a folder a day, readable by the owner of the process only. */
export class SpeechFiles {
  /** `folder` is absolute. */
  constructor(private readonly folder: string) {}

  /** Complete or absent: written beside and renamed. */
  async write(file: string, bytes: Uint8Array): Promise<void> {
    const path = join(this.folder, file);
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    try {
      await writeFile(`${path}.part`, bytes, { mode: 0o600, flag: 'wx' });
      await rename(`${path}.part`, path);
    } catch (error) {
      await rm(`${path}.part`, { force: true });
      throw error;
    }
  }

  async open(file: string, part: { first: number; last: number }): Promise<Readable | undefined> {
    return openPart(join(this.folder, file), part);
  }

  async remove(file: string): Promise<void> {
    await rm(join(this.folder, file), { force: true });
  }

  async removeDaysBefore(day: string): Promise<void> {
    const days = await readdir(this.folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    for (const name of days) if (name < day) await rm(join(this.folder, name), { recursive: true, force: true });
  }
}
