import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StorageError } from '../storage-error.js';
import { processStart } from './processes.js';

/** One Sidetone process per data folder, also across a kill -9: a holder that is gone holds nothing. */
export interface FolderLock {
  close(): void;
}

interface Holder {
  pid: number;
  /** See {@link processStart}; ids are used again, the first process of a container always has the same. */
  started: string;
}

const LOCK_FILE = 'sidetone.lock';
/** Each try removes one dead holder's lock; more than a few means that something else is wrong. */
const MAX_TRIES = 5;

/** @throws StorageError when a running process holds the folder. */
export function lockFolder(dataFolder: string): FolderLock {
  const path = join(dataFolder, LOCK_FILE);
  const own = JSON.stringify({ pid: process.pid, started: processStart(process.pid) ?? '' } satisfies Holder);
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, own, { mode: 0o600 });
  try {
    for (let attempt = 0; attempt < MAX_TRIES; attempt++) {
      if (linked(draft, path)) return { close: () => release(path, own) };
      const holder = readHolder(path);
      if (holder !== undefined && processStart(holder.pid) === holder.started) {
        throw new StorageError(`${dataFolder} is in use by another Sidetone (process ${holder.pid})`);
      }
      rmSync(path, { force: true });
    }
  } finally {
    rmSync(draft, { force: true });
  }
  throw new StorageError(`cannot lock ${dataFolder}: another Sidetone is starting in it`);
}

/** Unlike a plain write, a link appears whole, and only where there is none. */
function linked(draft: string, path: string): boolean {
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function readHolder(path: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Holder;
  } catch {
    return undefined;
  }
}

function release(path: string, own: string): void {
  try {
    if (readFileSync(path, 'utf8') === own) rmSync(path);
  } catch {
    // Already gone, with the whole folder perhaps.
  }
}
