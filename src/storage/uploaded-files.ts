import { createWriteStream } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Transform, type Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { openPart } from '#storage/open-part.js';

/** More than the caller allowed; nothing was kept. */
export class UploadTooLarge extends Error {
  override readonly name = 'UploadTooLarge';

  constructor(readonly maxBytes: number) {
    super(`larger than ${maxBytes} bytes`);
  }
}

/** Files that were handed in, and files made for download, below one folder, readable by the owner of the process only. */
export class UploadedFiles {
  /** `folder` is absolute. `openFile`: a disk, which a test may fill. */
  constructor(
    private readonly folder: string,
    private readonly openFile: (path: string) => Writable = toDisk,
  ) {}

  /** Complete or absent: written beside, brought to the disk, and renamed. Gives the bytes. Throws `UploadTooLarge`. */
  async write(file: string, content: Readable, maxBytes: number): Promise<number> {
    const path = join(this.folder, file);
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    let bytes = 0;
    const counted = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        bytes += chunk.length;
        if (bytes > maxBytes) done(new UploadTooLarge(maxBytes));
        else done(null, chunk);
      },
    });
    try {
      await pipeline(content, counted, this.openFile(`${path}.part`));
      await rename(`${path}.part`, path);
    } catch (error) {
      await rm(`${path}.part`, { force: true });
      throw error;
    }
    return bytes;
  }

  /** Rejects when it is not there. */
  async read(file: string): Promise<Readable> {
    return (await open(join(this.folder, file))).createReadStream();
  }

  async open(file: string, part: { first: number; last: number }): Promise<Readable | undefined> {
    return openPart(join(this.folder, file), part);
  }

  /** Also what was not written to its end. */
  async remove(file: string): Promise<void> {
    await rm(join(this.folder, file), { force: true });
    await rm(join(this.folder, `${file}.part`), { force: true });
  }
}

function toDisk(path: string): Writable {
  return createWriteStream(path, { mode: 0o600, flush: true });
}
