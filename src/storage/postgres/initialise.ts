import { closeSync, existsSync, fsyncSync, mkdtempSync, openSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { StorageError } from '../storage-error.js';
import type { PostgresBinaries } from './binaries.js';
import { ownData, type RunAs } from './run-as.js';
import { lastComplaint, runProgram } from './run-program.js';
import type { Watchdog } from './watchdog.js';

export const SUPERUSER = 'sidetone';

export interface InitialiseOptions {
  binaries: PostgresBinaries;
  runAs: RunAs;
  environment: NodeJS.ProcessEnv;
  /** Ends initdb when this process is killed. */
  watchdog: Watchdog;
  /** false skips the writing to disk (tests). */
  durable: boolean;
}

/**
 * Makes an empty database cluster in `cluster` unless there is one. It is made in a folder beside it and renamed when
 * it is whole and on disk, so that one whose making was killed is never used.
 * @throws StorageError with initdb's own reason.
 */
export async function initialiseCluster(cluster: string, options: InitialiseOptions): Promise<void> {
  if (existsSync(cluster)) return;
  const { binaries, runAs, environment, watchdog } = options;
  removeDrafts(cluster);
  // A name of its own: the initdb of a killed start may still be writing to the last one.
  const draft = mkdtempSync(draftPrefix(cluster));
  ownData(draft, runAs);
  const initdb = [
    binaries.initdb,
    ...['-D', draft, '-U', SUPERUSER, '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-instructions'],
    ...(options.durable ? [] : ['--no-sync']),
  ];
  const run = await runProgram(runAs.wrap(initdb), environment, (pid) => watchdog.watch(pid));
  watchdog.watch(undefined);
  if (run.code !== 0) {
    removeDrafts(cluster);
    throw new StorageError(
      `cannot create the database in ${cluster} (${lastComplaint(run.stderr)}): ` +
        'put that right, or set DATABASE_URL to a PostgreSQL server of yours',
    );
  }
  renameSync(draft, cluster);
  if (options.durable) syncFolder(dirname(cluster));
}

const draftPrefix = (cluster: string): string => `${cluster}.new-`;

function removeDrafts(cluster: string): void {
  for (const name of readdirSync(dirname(cluster))) {
    const path = join(dirname(cluster), name);
    if (path.startsWith(draftPrefix(cluster))) rmSync(path, { recursive: true, force: true, maxRetries: 10 });
  }
}

/** A rename is on disk only when its folder is. */
function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
