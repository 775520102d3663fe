import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readRunningFile, removeRunningFile, writeRunningFile } from '#running-file.js';

let data: string;
beforeEach(() => (data = mkdtempSync(join(tmpdir(), 'sidetone-running-'))));
afterEach(() => rmSync(data, { recursive: true, force: true }));

const server = { url: 'http://127.0.0.1:8080', token: 'secret', pid: 4711 };

it('is written for the owner only, read back and removed', () => {
  writeRunningFile(data, server);
  expect(statSync(join(data, 'running.json')).mode & 0o777).toBe(0o600);
  expect(readRunningFile(data)).toEqual(server);
  removeRunningFile(data, server.pid);
  expect(readRunningFile(data)).toBeUndefined();
});

it('stays when a later server has written it', () => {
  writeRunningFile(data, { ...server, pid: 4712 });
  removeRunningFile(data, server.pid);
  expect(readRunningFile(data)?.pid).toBe(4712);
});

it.each(['', '{', 'null', '[]', '{"url":"http://127.0.0.1:1"}'])('takes %j for no server', (text) => {
  writeFileSync(join(data, 'running.json'), text);
  expect(readRunningFile(data)).toBeUndefined();
});
