import { spawn } from 'node:child_process';

export interface ProgramResult {
  /** Exit code; undefined when the program could not be started or a signal ended it. */
  code: number | undefined;
  /** What it wrote to stderr, or why it could not be started; at most {@link MAX_STDERR_CHARACTERS}. */
  stderr: string;
}

const MAX_STDERR_CHARACTERS = 16_384;

/** Runs a program to its end without a shell; never throws. `onStart` gets its process id. */
export function runProgram(
  command: readonly string[],
  environment: NodeJS.ProcessEnv,
  onStart?: (pid: number | undefined) => void,
): Promise<ProgramResult> {
  const [program = '', ...parameters] = command;
  return new Promise((resolve) => {
    let stderr = '';
    const child = spawn(program, parameters, { env: environment, stdio: ['ignore', 'ignore', 'pipe'] });
    onStart?.(child.pid);
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-MAX_STDERR_CHARACTERS);
    });
    child.on('error', (error) => resolve({ code: undefined, stderr: error.message }));
    child.on('close', (code) => resolve({ code: code ?? undefined, stderr }));
  });
}

/** The line of a program's complaint that says what is wrong, for a one-line message. */
export function lastComplaint(stderr: string): string {
  const lines = stderr.split('\n').map((line) => line.trim());
  const telling = lines.filter((line) => /error|fatal|panic|cannot|could not|denied/i.test(line));
  return telling.at(-1) ?? lines.findLast((line) => line !== '') ?? 'no reason given';
}
