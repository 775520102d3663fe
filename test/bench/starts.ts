/**
 * From `node dist/main.js serve` to the first 200 of /readyz: in an empty folder, and again in the same; and what the
 * idle server occupies. Prints figures, never judges them.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { benchEnvironment, passed } from './bench-app.js';

const WARM_STARTS = 2;
const LONGEST_MS = 60_000;
const IDLE_MS = 3_000;
const LOOK_MS = 20;
const main = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'main.js');
const MB = 2 ** 20;

const dataFolder = mkdtempSync(join(tmpdir(), 'sidetone-bench-'));
let server: ChildProcess | undefined;
try {
  for (let start = 0; start <= WARM_STARTS; start++) {
    const beganMs = performance.now();
    server = spawn(process.execPath, [main, 'serve'], {
      env: { ...process.env, ...benchEnvironment(dataFolder), NODE_OPTIONS: '' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    server.stdout?.resume();
    const readySeconds = await ready(server, beganMs);
    console.log(`${start === 0 ? 'cold start' : 'warm start'}: ready after ${readySeconds.toFixed(1)} s`);
    if (start === WARM_STARTS) {
      await passed(IDLE_MS);
      printMemory(server.pid ?? 0);
    }
    server.kill('SIGTERM');
    await once(server, 'exit');
    server = undefined;
  }
} finally {
  if (server?.kill('SIGTERM')) await once(server, 'exit');
  rmSync(dataFolder, { recursive: true, force: true });
}

async function ready(child: ChildProcess, beganMs: number): Promise<number> {
  while (performance.now() - beganMs < LONGEST_MS) {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}`);
    const url = runningUrl(child.pid);
    const reply = url === undefined ? undefined : await fetch(`${url}/readyz`).catch(() => undefined);
    if (reply?.status === 200) return (performance.now() - beganMs) / 1000;
    await passed(LOOK_MS);
  }
  throw new Error('the server was not ready in a minute');
}

/** The address that the server wrote down for its command line. */
function runningUrl(pid: number | undefined): string | undefined {
  try {
    const running = JSON.parse(readFileSync(join(dataFolder, 'running.json'), 'utf8')) as { url: string; pid: number };
    return running.pid === pid ? running.url : undefined;
  } catch {
    return undefined;
  }
}

/** Proportional set size: pages that processes share, as PostgreSQL's do, count once. Linux only. */
function printMemory(pid: number): void {
  try {
    const others = descendants(pid);
    const sum = others.reduce((total, child) => total + pssOf(child), 0);
    console.log(
      `idle: Node ${(pssOf(pid) / MB).toFixed(0)} MB; PostgreSQL and its watchdog ${(sum / MB).toFixed(0)} MB ` +
        `in ${others.length} processes`,
    );
  } catch (error) {
    console.log(`idle: memory cannot be read here (${(error as Error).message})`);
  }
}

/** Bytes. */
function pssOf(pid: number): number {
  return Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0) * 1024;
}

function descendants(pid: number): number[] {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), parent: parentOf(name) }));
  const of = (parent: number): number[] =>
    parents.filter((each) => each.parent === parent).flatMap((each) => [each.pid, ...of(each.pid)]);
  return of(pid);
}

function parentOf(pid: string): number {
  try {
    return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
