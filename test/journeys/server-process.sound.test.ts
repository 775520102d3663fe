import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readRunningFile } from '#running-file.js';

/** The server as people start it, with its own PostgreSQL and phone engine, and commands as processes beside it. */
const MAIN = fileURLToPath(new URL('../../main.js', import.meta.url));
const LIMIT_MS = 50_000;
let data: string;
let server: ChildProcess;
let printed = '';

const environment = (): NodeJS.ProcessEnv => ({
  PATH: process.env['PATH'],
  SIDETONE_DATA: data,
  SIDETONE_PORT: '0',
  SIDETONE_SIP_PORT: '0',
  SIDETONE_RTP_PORTS: '0',
  SIDETONE_LOG_LEVEL: 'warn',
});

beforeAll(async () => {
  data = mkdtempSync(join(tmpdir(), 'sidetone-server-'));
  server = spawn(process.execPath, [MAIN, 'serve'], { env: environment() });
  await new Promise<void>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      printed += chunk.toString();
      if (printed.includes('curl') && readRunningFile(data) !== undefined) resolve();
    };
    server.stdout?.on('data', read);
    server.stderr?.on('data', read);
    server.once('exit', (code) => reject(new Error(`the server ended with ${code}: ${printed}`)));
  });
});
afterAll(() => {
  server.kill('SIGKILL');
  rmSync(data, { recursive: true, force: true });
});

interface Ran {
  code: number;
  out: string;
  err: string;
}

function sidetone(...argv: string[]): Promise<Ran> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [MAIN, ...argv],
      { env: environment(), timeout: LIMIT_MS },
      (_, out, err) => resolve({ code: child.exitCode ?? -1, out, err }),
    );
  });
}

it('doctor proves sound both ways and DTMF over real SIP and RTP', async () => {
  const { code, out } = await sidetone('doctor');
  expect(out).toMatch(
    /^ok {4}loopback call .*callee heard 1000 Hz at .* dB and key 5; caller heard 600 Hz at .* key 8/m,
  );
  expect({ code, failed: out.split('\n').filter((line) => line.startsWith('fail')) }).toEqual({ code: 0, failed: [] });
});

it('a call without a trunk ends with a reason that says how to add one', async () => {
  const { code, out } = await sidetone('call', '+12125550100', '--from', '+15005550100', '--say', 'Hello');
  expect(code).toBe(1);
  expect(out).toMatch(/failed +.*sidetone trunks add/);
});

it('a trunk is asked for a sign of life', async () => {
  const sip = /SIP +(\S+)/.exec(printed)?.[1] ?? '';
  expect((await sidetone('trunks', 'add', 'ourselves', '--uri', `sip:${sip}`)).code).toBe(0);
  expect(await sidetone('trunks', 'test', 'ourselves')).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^ourselves: reachable: /) as string,
  });
  expect((await sidetone('trunks', 'remove', 'ourselves')).code).toBe(0);
});

it('Ctrl-C ends a command that listens, with exit code 0', async () => {
  const child = spawn(process.execPath, [MAIN, 'webhooks', 'listen'], { env: environment(), timeout: LIMIT_MS });
  child.stderr.on('data', (chunk: Buffer) => {
    if (chunk.toString().includes('listening')) child.kill('SIGINT');
  });
  expect(await new Promise((resolve) => child.once('exit', (code) => resolve(code)))).toBe(0);
});

it('backs up while it runs, and does not restore under itself', async () => {
  const archive = join(data, 'backup.tar.gz');
  expect((await sidetone('numbers', 'add', '+18005550199')).code).toBe(0);
  expect(await sidetone('backup', archive)).toMatchObject({ code: 0, err: '' });

  const restored = await sidetone('restore', archive);
  expect(restored.code).toBe(1);
  expect(restored.err).toMatch(/^sidetone: [^\n]*in use[^\n]*\n$/);
});

it('stops on SIGTERM and takes running.json with it', async () => {
  const ended = new Promise((resolve) => server.once('exit', (code) => resolve(code)));
  server.kill('SIGTERM');
  expect(await ended).toBe(0);
  expect(existsSync(join(data, 'running.json'))).toBe(false);
  expect((await sidetone('numbers', 'list')).err).toMatch(/^sidetone: the server is not running/);
});

it('restores into the stopped installation with --force', async () => {
  const archive = join(data, 'backup.tar.gz');
  expect((await sidetone('restore', archive)).err).toContain('--force');
  const { code, out } = await sidetone('restore', archive, '--force');
  expect({ code, out }).toEqual({ code: 0, out: expect.stringMatching(/^restored the backup of \d{4}-/) as string });
});
