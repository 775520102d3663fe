import { spawn, type ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { accessSync, constants, existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Watch } from '../phones/watch.js';

/** Programs that are not ours, of SIP, speech, texts and pages, and the Debian package of each. */
const PACKAGES = {
  sipp: 'sip-tester',
  baresip: 'baresip-core',
  kamailio: 'kamailio kamailio-tls-modules',
  'espeak-ng': 'espeak-ng',
  'Net::SMPP': 'libnet-smpp-perl',
  chromium: 'chromium',
} as const;
export type RealPeer = keyof typeof PACKAGES;

/** Servers are in /usr/sbin, which not everybody's path names. */
const PATH = [process.env.PATH ?? '', '/usr/sbin'].join(delimiter);

/** No program: a module of Perl, which every Debian has. */
const MODULES: Partial<Record<RealPeer, string>> = { 'Net::SMPP': '/usr/share/perl5/Net/SMPP.pm' };

export function isInstalled(program: RealPeer): boolean {
  const file = MODULES[program];
  if (file !== undefined) return existsSync(file);
  return PATH.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/**
 * A suite against a program that may not be there. Without it the suite is one test that says so; where `CI` is set
 * that test fails, because there the program must be installed. `rawSockets`: the suite has sipp play captures, which
 * it sends through a raw socket, and those only root may open.
 */
export function describeWithPeer(
  program: RealPeer,
  name: string,
  suite: () => void,
  needs: { rawSockets?: boolean } = {},
): void {
  const wanting = !isInstalled(program)
    ? `${program} is not installed (Debian: apt-get install ${PACKAGES[program]})`
    : needs.rawSockets && process.getuid?.() !== 0
      ? `only root may have ${program} play captures`
      : undefined;
  if (wanting === undefined) describe(`${name} (${program})`, suite);
  else {
    console.warn(`${name}: left out, ${wanting}`);
    test(`${name}: left out, ${wanting}`, () => {
      expect(process.env.CI ?? '', 'in CI the suites with real peers must run').toBe('');
    });
  }
}

const claimed = new Set<number>();

/** A port of 127.0.0.1 that is free for UDP and TCP, even, with the two after it free too (RTCP, sipp's video). */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    const port = await boundOnce(0);
    if (port % 2 !== 0 || claimed.has(port)) continue;
    const others = await Promise.allSettled([boundOnce(port + 1), boundOnce(port + 2), listenedOnce(port)]);
    if (others.some(({ status }) => status === 'rejected')) continue;
    for (const taken of [port, port + 1, port + 2]) claimed.add(taken);
    return port;
  }
  throw new Error('no free port for a real peer in 100 tries');
}

function boundOnce(port: number): Promise<number> {
  const socket = createSocket('udp4');
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(port, '127.0.0.1', () => {
      const { port: bound } = socket.address();
      socket.close(() => resolve(bound));
    });
  });
}

function listenedOnce(port: number): Promise<void> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => server.close(() => resolve()));
  });
}

/** A child process with what it printed. */
export class PeerProcess {
  output = '';
  /** Exit code, or null when it was killed. */
  readonly exited: Promise<number | null>;
  readonly #child: ChildProcess;
  readonly #watch = new Watch();

  constructor(program: string, args: readonly string[], cwd: string) {
    // Its own files only: no $HOME of whoever runs the tests.
    const env = { PATH, HOME: cwd, TERM: 'dumb' };
    this.#child = spawn(program, args, { cwd, env, stdio: ['pipe', 'pipe', 'pipe'] });
    const collect = (data: Buffer): void => {
      this.output = (this.output + data.toString()).slice(-100_000);
      this.#watch.changed();
    };
    this.#child.stdout?.on('data', collect);
    this.#child.stderr?.on('data', collect);
    this.exited = new Promise((resolve, reject) => {
      this.#child.once('error', reject);
      this.#child.once('close', resolve);
    });
    this.exited.then(
      (code) => this.#watch.close(`it ended with ${code ?? 'a signal'}`),
      (error: unknown) => this.#watch.close(String(error)),
    );
  }

  /** Until the program printed this. */
  async printed(text: string): Promise<void> {
    await this.#watch.until(
      `"${text}"`,
      () => this.output.includes(text) || undefined,
      () => this.output.slice(-2000),
    );
  }

  /** Until this is found in what it printed. */
  found(what: string, find: (output: string) => string | undefined): Promise<string> {
    return this.#watch.until(
      what,
      () => find(this.output),
      () => this.output.slice(-2000),
    );
  }

  async kill(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill(signal);
    await this.exited;
  }
}
