/**
 * HTTP to a speech provider that the operator chose: bounded in time, size and number, following no redirects. The
 * address may be private, a server of one's own. Neither keys nor what a provider says of an error get into messages:
 * some repeat half the key there.
 */
import type { Clock } from '#clock.js';
import { BoundedWork } from '#speech/bounded-work.js';

export type Fetch = typeof fetch;
export type ProviderBody = string | Uint8Array | FormData;

export interface ProviderHttpOptions {
  /** Begins every error message. */
  name: string;
  /** Without a trailing slash. */
  url: string;
  /** With the key. Sent with every request. */
  headers: Record<string, string>;
  clock: Clock;
  /** How long a request may take, waiting included. Milliseconds. */
  withinMs: number;
  /** Requests at the same time; as many as the provider likes. */
  atOnce: number;
  /** Makes the error that callers get, from a sentence. */
  failure: (message: string) => Error;
  /** Node's own unless told otherwise. */
  fetch?: Fetch;
}

const MAX_WAITING = 200;

/** What a status means to whoever reads the log. */
const MEANINGS: Readonly<Record<number, string>> = {
  400: 'it does not accept the request',
  401: 'it does not accept the key',
  402: 'its account is out of money',
  403: 'the key may not do this',
  404: 'its address or its model is not right',
  413: 'the sound is too large for it',
  422: 'it does not accept the request',
  429: 'too many requests, or no credit left',
};

const CLOSED_UNDER_US = new Set(['EPIPE', 'ECONNRESET', 'UND_ERR_SOCKET']);

export class ProviderHttp {
  readonly #options: ProviderHttpOptions;
  readonly #work: BoundedWork;
  readonly #fetch: Fetch;

  constructor(options: ProviderHttpOptions) {
    const { clock, atOnce, withinMs } = options;
    this.#options = options;
    this.#fetch = options.fetch ?? fetch;
    this.#work = new BoundedWork({
      ...{ clock, atOnce, withinMs, maxWaiting: MAX_WAITING },
      failure: (message) => this.#failure(message),
    });
  }

  /** The body of a 200. Rejects with the options' `failure`. `contentType`: not for forms, which have a boundary. */
  post(path: string, body: ProviderBody, options: { contentType?: string; maxBytes: number }): Promise<Buffer> {
    return this.#work.run((signal) => this.#post(path, body, options, signal));
  }

  /** Rejects what is under way. Idempotent. */
  close(): void {
    this.#work.close();
  }

  async #post(
    path: string,
    body: ProviderBody,
    { contentType, maxBytes }: { contentType?: string; maxBytes: number },
    signal: AbortSignal,
  ): Promise<Buffer> {
    const { url, headers } = this.#options;
    const type = contentType === undefined ? {} : { 'content-type': contentType };
    let answer: { status: number; bytes: Buffer | undefined };
    try {
      const request = { method: 'POST', headers: { ...headers, ...type }, body, signal, redirect: 'manual' } as const;
      const response = await this.#fetch(url + path, request).catch((error: unknown) => {
        // A kept connection that the provider closed in the moment we used it; a new one tells whether it is in trouble.
        if (signal.aborted || !CLOSED_UNDER_US.has(reasonOf(error))) throw error;
        return this.#fetch(url + path, request);
      });
      answer = { status: response.status, bytes: await readUpTo(response, response.status === 200 ? maxBytes : 0) };
    } catch (error) {
      throw this.#failure(`cannot be reached (${reasonOf(error)})`);
    }
    const { status, bytes } = answer;
    if (status !== 200) throw this.#failure(`answered ${status}${meaningOf(status)}`);
    if (bytes === undefined) throw this.#failure(`its answer is larger than ${maxBytes} bytes`);
    return bytes;
  }

  #failure(message: string): Error {
    return this.#options.failure(`${this.#options.name}: ${message}`);
  }
}

function meaningOf(status: number): string {
  const meaning = MEANINGS[status] ?? (status >= 500 ? 'it is in trouble' : undefined);
  return meaning === undefined ? '' : `: ${meaning}`;
}

/** Undefined for a body with more bytes; what is left of it is not read. */
async function readUpTo(response: Response, most: number): Promise<Buffer | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  // Leaving the loop cancels the body, and with it a connection that could send without end.
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > most) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Of what `fetch` throws: a system's code where there is one. The address is not for everybody. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause instanceof Error && 'code' in cause) return String(cause.code);
  return error instanceof Error ? error.name : 'unknown';
}
