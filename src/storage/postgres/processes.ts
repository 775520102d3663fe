import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * When a process began, in whatever unit the system tells it: with the process id it names one process for good,
 * although ids are used again. Undefined for a process that is gone or only waits to be reaped.
 */
export function processStart(pid: number): string | undefined {
  if (process.platform !== 'linux') {
    const listed = spawnSync('ps', ['-o', 'lstart=', '-p', `${pid}`], { encoding: 'utf8' });
    return listed.stdout.trim() || undefined;
  }
  try {
    // proc(5): the second field is the name in parentheses, which may hold anything; state is 3rd, start time 22nd.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

/** A process's command line, or '' when it is gone or only waits to be reaped. Readable for every user, unlike most of /proc. */
export function commandLine(pid: number): string {
  if (process.platform !== 'linux') {
    return spawnSync('ps', ['-ww', '-o', 'command=', '-p', `${pid}`], { encoding: 'utf8' }).stdout;
  }
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

/** Whether the system still knows a process of this id, be it only one that waits to be reaped. */
export function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** How many processes have a System V shared memory segment attached (shmctl(2): nattch); 0 where that is not told. */
export function attachedToSharedMemory(id: number): number {
  let table: string;
  try {
    table = readFileSync('/proc/sysvipc/shm', 'utf8');
  } catch {
    return 0;
  }
  // Columns: key shmid perms size cpid lpid nattch …
  const row = table.split('\n').find((line) => Number(line.trim().split(/\s+/)[1]) === id);
  return Number(row?.trim().split(/\s+/)[6] ?? 0);
}
