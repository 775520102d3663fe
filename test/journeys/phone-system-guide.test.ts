import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { HeldClock } from '../held-clock.js';
import { openWorld, type World } from '../world.js';

/** docs/phone-system.md, line by line, as somebody types it. */
let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const guide = readFileSync(
  join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', 'docs', 'phone-system.md'),
  'utf8',
);

interface Line {
  method: string;
  path: string;
  body: string | undefined;
  /** What the line below says of the answer: its id is called so, or its outcome is this. */
  id: string | undefined;
  outcome: string | undefined;
}

const CURL = /^curl (?:-X ([A-Z]+) )?"?\$API([^\s"]+)"? -H "\$AUTH"(?: -H "\$JSON"\s+-d '([^']+)')?$/;

function linesOf(text: string): Line[] {
  const lines = [...text.matchAll(/```sh\n([\s\S]+?)```/g)]
    .flatMap(([, block = '']) => block.replace(/\\\n\s*/g, '').split('\n'))
    .filter((line) => line.startsWith('curl') || line.startsWith('#'));
  return lines.flatMap((line, at) => {
    if (line.startsWith('#')) return [];
    const [, method, path = '', body] = CURL.exec(line) ?? [];
    expect(`${line}: ${path}`).toMatch(/: \/[a-z]/);
    const said = lines[at + 1] ?? '';
    return {
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      ...{ path, body, id: /^# its id: (.+)$/.exec(said)?.[1], outcome: /^# its outcome: (.+)$/.exec(said)?.[1] },
    };
  });
}

test('every line of the guide does what it says', async () => {
  const lines = linesOf(guide);
  expect(lines.length).toBeGreaterThan(12);
  const ids = new Map<string, string>();
  const filled = (text: string): string => text.replace(/\b[A-Z]{3,}\b/g, (word) => ids.get(word) ?? word);
  const outcomes: string[] = [];
  for (const { method, path, body, id, outcome } of lines) {
    (world.clock as HeldClock).advance(1000);
    const options = body === undefined ? {} : { body: JSON.parse(filled(body)) as unknown };
    const reply = await world.request(method, `/api/v2${filled(path)}`, options);
    expect([method, path, reply.status < 300 ? 'done' : reply.body]).toEqual([method, path, 'done']);
    const [data] = [reply.body['data']].flat() as { id?: number; outcome?: string }[];
    if (id !== undefined) ids.set(id, String(data?.id));
    if (outcome !== undefined) outcomes.push(`${outcome}: ${String(data?.outcome)}`);
  }
  expect(outcomes).toEqual(['voicemail: voicemail', 'answered: answered', 'voicemail: voicemail']);
  expect((await world.request('GET', '/api/v2/call-flow/problems')).body).toMatchObject({
    data: { problemCount: 0, incompleteCount: 0 },
  });
});
