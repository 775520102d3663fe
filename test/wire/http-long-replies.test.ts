import { createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { endWhenUnread, LONG_REPLIES_AT_ONCE } from '#apis/http/long-replies.js';
import type { KeyDoor } from '#apis/http/index.js';
import { eventually } from '../eventually.js';
import { createHttpWorld, thingDoor, type HttpWorld } from './http-world.js';

/** Files that are made while they are read, and people who read them slowly, or not at all. */
let world: HttpWorld;
let key: string;
let url: string;
let pages = 0;
let open = 0;

const door: KeyDoor = {
  ...thingDoor(),
  name: 'files',
  prefix: '/api/files/v1',
  routes(table) {
    table.get('/export', {
      id: 'export',
      summary: 'Without end',
      returnsType: 'text/csv',
      handle: async ({ reply }) => {
        reply.type('text/csv');
        return Readable.from(pagesWithoutEnd());
      },
    });
  },
};

async function* pagesWithoutEnd(): AsyncGenerator<string> {
  open += 1;
  try {
    for (;;) {
      pages += 1;
      // As pages come from a database: not all at once.
      yield await new Promise<string>((resolve) => setImmediate(() => resolve('x'.repeat(100_000))));
    }
  } finally {
    open -= 1;
  }
}

beforeAll(async () => {
  world = await createHttpWorld();
  const server = await world.serve({ doors: [door] });
  const { host, port } = await server.listen();
  url = `http://${host}:${port}/api/files/v1/export`;
  key = await world.key();
});
afterAll(() => world.close());

/** An answer of which nothing is read. */
function ask(as: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    get(url, { headers: { authorization: `Bearer ${as}` }, agent: false }, (answer) => {
      answer.once('error', () => undefined);
      resolve(answer);
    }).once('error', reject);
  });
}

test('an account reads so many at once, each page by page, and another when one is over', async () => {
  const unread = await Promise.all(Array.from({ length: LONG_REPLIES_AT_ONCE }, () => ask(key)));
  expect(unread.map(({ statusCode }) => statusCode)).toEqual(unread.map(() => 200));
  const refused = await ask(key);
  expect([refused.statusCode, refused.headers['retry-after']]).toEqual([429, '5']);

  // Nobody reads, so nothing more is made: what was made lies in the sockets.
  let before = -1;
  await eventually(() => {
    const now = pages;
    const stands = now === before;
    before = now;
    expect(stands).toBe(true);
  });
  expect(open).toBe(LONG_REPLIES_AT_ONCE);

  unread.pop()?.destroy();
  await eventually(() => expect(open).toBe(LONG_REPLIES_AT_ONCE - 1));
  const next = await ask(key);
  expect(next.statusCode).toBe(200);
  for (const answer of [...unread, next, refused]) answer.destroy();
  await eventually(() => expect(open).toBe(0));
});

test('whoever reads nothing for long is cut off', async () => {
  let ended = false;
  const server = createServer((_request, response) => {
    endWhenUnread(response, 50);
    const file = Readable.from(pagesWithoutEnd());
    file.pipe(response);
    response.once('close', () => {
      ended = true;
      file.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    get({ host: '127.0.0.1', port, agent: false }, resolve).once('error', reject);
  });
  answer.once('error', () => undefined);
  await eventually(() => expect(ended).toBe(true));
  answer.destroy();
  await new Promise((resolve) => server.close(resolve));
});
