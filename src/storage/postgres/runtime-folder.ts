import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { StorageError } from '../storage-error.js';

const PREFIX = 'sidetone-';
/** Only the name of the socket file: PostgreSQL listens on no TCP port. */
export const SOCKET_PORT = 5432;
/** What fits, with its closing zero, in sockaddr_un's sun_path: 108 bytes on Linux, 104 on macOS. */
const MAX_SOCKET_PATH_BYTES = process.platform === 'darwin' ? 103 : 107;

/**
 * Makes the folder (0700) of PostgreSQL's socket: below the system's folder for temporary files where the socket's path
 * is short enough there, else in /tmp, else in the data folder.
 */
export function makeRuntimeFolder(dataFolder: string): string {
  const parents = [tmpdir(), '/tmp', dataFolder].filter((parent) => socketPathBytes(parent) <= MAX_SOCKET_PATH_BYTES);
  for (const parent of parents) {
    try {
      return mkdtempSync(join(parent, PREFIX));
    } catch {
      // Not writable; the next.
    }
  }
  throw new StorageError('no folder for temporary files is writable and has a short enough path: set TMPDIR to one');
}

function socketPathBytes(parent: string): number {
  return Buffer.byteLength(join(parent, `${PREFIX}XXXXXX`, `.s.PGSQL.${SOCKET_PORT}`));
}

export function giveRuntimeFolder(folder: string, uid: number): void {
  if (uid !== -1) chownSync(folder, uid, uid);
}

/** Removes a folder that {@link makeRuntimeFolder} made, and no other. */
export function removeRuntimeFolder(folder: string): void {
  if (basename(folder).startsWith(PREFIX)) rmSync(folder, { recursive: true, force: true });
}
