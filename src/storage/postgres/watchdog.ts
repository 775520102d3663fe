import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Stops PostgreSQL when this process ends without doing so itself, kill -9 included. */
export interface Watchdog {
  /** Tells which process to stop; undefined while there is none. */
  watch(pid: number | undefined): void;
  /** Ends the watchdog, which then stops what it still watches. */
  close(): Promise<void>;
}

/**
 * Reads process ids from its standard input, the last one counts; when the other end is gone, stops that process:
 * fast shutdown (SIGINT) for 10 s, then immediate (SIGQUIT) for 5 s, then SIGKILL. Then removes the runtime folder.
 * A process that only waits to be reaped (state Z) is gone: the first process of a container may never reap it.
 */
const SCRIPT = `
trap '' HUP INT TERM
pid=
while read -r line; do pid=$line; done
gone() {
  left=$1
  while [ "$left" -gt 0 ]; do
    kill -0 "$pid" 2>/dev/null || return 0
    stat=
    { read -r stat <"/proc/$pid/stat"; } 2>/dev/null
    case "$stat" in *') Z '*) return 0 ;; esac
    sleep 0.1 2>/dev/null || sleep 1
    left=$((left - 1))
  done
  return 1
}
if [ -n "$pid" ]; then
  kill -INT "$pid" 2>/dev/null
  gone 100 || { kill -QUIT "$pid" 2>/dev/null; gone 50; } || kill -KILL "$pid" 2>/dev/null
fi
rm -rf "$1"
`;

/**
 * Starts the watchdog in a session of its own, so that a terminal's Ctrl-C does not reach it.
 * @param runtimeFolder removed at the end: the folder of the socket
 */
export function startWatchdog(runtimeFolder: string): Watchdog {
  const child = spawn('/bin/sh', ['-c', SCRIPT, 'sidetone-watchdog', runtimeFolder], {
    detached: true,
    cwd: '/',
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.unref();
  const ended = once(child, 'close').catch(() => undefined);
  // A watchdog that died is replaced by the next start, which stops what it finds.
  child.stdin.on('error', () => undefined);
  return {
    watch: (pid) => void child.stdin.write(`${pid ?? ''}\n`),
    async close() {
      child.ref();
      child.stdin.end();
      await ended;
    },
  };
}
