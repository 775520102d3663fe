/** An HTTP service on this machine that stands in for a provider, keeps what it is asked, and answers as it is told. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Asked {
  method: string;
  /** With the query. */
  path: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** What comes back; `never`: nothing does. `endless`: a body without end. `cut`: half a body. `gone`: the line is cut. */
export type Reply =
  | { status?: number; headers?: Record<string, string>; body?: Uint8Array | string }
  | 'never'
  | 'endless'
  | 'cut'
  | 'gone';

export interface StandInProvider {
  /** Without a trailing slash. */
  url: string;
  asked: Asked[];
  /** From now on. */
  answer: (reply: (asked: Asked) => Reply | Promise<Reply>) => void;
  /** Resolves when the service has been asked so often. */
  hasBeenAsked(times: number): Promise<void>;
  close(): Promise<void>;
}

export async function openProvider(): Promise<StandInProvider> {
  const asked: Asked[] = [];
  const watchers = new Set<() => void>();
  let replyTo: (asked: Asked) => Reply | Promise<Reply> = () => ({ status: 500 });
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url: path = '', headers } = request;
      const one = { method, path, headers, body: Buffer.concat(chunks) };
      asked.push(one);
      void Promise.resolve(replyTo(one)).then((reply) => send(response, reply));
      for (const watcher of [...watchers]) watcher();
    });
  });
  // A busy test would use a connection again just as the server ends it.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    answer: (reply) => (replyTo = reply),
    hasBeenAsked: (times) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (asked.length < times) return;
          watchers.delete(look);
          resolve();
        };
        watchers.add(look);
        look();
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function send(response: ServerResponse, reply: Reply): void {
  if (reply === 'never') return;
  if (reply === 'gone') {
    response.socket?.destroy();
    return;
  }
  if (reply === 'cut') {
    response.writeHead(200, { 'content-length': '1000' });
    response.write('half', () => response.destroy());
    return;
  }
  if (reply === 'endless') {
    response.writeHead(200);
    const more = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(65_536)));
    };
    response.on('drain', more);
    more();
    return;
  }
  response.writeHead(reply.status ?? 200, reply.headers).end(reply.body ?? '');
}
