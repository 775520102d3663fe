/** Runs a program of the operator's: no shell, input by stdin, bounded output, killed with the signal. */
import { spawn } from 'node:child_process';

export interface ProgramRun {
  /** A path, or a name to be found on PATH. */
  program: string;
  args: readonly string[];
  input?: string;
  /** More is an error. */
  maxOutputBytes: number;
  signal: AbortSignal;
}

export interface ProgramOutput {
  stdout: Buffer;
  /** The first 8 KiB, as text. */
  stderr: string;
}

/** Passed on to programs; keys and passwords of ours are not. */
const ENVIRONMENT = ['PATH', 'HOME', 'LD_LIBRARY_PATH', 'DYLD_LIBRARY_PATH', 'ESPEAK_DATA_PATH', 'TMPDIR'];
const MAX_ERROR_BYTES = 8 * 1024;

/** Rejects, with a message of one line, when it cannot be started, ends with another code than 0, or says too much. */
export function runProgram({ program, args, input, maxOutputBytes, signal }: ProgramRun): Promise<ProgramOutput> {
  return new Promise((resolve, reject) => {
    const env = Object.fromEntries(ENVIRONMENT.map((name) => [name, process.env[name]]));
    const child = spawn(program, args, { env: { ...env, LANG: 'C.UTF-8' }, signal, killSignal: 'SIGKILL' });
    const output: Buffer[] = [];
    let size = 0;
    let stderr = '';
    child.stdout.on('data', (bytes: Buffer) => {
      size += bytes.length;
      if (size <= maxOutputBytes) output.push(bytes);
      else child.kill('SIGKILL');
    });
    child.stderr.on('data', (bytes: Buffer) => {
      stderr += bytes.toString().slice(0, MAX_ERROR_BYTES - stderr.length);
    });
    child.on('error', (error) => reject(new Error(`${program} does not run: ${error.message}`)));
    child.on('close', (code, killedBy) => {
      if (size > maxOutputBytes) reject(new Error(`${program} wrote more than ${maxOutputBytes} bytes`));
      else if (code === 0) resolve({ stdout: Buffer.concat(output), stderr });
      else reject(new Error(`${program} ended with ${code ?? killedBy}: ${lastLine(stderr)}`));
    });
    // One that ends without reading closes the pipe; its exit code tells.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input ?? '');
  });
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.slice(0, 300) ?? '';
}
