import { Agent, request, type Dispatcher } from 'undici';
import { AddressGuard, AddressRefused, type AddressGuardOptions } from '#outbound/address-guard.js';

const CONNECT_MS = 5000;
/** What receivers of webhooks are used to; no standard says it. */
const WEBHOOK_MS = 15_000;
const DOWNLOAD_MS = 30_000;
const EXCERPT_BYTES = 500;
const CONNECTIONS_PER_ORIGIN = 32;
const MOST_REDIRECTS = 3;

export type PostResult = { ok: boolean; statusCode: number; excerpt: string } | { ok: false; error: string };

export type FetchedFile =
  | { ok: true; bytes: Buffer; type: string | undefined }
  /** `isFinal`: trying again would change nothing. */
  | { ok: false; error: string; isFinal: boolean };

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

  /**
   * A file that a carrier keeps, with its media type. It may lie elsewhere than its address says: redirects are followed,
   * each one guarded, and only the origin that was asked first is shown the headers. Never rejects.
   */
  async fetchFile(asked: { url: string; headers: Record<string, string>; maxBytes: number }): Promise<FetchedFile> {
    const { origin } = new URL(asked.url);
    const signal = AbortSignal.timeout(this.options.downloadWithinMs ?? DOWNLOAD_MS);
    let url = asked.url;
    try {
      for (let hops = 0; hops <= MOST_REDIRECTS; hops++) {
        const headers = new URL(url).origin === origin ? asked.headers : {};
        const response = await this.#request(url, { method: 'GET', headers, signal });
        const { statusCode } = response;
        const { bytes, whole } = await readUpTo(response, statusCode === 200 ? asked.maxBytes : 0);
        const next = redirectOf(url, response);
        if (next !== undefined) {
          url = next;
          continue;
        }
        if (statusCode !== 200) return { ok: false, error: `the server answered ${statusCode}`, isFinal: false };
        if (!whole) return { ok: false, error: `larger than ${asked.maxBytes} bytes`, isFinal: true };
        return { ok: true, bytes, type: mediaType(response.headers['content-type']) };
      }
      return { ok: false, error: `more than ${MOST_REDIRECTS} redirects`, isFinal: true };
    } catch (error) {
      return { ok: false, error: reasonOf(error), isFinal: isRefused(error) };
    }
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

/** Where it lies instead (RFC 9110, 15.4); never from a secured address to one that is not. */
function redirectOf(from: string, { statusCode, headers }: Dispatcher.ResponseData): string | undefined {
  const { location } = headers;
  if (![301, 302, 303, 307, 308].includes(statusCode) || typeof location !== 'string') return undefined;
  if (!URL.canParse(location, from)) return undefined;
  const to = new URL(location, from);
  const isKept = to.protocol === 'https:' || (to.protocol === 'http:' && new URL(from).protocol === 'http:');
  return isKept ? to.href : undefined;
}

function mediaType(header: string | string[] | undefined): string | undefined {
  const type = typeof header === 'string' ? (header.split(';')[0] ?? '').trim().toLowerCase() : '';
  return /^[a-z0-9.+_-]{1,100}\/[a-z0-9.+_-]{1,100}$/.test(type) ? type : undefined;
}

function isRefused(error: unknown): boolean {
  return error instanceof AddressRefused || (error instanceof Error && error.cause instanceof AddressRefused);
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
