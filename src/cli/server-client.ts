import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { Agent, request, type Dispatcher } from 'undici';
import { CommandFailure } from '#cli/terminal.js';
import type { RunningServer } from '#running-file.js';

export interface ServerRequest {
  method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** Below `/admin`, starting with a slash. */
  path: string;
  query?: Record<string, string | number | undefined>;
  body?: unknown;
  /** In place of a body: the path of a file that is sent as it is. */
  file?: string;
  signal?: AbortSignal;
}

/** Lines of a stream longer than this are not ours. */
const LINE_LIMIT_CHARS = 4_000_000;

/** The running server's administration, over HTTP. Every failure is a `CommandFailure` with one line for the person. */
export class ServerClient {
  readonly #agent: Agent;

  constructor(private readonly server: RunningServer) {
    // The address is this machine's own, from a file that only the server's user can write: a certificate made out to
    // the public name proves nothing more, and must not stand in the way.
    // No time limits: a backup takes long, and Ctrl-C ends what seems to hang.
    this.#agent = new Agent({ connect: { rejectUnauthorized: false }, headersTimeout: 0, bodyTimeout: 0 });
  }

  /** The reply's JSON document; undefined for one without a body. */
  async call<Reply>(options: ServerRequest): Promise<Reply> {
    const reply = await this.#send(options);
    const text = await reply.body.text();
    return (text === '' ? undefined : parse(text)) as Reply;
  }

  /** A reply of one JSON document a line, as they come; ends with the stream or with the signal. */
  async *lines<Document>(options: ServerRequest): AsyncGenerator<Document> {
    let rest = '';
    try {
      const reply = await this.#send(options);
      reply.body.setEncoding('utf8');
      for await (const chunk of reply.body as AsyncIterable<string>) {
        const pieces = (rest + chunk).split('\n');
        rest = pieces.pop() ?? '';
        for (const piece of pieces) if (piece !== '') yield parse(piece) as Document;
        if (rest.length > LINE_LIMIT_CHARS) throw new CommandFailure('the server sends a line that never ends');
      }
    } catch (error) {
      if (options.signal?.aborted === true) return;
      throw error instanceof CommandFailure ? error : new CommandFailure('the server closed the connection');
    }
  }

  /** A reply as text, piece by piece. */
  async *text(options: ServerRequest): AsyncGenerator<string> {
    const reply = await this.#send(options);
    reply.body.setEncoding('utf8');
    try {
      yield* reply.body as AsyncIterable<string>;
    } catch {
      throw new CommandFailure('the server closed the connection');
    }
  }

  close(): Promise<void> {
    return this.#agent.destroy();
  }

  async #send({ method, path, query, body, file, signal }: ServerRequest): Promise<Dispatcher.ResponseData> {
    const url = new URL(`${this.server.url}/admin${path}`);
    for (const [name, value] of Object.entries(query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    const content = file === undefined ? undefined : await openFile(file);
    let reply: Dispatcher.ResponseData;
    try {
      reply = await request(url, {
        method,
        dispatcher: this.#agent,
        headers: {
          authorization: `Bearer ${this.server.token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(content === undefined ? {} : { 'content-type': 'text/csv' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(content === undefined ? {} : { body: content }),
        ...(signal === undefined ? {} : { signal }),
      });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ECONNREFUSED') {
        throw new CommandFailure(
          `the server is not running (nothing answers at ${this.server.url}): start it with "sidetone serve"`,
        );
      }
      throw new CommandFailure(`the server at ${this.server.url} does not answer: ${(error as Error).message}`);
    }
    if (reply.statusCode >= 400) throw new CommandFailure(await refusal(reply));
    return reply;
  }
}

async function openFile(file: string): Promise<Readable> {
  const content = createReadStream(file);
  try {
    await once(content, 'open');
  } catch (error) {
    throw new CommandFailure(`${file} cannot be read: ${(error as Error).message}`);
  }
  return content;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new CommandFailure(
      'what answers there is not this server; is "running.json" in the data folder out of date?',
    );
  }
}

async function refusal(reply: Dispatcher.ResponseData): Promise<string> {
  const text = await reply.body.text();
  try {
    const { error } = JSON.parse(text) as { error: { message: string; field?: string } };
    return error.field === undefined ? error.message : `${error.field}: ${error.message}`;
  } catch {
    return `the server answered ${reply.statusCode}; is "running.json" in the data folder from another server?`;
  }
}
