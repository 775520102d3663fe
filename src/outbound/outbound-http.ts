import { Agent, request, type Dispatcher } from 'undici';
import { AddressGuard, AddressRefused, type AddressGuardOptions } from '#outbound/address-guard.js';

const CONNECT_MS = 5000;
/** What receivers of webhooks are used to; no standard says it. */
const WEBHOOK_MS = 15_000;
const DOWNLOAD_MS = 30_000;
const EXCERPT_BYTES = 500;
const CONNECTIONS_PER_ORIGIN = 32;

export type PostResult = { ok: boolean; statusCode: number; excerpt: string } | { ok: false; error: string };

export interface OutboundHttpOptions extends AddressGuardOptions {
  /** How long an answer may take, its body included. Default: 15 s. */
  postWithinMs?: number;
  /** Default: 30 s. */
  downloadWithinMs?: number;
}

/** HTTP to addresses that customers name: guarded, without redirects, bounded in time and size. */
export class OutboundHttp {
  readonly #guard: AddressGuard;
  readonly #agent: Agent;

  constructor(private readonly options: OutboundHttpOptions) {
    this.#guard = new AddressGuard(options);
    this.#agent = new Agent({
      connect: { timeout: CONNECT_MS, lookup: this.#guard.lookup },
      connections: CONNECTIONS_PER_ORIGIN,
      keepAliveTimeout: 10_000,
    });
  }

  /** Any 2xx is ok. Never rejects. */
  async post(message: { url: string; headers: Record<string, string>; body: string }): Promise<PostResult> {
    try {
      const response = await this.#request(message.url, {
        method: 'POST',
        headers: message.headers,
        body: message.body,
        signal: AbortSignal.timeout(this.options.postWithinMs ?? WEBHOOK_MS),
      });
      const { statusCode } = response;
      const excerpt = await readUpTo(response, EXCERPT_BYTES);
      return { ok: statusCode >= 200 && statusCode < 300, statusCode, excerpt: excerpt.bytes.toString() };
    } catch (error) {
      return { ok: false, error: reasonOf(error) };
    }
  }

  /** The bytes behind a URL. Rejects with a message for the person outside: status, size, address, time. */
  async download(url: string, maxBytes: number): Promise<Buffer> {
    let found: { bytes: Buffer; whole: boolean };
    try {
      const signal = AbortSignal.timeout(this.options.downloadWithinMs ?? DOWNLOAD_MS);
      const response = await this.#request(url, { method: 'GET', signal });
      const { statusCode } = response;
      found = await readUpTo(response, statusCode === 200 ? maxBytes : 0);
      if (statusCode !== 200) throw new Error(`the server answered ${statusCode}`);
    } catch (error) {
      throw new Error(reasonOf(error));
    }
    if (!found.whole) throw new Error(`larger than ${maxBytes} bytes`);
    return found.bytes;
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  async #request(
    url: string,
    options: Omit<Dispatcher.RequestOptions, 'path' | 'origin'>,
  ): Promise<Dispatcher.ResponseData> {
    this.#guard.checkHost(new URL(url).hostname);
    return request(url, { ...options, dispatcher: this.#agent });
  }
}

async function readUpTo(response: Dispatcher.ResponseData, most: number): Promise<{ bytes: Buffer; whole: boolean }> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response.body as AsyncIterable<Buffer>) {
    size += chunk.length;
    chunks.push(chunk);
    // Leaving the loop destroys the body, and with it a connection that could send without end.
    if (size > most) break;
  }
  return { bytes: Buffer.concat(chunks).subarray(0, most), whole: size <= most };
}

function reasonOf(error: unknown): string {
  if (error instanceof AddressRefused) return error.message;
  if (error instanceof Error) {
    if (error.name === 'TimeoutError') return 'no answer in time';
    if (error.cause instanceof AddressRefused) return error.cause.message;
    return 'code' in error && error.message === '' ? String(error.code) : error.message;
  }
  return String(error);
}
