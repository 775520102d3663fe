import { cpSync, lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findPostgresBinaries, linkLibraries, type PostgresBinaries } from './binaries.js';
import { runProgram } from './run-program.js';

let folder: string;
/** The package as npm unpacks it without running its scripts: no links. */
let binaries: PostgresBinaries;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'binaries-test-'));
  const nativeFolder = join(folder, 'native');
  cpSync(findPostgresBinaries().nativeFolder, nativeFolder, {
    recursive: true,
    filter: (path) => !lstatSync(path).isSymbolicLink() && !path.endsWith('.a'),
  });
  binaries = { initdb: join(nativeFolder, 'bin/initdb'), postgres: join(nativeFolder, 'bin/postgres'), nativeFolder };
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Whether each program finds its libraries. */
async function run(environment: Record<string, string>): Promise<boolean[]> {
  const trials = [binaries.initdb, binaries.postgres].map((program) => runProgram([program, '--version'], environment));
  return (await Promise.all(trials)).map((trial) => trial.code === 0);
}

test('without the links the programs do not start', async () => {
  expect(await run({})).toEqual([false, false]);
});

test('a package that cannot be written to gets its links elsewhere', async () => {
  const list = join(binaries.nativeFolder, 'pg-symlinks.json');
  const original = readFileSync(list, 'utf8');
  // Where no folder is, no link can be made: as in a read-only package, which root could write to in a test.
  writeFileSync(list, original.replaceAll('"target":"native/lib/', '"target":"native/missing/'));
  const spare = join(folder, 'spare');
  expect(await run(linkLibraries(binaries, spare))).toEqual([true, true]);
  expect(readdirSync(spare)).toContain('libpq.so.5');
  expect(await run(linkLibraries(binaries, spare))).toEqual([true, true]);
  writeFileSync(list, original);
});

test('a package that can be written to gets them in place', async () => {
  const spare = join(folder, 'unused');
  expect(linkLibraries(binaries, spare)).toEqual({});
  expect(await run({})).toEqual([true, true]);
  expect(readdirSync(folder)).not.toContain('unused');
});
