import { spawn } from 'node:child_process';
import type { Clock } from '../../clock.js';
import { StorageError } from '../storage-error.js';

/** One run of the PostgreSQL server, from its start to its exit. */
export interface ServerProcess {
  /** Undefined when the program could not be started at all. */
  readonly pid: number | undefined;
  /** Resolves when it takes connections; rejects with PostgreSQL's own reason when it ended before that. */
  readonly ready: Promise<void>;
  /** Resolves when it and its children have ended, however they did. */
  readonly ended: Promise<void>;
  /** Fast shutdown, then harder; resolves when it has ended. */
  stop(): Promise<void>;
}

export interface ServerProcessOptions {
  command: readonly string[];
  environment: NodeJS.ProcessEnv;
  clock: Clock;
  /** Each line that PostgreSQL writes. */
  onLine(line: string): void;
}

const READY_LINE = 'database system is ready to accept connections';
/** Recovery after a crash replays at most max_wal_size; slow disks are slow. */
const READY_WITHIN_MS = 120_000;
const FAST_SHUTDOWN_MS = 10_000;
const IMMEDIATE_SHUTDOWN_MS = 5_000;
const MAX_LINE_CHARACTERS = 2_000;

export function startServerProcess(options: ServerProcessOptions): ServerProcess {
  const { clock } = options;
  const [program = '', ...parameters] = options.command;
  // A session of its own: a terminal's Ctrl-C must not stop the database before the server has drained its calls.
  const child = spawn(program, parameters, {
    detached: true,
    cwd: '/',
    env: options.environment,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let reason = 'no reason given';
  child.on('error', (error) => (reason = error.message));
  // 'close' and not 'exit': PostgreSQL's children hold the pipe, a new server must not start beside them.
  const ended = new Promise<void>((resolve) => void child.on('close', () => resolve()));

  const ready = new Promise<void>((resolve, reject) => {
    const tooLate = clock.after(READY_WITHIN_MS, () => {
      reason = `not ready within ${READY_WITHIN_MS / 1000} s`;
      child.kill('SIGQUIT');
    });
    let unfinished = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      const lines = (unfinished + text).split('\n');
      unfinished = (lines.pop() ?? '').slice(-MAX_LINE_CHARACTERS);
      for (const line of lines) {
        const fatal = /(?:FATAL|PANIC):\s*(.*)/.exec(line);
        if (fatal?.[1] !== undefined) reason = fatal[1];
        if (line.includes(READY_LINE)) {
          tooLate.cancel();
          resolve();
        }
        options.onLine(line);
      }
    });
    void ended.then(() => {
      tooLate.cancel();
      reject(new StorageError(`the embedded PostgreSQL did not start: ${reason}`));
    });
  });
  ready.catch(() => undefined); // whoever waits for it hears of it

  return {
    pid: child.pid,
    ready,
    ended,
    async stop() {
      child.kill('SIGINT');
      const immediate = clock.after(FAST_SHUTDOWN_MS, () => child.kill('SIGQUIT'));
      const last = clock.after(FAST_SHUTDOWN_MS + IMMEDIATE_SHUTDOWN_MS, () => child.kill('SIGKILL'));
      await ended;
      immediate.cancel();
      last.cancel();
    },
  };
}
