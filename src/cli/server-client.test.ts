import { createServer, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ServerClient } from '#cli/server-client.js';
import { certificateOne } from '#test/wire/certificates.js';

let server: Server;
let client: ServerClient;
/** What the server does with the next request. */
let answer: (response: ServerResponse) => void;
beforeEach(async () => {
  server = createServer((request, response) => {
    request.resume();
    answer(response);
  });
  client = await clientOf(server, 'http');
});
afterEach(async () => {
  await client.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

async function clientOf(listening: Server, scheme: string): Promise<ServerClient> {
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  const { port } = listening.address() as AddressInfo;
  return new ServerClient({ url: `${scheme}://127.0.0.1:${port}`, token: 'token', pid: 1 });
}

const call = (): Promise<unknown> => client.call({ method: 'GET', path: '/numbers' });

async function lines(signal?: AbortSignal): Promise<unknown[]> {
  const got: unknown[] = [];
  const asked = { method: 'GET', path: '/webhooks/listen', ...(signal === undefined ? {} : { signal }) } as const;
  for await (const line of client.lines(asked)) got.push(line);
  return got;
}

describe('a reply', () => {
  it('is its JSON document, or nothing', async () => {
    answer = (response) => response.end('{"a":1}');
    expect(await call()).toEqual({ a: 1 });
    answer = (response) => response.writeHead(204).end();
    expect(await call()).toBeUndefined();
  });

  it('of refusal is its sentence with the field', async () => {
    answer = (response) => response.writeHead(400).end('{"error":{"code":"x","message":"No.","field":"number"}}');
    await expect(call()).rejects.toThrow('number: No.');
  });

  it.each([200, 404])('that is not ours is said to be so (%i)', async (status) => {
    answer = (response) => response.writeHead(status).end('<html>');
    await expect(call()).rejects.toThrow('running.json');
  });

  it('that never comes is a sentence', async () => {
    answer = (response) => response.destroy();
    await expect(call()).rejects.toThrow(/^the server at http:\S+ does not answer: /);
  });
});

describe('lines', () => {
  it('are documents wherever the bytes are cut', async () => {
    answer = (response) => {
      response.write('{"text":"caf');
      setImmediate(() => response.write(Buffer.from('é"}\n\n{"b"').subarray(0, 1)));
      setImmediate(() => response.write(Buffer.from('é"}\n\n{"b"').subarray(1)));
      setImmediate(() => response.end(':2}\n'));
    };
    expect(await lines()).toEqual([{ text: 'café' }, { b: 2 }]);
  });

  it('end with Ctrl-C', async () => {
    const controller = new AbortController();
    answer = (response) => {
      response.write('{"a":1}\n');
      setImmediate(() => controller.abort());
    };
    await expect(lines(controller.signal)).resolves.toBeInstanceOf(Array);
  });

  it('that break off are a sentence', async () => {
    answer = (response) => {
      response.write('{"a":1}\n');
      setImmediate(() => response.destroy());
    };
    await expect(lines()).rejects.toThrow('the server closed the connection');
  });

  it('without end are given up', async () => {
    answer = (response) => void response.write('x'.repeat(4_100_000));
    await expect(lines()).rejects.toThrow('never ends');
  });
});

it('speaks TLS with the server of this machine, whatever name its certificate has', async () => {
  const secure = createTlsServer({ ...certificateOne }, (_, response) => response.end('{"secure":true}'));
  const own = await clientOf(secure, 'https');
  try {
    expect(await own.call({ method: 'GET', path: '/numbers' })).toEqual({ secure: true });
  } finally {
    await own.close();
    await new Promise((resolve) => secure.close(resolve));
  }
});
