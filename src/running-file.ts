import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * `<data>/running.json`: how the command line finds the server of this data folder and proves that it may command it.
 * Only the server's own user can read it (0600); the token is new at each start.
 */
export interface RunningServer {
  /** Of the HTTP server, reachable from this machine: no wildcard address, no trailing slash. */
  url: string;
  /** Bearer token of `/admin`. */
  token: string;
  pid: number;
}

const fileIn = (dataFolder: string): string => join(dataFolder, 'running.json');

/** Replaces the file in one step, so that a reader never sees half of it. */
export function writeRunningFile(dataFolder: string, server: RunningServer): void {
  mkdirSync(dataFolder, { recursive: true });
  const file = fileIn(dataFolder);
  const partial = `${file}.${server.pid}`;
  writeFileSync(partial, `${JSON.stringify(server)}\n`, { mode: 0o600 });
  renameSync(partial, file);
}

/** Undefined: no server runs on this data folder, or what lies there is not ours. Throws when it may not be read. */
export function readRunningFile(dataFolder: string): RunningServer | undefined {
  let text: string;
  try {
    text = readFileSync(fileIn(dataFolder), 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof found !== 'object' || found === null) return undefined;
  const { url, token, pid } = found as Partial<Record<keyof RunningServer, unknown>>;
  if (typeof url !== 'string' || typeof token !== 'string' || typeof pid !== 'number') return undefined;
  return { url, token, pid };
}

/** At the end of the server: removes the file unless another server has written its own meanwhile. */
export function removeRunningFile(dataFolder: string, pid: number): void {
  if (readRunningFile(dataFolder)?.pid === pid) rmSync(fileIn(dataFolder), { force: true });
}
