import { createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import Type from 'typebox';
import { sendFile, type KeyDoor } from '#apis/http/index.js';
import { endWhenUnread, LINKED_AT_ONCE, LONG_REPLIES_AT_ONCE, LONGEST_BY_LINK_MS } from '#apis/http/long-replies.js';
import { HttpProblem } from '#apis/http/problem.js';
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
    table.open('/linked/:account/:file', {
      id: 'linked',
      summary: 'By a link',
      params: Type.Object({ account: Type.String(), file: Type.String() }),
      returnsType: 'audio/wav',
      handle: async ({ params, ...handling }) =>
        sendFile(handling, {
          ...{ type: 'audio/wav', bytes: 1e12, byLink: { accountId: params.account, file: params.file } },
          open: async () => (params.file === 'gone' ? undefined : Readable.from(pagesWithoutEnd())),
          gone: () => new HttpProblem('not_found', 'It was deleted.'),
        }),
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
  url = `http://${host}:${port}/api/files/v1`;
  key = await world.key();
});
afterAll(() => world.close());

/** An answer of which nothing is read. */
function ask(as: string | undefined, path = '/export', method = 'GET'): Promise<IncomingMessage> {
  const headers = as === undefined ? {} : { authorization: `Bearer ${as}` };
  return new Promise((resolve, reject) => {
    get(`${url}${path}`, { headers, agent: false, method }, (answer) => {
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

test('readers by link have places of their own, by file and by account, for a time', async () => {
  const mine = `/linked/${world.account.id}`;
  const readers = await Promise.all(Array.from({ length: LINKED_AT_ONCE.ofFile }, () => ask(undefined, `${mine}/one`)));
  const refused = await ask(undefined, `${mine}/one`);
  expect([refused.statusCode, refused.headers['retry-after']]).toEqual([429, '5']);
  const others = LINKED_AT_ONCE.ofAccount / LINKED_AT_ONCE.ofFile - 1;
  for (let file = 0; file < others; file++) {
    for (let reader = 0; reader < LINKED_AT_ONCE.ofFile; reader++)
      readers.push(await ask(undefined, `${mine}/${file}`));
  }
  expect(readers.map(({ statusCode }) => statusCode)).toEqual(readers.map(() => 200));
  const more = [
    await ask(undefined, `${mine}/another`),
    await ask(undefined, '/linked/another/one'),
    await ask(key, '/export'),
  ];
  expect(more.map(({ statusCode }) => statusCode)).toEqual([429, 200, 200]);

  const file = more[1];
  let cut = false;
  file?.once('close', () => (cut = true)).resume();
  world.clock.advance(LONGEST_BY_LINK_MS - 1);
  expect(cut).toBe(false);
  world.clock.advance(1);
  await eventually(() => expect(cut).toBe(true));
  await eventually(() => expect(open).toBe(1));
  for (const answer of [...more, refused]) answer.destroy();
  await eventually(() => expect(open).toBe(0));
});

test('a file by link that is gone is a 404; HEAD opens it and reads nothing', async () => {
  expect((await ask(undefined, '/linked/x/gone')).statusCode).toBe(404);
  expect((await ask(undefined, '/linked/x/gone', 'HEAD')).statusCode).toBe(404);
  const before = pages;
  const head = await ask(undefined, '/linked/x/one', 'HEAD');
  expect([head.statusCode, head.headers['content-length'], pages]).toEqual([200, '1000000000000', before]);
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
