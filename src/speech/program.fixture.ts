/** A program that stands in for one of the operator's: a script for Node that keeps what it was asked. */
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface ProgramRun {
  args: string[];
  pid: number;
}

/** `script` is CommonJS with `args`, and writes its answer itself. Returns the program's path. */
export async function makeProgram(folder: string, name: string, script: string): Promise<string> {
  const program = join(folder, `${name}.cjs`);
  const prelude = `#!${process.execPath}
const args = process.argv.slice(2);
require('node:fs').appendFileSync(__filename + '.log', JSON.stringify({ args, pid: process.pid }) + '\\n');
`;
  await writeFile(program, prelude + script);
  await chmod(program, 0o755);
  return program;
}

/** Every run so far, in order of starting. */
export async function programRuns(program: string): Promise<ProgramRun[]> {
  const lines = await readFile(`${program}.log`, 'utf8').catch(() => '');
  return lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as ProgramRun);
}

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
