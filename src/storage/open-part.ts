import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';

/** Bytes of a file, from `first` to `last`, both included; undefined where there is no such file. */
export async function openPart(
  path: string,
  { first, last }: { first: number; last: number },
): Promise<Readable | undefined> {
  try {
    // Opened here: once a reply has begun it cannot say any more that there is nothing.
    const file = await open(path);
    if (last >= first) return file.createReadStream({ start: first, end: last });
    await file.close();
    return Readable.from([]);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
