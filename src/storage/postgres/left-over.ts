import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { StorageError } from '../storage-error.js';
import { attachedToSharedMemory, commandLine, processExists } from './processes.js';

const POLL_MS = 50;
const FAST_SHUTDOWN_POLLS = 200;
const IMMEDIATE_SHUTDOWN_POLLS = 100;
const MEMORY_RELEASE_POLLS = 200;

/** PostgreSQL's postmaster.pid, as far as it matters here (its lines 1, 5 and 7). */
interface PostmasterFile {
  pid: number;
  socketFolder: string | undefined;
  /** Undefined where none is named. */
  sharedMemoryId: number | undefined;
}

/**
 * Ends the server that a killed Sidetone left in `cluster` (its watchdog may be about to do so), and removes the trace
 * of one that is gone.
 * @param runtimeFolder where our last server had its socket
 * @throws StorageError when the server that runs there is not ours: we neither stop it nor use it.
 */
export async function endLeftOver(cluster: string, runtimeFolder: string | undefined): Promise<void> {
  const path = join(cluster, 'postmaster.pid');
  const found = readPostmasterFile(path);
  if (found === undefined) return;
  const { pid, socketFolder } = found;
  if (commandLine(pid).includes('postgres')) {
    if (socketFolder === undefined || socketFolder !== runtimeFolder) {
      throw new StorageError(`a PostgreSQL server that Sidetone did not start runs in ${cluster} (process ${pid})`);
    }
    const ended =
      (await endsAfter(pid, 'SIGINT', FAST_SHUTDOWN_POLLS)) ||
      (await endsAfter(pid, 'SIGQUIT', IMMEDIATE_SHUTDOWN_POLLS));
    if (!ended) {
      throw new StorageError(`the PostgreSQL server in ${cluster} (process ${pid}) cannot be stopped: end it by hand`);
    }
  }
  // PostgreSQL itself deals with the file of a process that is gone. But an id that some other program has now, or that
  // waits to be reaped (which the first process of a container may never do), it takes for a live server. Without the
  // file it cannot know whether children of the dead server still use the data, so that is to be known before.
  if (!processExists(pid)) return;
  if (!(await isReleased(found.sharedMemoryId))) {
    throw new StorageError(`processes of a killed PostgreSQL server still use ${cluster}: end them by hand`);
  }
  rmSync(path, { force: true });
}

function readPostmasterFile(path: string): PostmasterFile | undefined {
  let lines: string[];
  try {
    lines = readFileSync(path, 'utf8').split('\n');
  } catch {
    return undefined;
  }
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  const sharedMemoryId = Number(lines[6]?.trim().split(/\s+/)[1]);
  return { pid, socketFolder: lines[4], sharedMemoryId: Number.isInteger(sharedMemoryId) ? sharedMemoryId : undefined };
}

async function endsAfter(pid: number, signal: NodeJS.Signals, polls: number): Promise<boolean> {
  try {
    process.kill(pid, signal);
  } catch {
    // It has just ended, or will be seen not to.
  }
  return becomes(() => commandLine(pid) === '', polls);
}

async function isReleased(sharedMemoryId: number | undefined): Promise<boolean> {
  if (sharedMemoryId === undefined) return true;
  return becomes(() => attachedToSharedMemory(sharedMemoryId) === 0, MEMORY_RELEASE_POLLS);
}

async function becomes(condition: () => boolean, polls: number): Promise<boolean> {
  for (let poll = 0; poll < polls; poll++) {
    if (condition()) return true;
    await pause(POLL_MS);
  }
  return condition();
}
