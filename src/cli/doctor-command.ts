import { accessSync, constants, existsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { CommandLine, Invocation } from '#cli/command-line.js';
import { checkPorts } from '#cli/check-ports.js';
import { printable } from '#cli/table.js';
import { CommandFailure } from '#cli/terminal.js';
import { readConfig, type Config } from '#config.js';
import { readRunningFile } from '#running-file.js';

/** The same shape as the server's checks. */
export interface Check {
  name: string;
  status: 'ok' | 'warn' | 'fail';
  message: string;
}

const NODE_MIN = [20, 19] as const;

export function addDoctorCommand(line: CommandLine): void {
  line.add(
    line.program,
    'doctor',
    'look whether everything works, and say what to do where it does not; exit code 1 when something fails',
    async (invocation) => {
      let failed = false;
      for await (const check of checks(invocation)) {
        failed ||= check.status === 'fail';
        invocation.result(check, () =>
          printable(`${check.status.padEnd(4)}  ${check.name.padEnd(16)}  ${check.message}`),
        );
      }
      return failed ? 1 : 0;
    },
  );
}

async function* checks(invocation: Invocation): AsyncGenerator<Check> {
  const config = readConfig(invocation.terminal.env);
  yield checkNode(process.versions.node);
  yield checkDataFolder(config);
  const running = readRunningFile(config.dataFolder);
  if (running === undefined) yield* checksWithoutServer(config);
  else yield* checksOfServer(invocation, running.url);
}

async function* checksOfServer(invocation: Invocation, url: string): AsyncGenerator<Check> {
  try {
    const checks = invocation.server.lines<Check>({
      method: 'POST',
      path: '/doctor',
      query: { account: invocation.account },
    });
    let answered = false;
    for await (const check of checks) {
      if (!answered) yield { name: 'server', status: 'ok', message: `It runs at ${url}.` };
      answered = true;
      yield check;
    }
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
    yield { name: 'server', status: 'fail', message: `${error.message}.` };
  }
}

export function checkNode(version: string): Check {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const fits = major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1]);
  return {
    name: 'Node.js',
    status: fits ? 'ok' : 'fail',
    message: fits ? `Version ${version}.` : `Version ${version} is too old: install ${NODE_MIN.join('.')} or newer.`,
  };
}

function checkDataFolder({ dataFolder }: Config): Check {
  const name = 'data folder';
  try {
    // One that is not there yet is made at the first start, if its parent lets us.
    let folder = dataFolder;
    while (!existsSync(folder) && folder !== dirname(folder)) folder = dirname(folder);
    accessSync(folder, constants.W_OK | constants.X_OK);
    return { name, status: 'ok', message: `${dataFolder} can be written to.` };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return {
      name,
      status: 'fail',
      message: `${dataFolder} cannot be written to (${code}): give it to this user, or set SIDETONE_DATA to another folder.`,
    };
  }
}

async function* checksWithoutServer(config: Config): AsyncGenerator<Check> {
  yield* checkPorts(config);
  yield {
    name: 'server',
    status: 'fail',
    message:
      'It is not running, so database, trunks, phones and sound were not looked at: start it with "sidetone serve" and run doctor again.',
  };
}
