import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SpeechFiles } from '#storage/speech-files.js';

let folder: string;
let files: SpeechFiles;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sidetone-speech-'));
  files = new SpeechFiles(join(folder, 'speech'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const bytes = Uint8Array.from([0, 1, 2, 3, 4, 5]);
const all = { first: 0, last: 5 };

test('gives back what was written, whole and in parts, and only to its owner', async () => {
  await files.write('2026-11-22/a.mp3', bytes);
  expect([...(await buffer((await files.open('2026-11-22/a.mp3', all))!))]).toEqual([...bytes]);
  expect([...(await buffer((await files.open('2026-11-22/a.mp3', { first: 2, last: 3 }))!))]).toEqual([2, 3]);
  expect(statSync(join(folder, 'speech/2026-11-22/a.mp3')).mode & 0o777).toBe(0o600);
});

test('has nothing of a file that could not be written', async () => {
  mkdirSync(join(folder, 'speech/2026-11-22/a.mp3/in the way'), { recursive: true });
  await expect(files.write('2026-11-22/a.mp3', bytes)).rejects.toThrow();
  expect(readdirSync(join(folder, 'speech/2026-11-22'))).toEqual(['a.mp3']);
});

test('removes a file, and the days before a day', async () => {
  await files.removeDaysBefore('2026-11-22');
  for (const day of ['2026-11-20', '2026-11-21', '2026-11-22']) await files.write(`${day}/a.mp3`, bytes);
  await files.removeDaysBefore('2026-11-22');
  expect(readdirSync(join(folder, 'speech'))).toEqual(['2026-11-22']);
  await files.remove('2026-11-22/a.mp3');
  await files.remove('2026-11-22/a.mp3');
  expect(await files.open('2026-11-22/a.mp3', all)).toBeUndefined();
});
