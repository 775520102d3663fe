import { execFile } from 'node:child_process';
import { createServer } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeRunningFile } from '#running-file.js';
import { backup } from '#storage/backup/backup.js';
import { createEmptyDatabase, createTestDatabase } from '#test/database.js';

const MAIN = fileURLToPath(new URL('../main.js', import.meta.url));
const LIMIT_MS = 30_000;
let data: string;
beforeAll(() => void (data = mkdtempSync(join(tmpdir(), 'sidetone-main-'))));
afterAll(() => rmSync(data, { recursive: true, force: true }));

interface Ran {
  code: number;
  out: string;
  err: string;
}

/** `sidetone …` as a process of its own. */
function sidetone(argv: string[], env: Record<string, string> = {}): Promise<Ran> {
  return new Promise((resolve) => {
    const options = { env: { PATH: process.env['PATH'], SIDETONE_DATA: data, ...env }, timeout: LIMIT_MS };
    const child = execFile(process.execPath, [MAIN, ...argv], options, (_, out, err) =>
      resolve({ code: child.exitCode ?? -1, out, err }),
    );
  });
}

/** In the form that DATABASE_URL takes. */
function urlOf(connection: Awaited<ReturnType<typeof createTestDatabase>>['connection']): string {
  if ('url' in connection) return connection.url;
  const { host, port, user, database } = connection;
  return `postgres:///${database}?host=${encodeURIComponent(host)}&port=${port}&user=${user}`;
}

describe('exit codes', () => {
  it('0 with the commands on stdout for --help, and the version for --version', async () => {
    const help = await sidetone(['--help']);
    expect(help).toMatchObject({ code: 0, err: '' });
    for (const command of ['serve', 'migrate', 'keys', 'accounts', 'trunks', 'numbers', 'phones', 'call', 'webhooks']) {
      expect(help.out).toContain(`\n  ${command}`);
    }
    expect((await sidetone(['--version'])).out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it.each([
    [[]],
    [['no-such-command']],
    [['keys']],
    [['keys', 'create', '--mode', 'dead']],
    [['numbers', 'add']],
    [['numbers', 'add', '+18005550199', 'extra']],
    [['call', '+18005550199']],
    [['keys', 'list', '--no-such-option']],
  ])('2 for %j, and nothing on stdout', async (argv) => {
    const { code, out, err } = await sidetone(argv);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).not.toBe('');
  });

  it('1 with one line without a running server', async () => {
    for (const argv of [
      ['keys', 'create'],
      ['trunks', 'list', '--json'],
      ['call', '101', '--from', '+18005550199', '--say', 'Hello'],
      ['backup', join(data, 'backup.tar.gz')],
    ]) {
      const { code, out, err } = await sidetone(argv);
      expect({ code, out }).toEqual({ code: 1, out: '' });
      expect(err).toMatch(/^sidetone: the server is not running [^\n]*sidetone serve[^\n]*\n$/);
    }
  });

  it('1 with one line when the server of running.json is dead', async () => {
    const dead = mkdtempSync(join(tmpdir(), 'sidetone-main-'));
    try {
      const taken = createServer();
      await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
      const { port } = taken.address() as AddressInfo;
      await new Promise((resolve) => taken.close(resolve));
      writeRunningFile(dead, { url: `http://127.0.0.1:${port}`, token: 'any', pid: 1 });
      const { code, err } = await sidetone(['numbers', 'list'], { SIDETONE_DATA: dead });
      expect(code).toBe(1);
      expect(err).toMatch(/^sidetone: the server is not running \(nothing answers at [^\n]*\n$/);
    } finally {
      rmSync(dead, { recursive: true, force: true });
    }
  });

  it('1 with one line for a bad environment, naming the variable', async () => {
    for (const argv of [['serve'], ['migrate'], ['keys', 'list'], ['doctor']]) {
      const { code, err } = await sidetone(argv, { SIDETONE_PORT: 'eighty' });
      expect(code).toBe(1);
      expect(err).toMatch(/^sidetone: SIDETONE_PORT[^\n]*\n$/);
    }
  });
});

describe('without a server', () => {
  it('doctor looks at what it can, and fails', async () => {
    const { code, out, err } = await sidetone(['doctor'], { SIDETONE_PORT: '0', SIDETONE_SIP_PORT: '0' });
    expect({ code, err }).toEqual({ code: 1, err: '' });
    expect(out).toMatch(/^ok {4}Node\.js .*\nok {4}data folder .*\nok {4}HTTP port [^]*\nfail {2}server .*\n$/);
  });

  it('doctor says which port is taken', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as AddressInfo;
    const { out } = await sidetone(['doctor', '--json'], { SIDETONE_PORT: String(port), SIDETONE_SIP_PORT: '0' });
    await new Promise((resolve) => taken.close(resolve));
    const checks = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, string>);
    const http = checks.find(({ name }) => name === 'HTTP port');
    expect(http).toMatchObject({ status: 'fail' });
    expect(http?.['message']).toContain('SIDETONE_PORT');
  });

  it('migrate applies what is missing, once', async () => {
    const database = await createEmptyDatabase();
    try {
      const env = { DATABASE_URL: urlOf(database.connection) };
      const first = await sidetone(['migrate', '--json'], env);
      expect(first).toMatchObject({ code: 0, err: '' });
      expect(JSON.parse(first.out)).toEqual({ applied: expect.arrayContaining(['0001-foundation']) as unknown });
      expect((await sidetone(['migrate'], env)).out).toMatch(/^nothing to do/);
    } finally {
      await database.close();
    }
  });

  it('a database that cannot be reached is one line', async () => {
    const { code, err } = await sidetone(['migrate'], { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' });
    expect(code).toBe(1);
    expect(err).toMatch(/^sidetone: [^\n]*127\.0\.0\.1:1[^\n]*\n$/);
  });

  it('restore puts a backup in place, and does not overwrite without --force', async () => {
    const from = await createTestDatabase();
    const to = await createEmptyDatabase();
    const folder = mkdtempSync(join(tmpdir(), 'sidetone-main-'));
    try {
      const archive = join(data, 'from.tar.gz');
      await backup({ connection: from.connection, dataFolder: data, out: archive });
      const env = { DATABASE_URL: urlOf(to.connection), SIDETONE_DATA: folder };
      const restored = await sidetone(['restore', archive], env);
      expect(restored).toMatchObject({ code: 0, out: expect.stringMatching(/^restored the backup of 20/) as string });
      expect(restored.err).toContain('SIDETONE_SECRET_KEY');
      const absent = await sidetone(['restore', join(data, 'absent.tar.gz'), '--force'], env);
      expect(absent.code).toBe(1);
      expect(absent.err).toMatch(/^sidetone: [^\n]+\n$/);
    } finally {
      rmSync(folder, { recursive: true, force: true });
      await Promise.all([from.close(), to.close()]);
    }
  });
});
