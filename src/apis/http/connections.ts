import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export interface Connections {
  /** Resolves once no reply is being written. */
  quiet(): Promise<void>;
}

/** Counts the requests being worked on; once `closing`, new connections are dropped. */
export function followConnections(server: Server, closing: AbortSignal): Connections {
  let working = 0;
  let whenQuiet: (() => void)[] = [];
  server.on('connection', (socket: Socket) => {
    if (closing.aborted) socket.destroy();
  });
  server.on('request', (_request: IncomingMessage, response: ServerResponse) => {
    working++;
    response.once('close', () => {
      if (--working > 0) return;
      for (const resolve of whenQuiet) resolve();
      whenQuiet = [];
    });
  });
  return {
    quiet: () => (working === 0 ? Promise.resolve() : new Promise((resolve) => whenQuiet.push(resolve))),
  };
}
