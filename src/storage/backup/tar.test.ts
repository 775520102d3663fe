import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readTar, tarEnd, tarHeader, tarPadding } from './tar.js';

const files = [
  { name: 'manifest.json', content: Buffer.from('{}') },
  { name: 'empty', content: Buffer.alloc(0) },
  { name: 'one block', content: Buffer.alloc(512, 'x') },
  { name: `recordings/${'deep/'.repeat(28)}größe.wav`, content: Buffer.alloc(1300, 'y') },
];

const archive = Buffer.concat([
  ...files.flatMap(({ name, content }) => [
    tarHeader(name, content.length, 1_700_000_000),
    content,
    tarPadding(content.length),
  ]),
  tarEnd(),
]);

async function* inChunks(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function readAll(bytes: Buffer, chunkSize: number): Promise<{ name: string; content: Buffer }[]> {
  const found = [];
  for await (const entry of readTar(inChunks(bytes, chunkSize))) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry.content) chunks.push(chunk);
    found.push({ name: entry.name, content: Buffer.concat(chunks) });
  }
  return found;
}

test.each([1, 7, 512, 100_000])('reads what it writes, in chunks of %i bytes', async (size) => {
  expect(await readAll(archive, size)).toEqual(files);
});

test('the system reads what it writes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tar-test-'));
  const path = join(folder, 'archive.tar');
  writeFileSync(path, archive);
  const listed = spawnSync('tar', ['-tf', path], { encoding: 'utf8' });
  rmSync(folder, { recursive: true });
  expect(listed.stderr).toBe('');
  // The last name is shown as the locale allows.
  const names = listed.stdout.trimEnd().split('\n');
  expect(names).toHaveLength(files.length);
  expect(names.slice(0, -1)).toEqual(files.slice(0, -1).map(({ name }) => name));
});

describe('refuses', () => {
  test('an archive that is cut off, wherever', async () => {
    for (const length of [0, 100, 512, 513, 600, archive.length - 1024]) {
      await expect(readAll(archive.subarray(0, length), 512)).rejects.toThrow('the archive is cut off');
    }
  });

  test('a damaged header', async () => {
    const damaged = Buffer.from(archive);
    damaged[3]! ^= 1;
    await expect(readAll(damaged, 512)).rejects.toThrow('not a tar archive, or a damaged one');
  });

  test('what is not a file', async () => {
    const link = tarHeader('link', 0, 0);
    link.write('2', 156);
    link.write((Number.parseInt(link.toString('latin1', 148, 154), 8) + 2).toString(8).padStart(6, '0'), 148);
    await expect(readAll(Buffer.concat([link, tarEnd()]), 512)).rejects.toThrow('something other than files');
  });

  test('a name that does not fit', () => {
    expect(() => tarHeader('x'.repeat(101), 0, 0)).toThrow(RangeError);
    expect(() => tarHeader('x/'.repeat(200), 0, 0)).toThrow(RangeError);
  });
});
