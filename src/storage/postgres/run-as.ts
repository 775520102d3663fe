import { chownSync, lchownSync, lstatSync, readdirSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { StorageError } from '../storage-error.js';
import type { PostgresBinaries } from './binaries.js';
import { lastComplaint, runProgram } from './run-program.js';

/**
 * PostgreSQL refuses to run as root. The ways past that:
 * - `direct`: an ordinary user runs it as itself;
 * - `user-namespace`: as a user that only looks ordinary inside a user namespace; the files stay root's;
 * - `setpriv`: as `nobody`, with the one capability that lets it enter folders that only root may enter.
 */
export type Way = 'direct' | 'user-namespace' | 'setpriv';

export interface RunAs {
  way: Way;
  /** Who the data must belong to, as seen from outside; -1 when it is whoever we are. */
  uid: number;
  /** The command that runs `command` this way. It replaces itself, so the process id is the program's own. */
  wrap(command: readonly string[]): string[];
}

/** `nobody` on every Linux that has one. */
const NOBODY = 65534;

const SETPRIV = [
  'setpriv',
  ...['--securebits', '+no_setuid_fixup'],
  ...['--reuid', `${NOBODY}`, '--regid', `${NOBODY}`, '--clear-groups'],
  ...['--inh-caps', '+dac_override', '--ambient-caps', '+dac_override'],
];

const RUN_AS: Record<Way, RunAs> = {
  direct: { way: 'direct', uid: -1, wrap: (command) => [...command] },
  'user-namespace': {
    way: 'user-namespace',
    uid: -1,
    wrap: (command) => ['unshare', '-U', `--map-user=${NOBODY}`, '--', ...command],
  },
  setpriv: { way: 'setpriv', uid: NOBODY, wrap: (command) => [...SETPRIV, '--', ...command] },
};

/** The ways this process may try, best first. */
export function possibleWays(): Way[] {
  if (process.getuid?.() === 0) return ['user-namespace', 'setpriv'];
  // initdb insists on a line of /etc/passwd, which the user of a container may not have.
  return isInPasswd() ? ['direct'] : ['user-namespace'];
}

function isInPasswd(): boolean {
  try {
    return userInfo().username !== '';
  } catch {
    return false;
  }
}

/**
 * The first of `ways` in which PostgreSQL's program starts here.
 * @throws StorageError naming DATABASE_URL when none does.
 */
export async function chooseWay(
  binaries: PostgresBinaries,
  environment: NodeJS.ProcessEnv,
  ways: readonly Way[],
): Promise<RunAs> {
  const complaints: string[] = [];
  for (const way of ways) {
    const trial = await runProgram(RUN_AS[way].wrap([binaries.postgres, '--version']), environment);
    if (trial.code === 0) return RUN_AS[way];
    complaints.push(`${way}: ${lastComplaint(trial.stderr)}`);
  }
  throw new StorageError(
    `the embedded PostgreSQL cannot run here (${complaints.join('; ')}): set DATABASE_URL to a PostgreSQL server of yours`,
  );
}

/**
 * Gives the data to the user who runs PostgreSQL, where root changed its way since the last start.
 * @throws StorageError when the data is somebody else's.
 */
export function ownData(folder: string, runAs: RunAs): void {
  const self = process.getuid?.() ?? -1;
  const wanted = runAs.uid === -1 ? self : runAs.uid;
  const owner = lstatSync(folder).uid;
  if (owner === wanted) return;
  if (self !== 0 || (owner !== 0 && owner !== NOBODY)) {
    throw new StorageError(
      `${folder} belongs to user ${owner}: start Sidetone as that user, or use another data folder`,
    );
  }
  giveTo(folder, wanted);
}

/** The folder itself comes last: as long as it is not done, the next start begins again. */
function giveTo(folder: string, uid: number): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) giveTo(path, uid);
    else lchownSync(path, uid, uid);
  }
  chownSync(folder, uid, uid);
}
