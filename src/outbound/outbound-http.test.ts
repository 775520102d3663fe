import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { OutboundHttp, type OutboundHttpOptions } from '#outbound/outbound-http.js';

const NOBODY = { hosts: [], networks: [] };

let server: Server;
let url: string;
let paths: string[];
let listener: RequestListener;
let opened: OutboundHttp[];

beforeEach(async () => {
  paths = [];
  opened = [];
  listener = (_request, response) => response.end('ok');
  server = createServer((request, response) => {
    paths.push(request.url ?? '');
    listener(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  for (const http of opened) await http.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function open(options: Partial<OutboundHttpOptions> = {}): OutboundHttp {
  const http = new OutboundHttp({ allowLoopback: true, allow: NOBODY, ...options });
  opened.push(http);
  return http;
}

const message = (to: string) => ({ url: to, headers: { 'content-type': 'application/json' }, body: '{"a":1}' });

describe('post', () => {
  test('sends headers and body once, and says what was answered', async () => {
    const seen: unknown[] = [];
    listener = (request, response) => {
      let text = '';
      request.on('data', (chunk: Buffer) => (text += chunk.toString()));
      request.on('end', () => {
        seen.push([request.method, request.headers['content-type'], text]);
        response.writeHead(202).end('thanks');
      });
    };
    expect(await open().post(message(`${url}/hook?x=1`))).toEqual({ ok: true, statusCode: 202, excerpt: 'thanks' });
    expect(seen).toEqual([['POST', 'application/json', '{"a":1}']]);
    expect(paths).toEqual(['/hook?x=1']);
  });

  test.each([301, 302, 307, 308])('does not follow a redirect (%i)', async (status) => {
    listener = (_request, response) => response.writeHead(status, { location: `${url}/elsewhere` }).end();
    expect(await open().post(message(`${url}/first`))).toMatchObject({ ok: false, statusCode: status });
    expect(paths).toEqual(['/first']);
  });

  test('reads no more of an answer than an excerpt, though it never ends', async () => {
    listener = (_request, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write('x'.repeat(10_000)));
      };
      response.on('drain', more);
      more();
    };
    const result = await open().post(message(url));
    expect(result).toEqual({ ok: true, statusCode: 200, excerpt: 'x'.repeat(500) });
  });

  test('gives up on a server that accepts and says nothing, or does not end', async () => {
    const impatient = open({ postWithinMs: 200 });
    listener = () => undefined;
    expect(await impatient.post(message(url))).toEqual({ ok: false, error: 'no answer in time' });
    listener = (_request, response) => void response.write('half');
    expect(await impatient.post(message(url))).toEqual({ ok: false, error: 'no answer in time' });
  });

  test('says why nothing was answered', async () => {
    listener = (request) => request.socket.destroy();
    expect(await open().post(message(url))).toEqual({ ok: false, error: expect.stringMatching(/\S/) as string });
    expect(await open().post(message('http://nobody.invalid/'))).toMatchObject({ ok: false });
  });

  test('reaches no private address, by number or by name', async () => {
    const guarded = open({ allowLoopback: false });
    const named = url.replace('127.0.0.1', 'localhost');
    for (const to of [url, named, url.replace('127.0.0.1', '[::ffff:127.0.0.1]')]) {
      expect(await guarded.post(message(to))).toEqual({
        ok: false,
        error: expect.stringContaining('is a private or reserved address') as string,
      });
    }
    expect(paths).toEqual([]);
  });
});

describe('download', () => {
  test('gives the bytes', async () => {
    listener = (_request, response) => response.end(Buffer.alloc(1000, 7));
    expect(await open().download(`${url}/a.wav`, 1000)).toEqual(Buffer.alloc(1000, 7));
  });

  test.each([
    ['that says how long it is', { 'content-length': '1001' }],
    ['that does not', {}],
  ])('refuses a file that is too large, one %s', async (_what, headers) => {
    listener = (_request, response) => response.writeHead(200, headers).end(Buffer.alloc(1001));
    await expect(open().download(url, 1000)).rejects.toThrow('larger than 1000 bytes');
  });

  test('says what else went wrong', async () => {
    listener = (_request, response) => response.writeHead(404).end('x'.repeat(10_000));
    await expect(open().download(url, 1000)).rejects.toThrow('the server answered 404');
    listener = (_request, response) => response.writeHead(302, { location: url }).end();
    await expect(open().download(url, 1000)).rejects.toThrow('the server answered 302');
    listener = (_request, response) => void response.write('half');
    await expect(open({ downloadWithinMs: 200 }).download(url, 1000)).rejects.toThrow('no answer in time');
    await expect(open({ allowLoopback: false }).download(url, 1000)).rejects.toThrow('private or reserved address');
  });
});

describe('a file of a carrier', () => {
  const ask = (at: string, headers: Record<string, string> = {}) => ({ url: at, headers, maxBytes: 10 });

  test('is fetched with its type, and the headers that it wants', async () => {
    const shown: unknown[] = [];
    listener = (request, response) => {
      shown.push(request.headers.authorization);
      response.writeHead(200, { 'content-type': 'Image/PNG; q=1' }).end('a picture');
    };
    expect(await open().fetchFile(ask(`${url}/a`, { authorization: 'Basic me' }))).toEqual({
      ...{ ok: true, bytes: Buffer.from('a picture'), type: 'image/png' },
    });
    expect(shown).toEqual(['Basic me']);
  });

  test('may lie elsewhere, where nobody is shown the headers; only so far', async () => {
    const shown: unknown[] = [];
    const elsewhere = createServer((request, response) => {
      shown.push([request.url, request.headers.authorization]);
      response.end('here');
    });
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
    const there = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}`;
    listener = (request, response) => {
      shown.push([request.url, request.headers.authorization]);
      const to: Record<string, string> = { '/a': '/b', '/b': `${there}/c`, '/round': '/round' };
      response.writeHead(307, { location: to[request.url ?? ''] }).end();
    };
    const headers = { authorization: 'Basic me' };
    const found = await open().fetchFile(ask(`${url}/a`, headers));
    elsewhere.close();
    expect(found).toEqual({ ok: true, bytes: Buffer.from('here'), type: undefined });
    expect(shown).toEqual([
      ['/a', 'Basic me'],
      ['/b', 'Basic me'],
      ['/c', undefined],
    ]);
    expect(await open().fetchFile(ask(`${url}/round`))).toEqual({
      ...{ ok: false, error: 'more than 3 redirects', isFinal: true },
    });
  });

  test('is not fetched from private addresses, nor by a redirect to one', async () => {
    const refused = { ok: false, isFinal: true, error: expect.stringContaining('private or reserved') as string };
    expect(await open({ allowLoopback: false }).fetchFile(ask(`${url}/a`))).toEqual(refused);
    expect(paths).toEqual([]);
    for (const location of ['http://10.0.0.1/', 'http://[::ffff:169.254.169.254]/latest']) {
      listener = (_request, response) => response.writeHead(302, { location }).end();
      expect(await open().fetchFile(ask(`${url}/a`))).toEqual(refused);
    }
    listener = (_request, response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end();
    expect(await open().fetchFile(ask(`${url}/a`))).toEqual({
      ...{ ok: false, error: 'the server answered 302', isFinal: false },
    });
  });

  test('is tried again unless it is too large', async () => {
    listener = (_request, response) => response.end('more than ten bytes');
    expect(await open().fetchFile(ask(url))).toEqual({ ok: false, error: 'larger than 10 bytes', isFinal: true });
    listener = (_request, response) => response.writeHead(404).end();
    expect(await open().fetchFile(ask(url))).toEqual({ ok: false, error: 'the server answered 404', isFinal: false });
    listener = (request) => request.socket.destroy();
    expect(await open().fetchFile(ask(url))).toMatchObject({ ok: false, isFinal: false });
    listener = () => undefined;
    expect(await open({ downloadWithinMs: 50 }).fetchFile(ask(url))).toEqual({
      ...{ ok: false, error: 'no answer in time', isFinal: false },
    });
  });
});
