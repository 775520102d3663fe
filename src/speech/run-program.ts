/** Runs a program of the operator's: no shell, input by stdin, bounded output, killed with the signal. */
import { spawn } from 'node:child_process';
import { basename } from 'node:path';
import type { Readable } from 'node:stream';

export interface ProgramRun {
  /** A path, or a name to be found on PATH. */
  program: string;
  args: readonly string[];
  input?: string;
  /** Of stdout and of stderr each; more is an error. */
  maxOutputBytes: number;
  signal: AbortSignal;
}

export interface ProgramOutput {
  stdout: Buffer;
  stderr: Buffer;
}

/** Passed on to programs; keys and passwords of ours are not. */
const ENVIRONMENT = ['PATH', 'HOME', 'LD_LIBRARY_PATH', 'DYLD_LIBRARY_PATH', 'ESPEAK_DATA_PATH', 'TMPDIR'];

/** The message is for anybody; what the program said itself may have paths in it. */
export class ProgramError extends Error {
  override readonly name = 'ProgramError';

  constructor(
    message: string,
    readonly said = '',
  ) {
    super(message);
  }

  /** Both, for the operator. */
  get line(): string {
    return this.said === '' ? this.message : `${this.message}: ${this.said}`;
  }
}

/** Rejects with `ProgramError` when it cannot be started, ends with another code than 0, or says too much. */
export function runProgram({ program, args, input, maxOutputBytes, signal }: ProgramRun): Promise<ProgramOutput> {
  return new Promise((resolve, reject) => {
    const name = basename(program);
    const env = Object.fromEntries(ENVIRONMENT.map((name) => [name, process.env[name]]));
    const child = spawn(program, args, { env: { ...env, LANG: 'C.UTF-8' }, signal, killSignal: 'SIGKILL' });
    let tooMuch = false;
    const keep = (stream: Readable): Buffer[] => {
      const kept: Buffer[] = [];
      let size = 0;
      stream.on('data', (bytes: Buffer) => {
        size += bytes.length;
        tooMuch ||= size > maxOutputBytes;
        if (tooMuch) child.kill('SIGKILL');
        else kept.push(bytes);
      });
      return kept;
    };
    const [stdout, stderr] = [keep(child.stdout), keep(child.stderr)];
    child.on('error', (error) => reject(new ProgramError(`${name} does not run`, error.message)));
    child.on('close', (code, killedBy) => {
      if (tooMuch) reject(new ProgramError(`${name} wrote more than ${maxOutputBytes} bytes`));
      else if (code === 0) resolve({ stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr) });
      else
        reject(new ProgramError(`${name} ended with ${code ?? killedBy}`, lastLine(Buffer.concat(stderr).toString())));
    });
    // One that ends without reading closes the pipe; its exit code tells.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input ?? '');
  });
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.slice(0, 300) ?? '';
}

/** Whatever went wrong, for the operator. */
export function lineOf(error: unknown): string {
  return error instanceof ProgramError ? error.line : error instanceof Error ? error.message : String(error);
}
