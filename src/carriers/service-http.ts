import { Agent, request, type Dispatcher } from 'undici';
import type { CarrierListener, CarrierState, PartResult } from '#carriers/carrier.js';

const CONNECT_MS = 5_000;
/** An answer names a text or says what is wrong; nobody needs more of it. */
const LONGEST_REPLY_BYTES = 65_536;
/** Less than what servers are used to, so that a request seldom meets a connection that is just being closed. */
const KEEP_ALIVE_MS = 2_000;
const DEFAULT_WINDOW = 10;
const DEFAULT_TIMEOUT_SECONDS = 15;
const DEFAULT_RETRY_MS = 5_000;
const RETRY_MS = [1_000, 600_000] as const;

export interface ServiceRequest {
  method: 'GET' | 'POST' | 'PUT';
  url: string;
  headers: Record<string, string>;
  body?: string;
}

export interface ServiceAnswer {
  kind: 'answer';
  status: number;
  body: string;
  /** As the service asks, within bounds, or five seconds. */
  retryAfterMs: number;
}

/** What became of a request: it was answered, surely never left, or may have been read. */
export type ServiceOutcome = ServiceAnswer | Extract<PartResult, { kind: 'unreachable' | 'unknown' }>;

/** Errors of connecting: nothing of the request has been sent then. */
const BEFORE_SENDING =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|UND_ERR_CONNECT_TIMEOUT|CERT_\w+|\w+_CERT\w*|UNABLE_TO_\w+|SELF_SIGNED\w*|ERR_TLS_\w+|ERR_SSL_\w+|EPROTO)$/;

/**
 * Requests to a service that the operator has named: no address is refused therefore, but no redirect is followed. It
 * tells the listener when the service begins or ceases to work.
 */
export class ServiceHttp {
  readonly window: number;
  readonly #agent: Agent;
  readonly #timeoutMs: number;
  readonly #underWay = new Set<Promise<unknown>>();
  #state: boolean | undefined;
  #closed = false;
  #ended: Promise<void> | undefined;

  constructor(
    private readonly carrierId: string,
    private readonly listener: Pick<CarrierListener, 'onState'>,
    settings: { window?: number; timeoutSeconds?: number },
  ) {
    this.window = settings.window ?? DEFAULT_WINDOW;
    this.#timeoutMs = (settings.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS) * 1000;
    this.#agent = new Agent({
      connect: { timeout: Math.min(CONNECT_MS, this.#timeoutMs) },
      connections: this.window,
      keepAliveTimeout: KEEP_ALIVE_MS,
    });
  }

  /** Never rejects. */
  send(asked: ServiceRequest): Promise<ServiceOutcome> {
    const outcome = this.#send(asked);
    this.#underWay.add(outcome);
    void outcome.then(() => this.#underWay.delete(outcome));
    return outcome;
  }

  /** How the service does, where that changed. */
  say(state: CarrierState): void {
    if (this.#closed || this.#state === state.up) return;
    this.#state = state.up;
    this.listener.onState(this.carrierId, state);
  }

  /** Waits for what is under way, which has a time limit. */
  close(): Promise<void> {
    this.#closed = true;
    return (this.#ended ??= Promise.all(this.#underWay).then(() => this.#agent.close()));
  }

  async #send({ method, url, headers, body }: ServiceRequest): Promise<ServiceOutcome> {
    if (this.#closed) return { kind: 'unreachable', detail: 'The connection was closed.' };
    try {
      const response = await request(url, {
        method,
        headers,
        ...(body === undefined ? {} : { body }),
        signal: AbortSignal.timeout(this.#timeoutMs),
        dispatcher: this.#agent,
      });
      return {
        kind: 'answer',
        status: response.statusCode,
        body: await readSome(response.body),
        retryAfterMs: retryAfter(response.headers['retry-after']),
      };
    } catch (error) {
      const failure = failureOf(error);
      this.say({ up: false, detail: failure.detail });
      return failure;
    }
  }
}

/** What all services mean by these statuses; undefined: the service's own words count. */
export function refusedByAll(answer: ServiceAnswer): PartResult | undefined {
  const { status } = answer;
  if (status >= 300 && status < 400) {
    return { kind: 'unreachable', detail: `It answered ${status}, a redirect: is its address right?` };
  }
  // Another text would fare no better: the account or the address is at fault, and the text waits.
  if (status === 401 || status === 402) {
    return { kind: 'unreachable', detail: `It answered ${status}: are the secrets right, and the account in order?` };
  }
  if (status === 404 || status === 405) {
    return { kind: 'unreachable', detail: `It answered ${status}: is its address right?` };
  }
  if (status === 429) return { kind: 'throttled', code: '429', retryAfterMs: answer.retryAfterMs };
  if (status >= 500) return { kind: 'unknown', detail: `It answered ${status}, which does not say what became of it.` };
  return undefined;
}

/** How a service does that gave this result. */
export function stateOf(result: PartResult): CarrierState {
  if (result.kind === 'unreachable' || result.kind === 'unknown') return { up: false, detail: result.detail };
  return { up: true, detail: 'It answers.' };
}

/** JSON that may be none. */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** `data.to.0.status` of a JSON value; undefined where there is nothing. */
export function valueAt(value: unknown, path: string): unknown {
  let found = value;
  for (const name of path.split('.')) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name)) return undefined;
    found = (found as Record<string, unknown>)[name];
  }
  return found;
}

/** The same as text; numbers are written out. */
export function textAt(value: unknown, path: string | undefined): string | undefined {
  const found = path === undefined ? undefined : valueAt(value, path);
  if (typeof found === 'string') return found;
  return typeof found === 'number' || typeof found === 'boolean' ? String(found) : undefined;
}

/** A service that is elsewhere cannot call back to loopback, and some refuse texts that ask for it. */
export function canCallBack(service: string, callback: string): boolean {
  const isNear = (url: string): boolean => /^(localhost|127(\.[0-9]+){3}|\[::1\])$/.test(new URL(url).hostname);
  return !isNear(callback) || isNear(service);
}

async function readSome(body: Dispatcher.ResponseData['body']): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    chunks.push(chunk);
    // Leaving the loop destroys the body, and with it a connection that could send without end.
    if (size > LONGEST_REPLY_BYTES) break;
  }
  return Buffer.concat(chunks).subarray(0, LONGEST_REPLY_BYTES).toString();
}

/** Seconds or a date (RFC 9110, 10.2.3); dates are rare here and count as none. */
function retryAfter(header: string | string[] | undefined): number {
  const seconds = typeof header === 'string' && /^[0-9]{1,9}$/.test(header) ? Number(header) : undefined;
  if (seconds === undefined) return DEFAULT_RETRY_MS;
  return Math.min(Math.max(seconds * 1000, RETRY_MS[0]), RETRY_MS[1]);
}

function failureOf(error: unknown): Extract<PartResult, { kind: 'unreachable' | 'unknown' }> {
  const { name, code, message } = error as { name?: string; code?: string; message?: string };
  // A host with several addresses fails with all their errors at once.
  const codes = error instanceof AggregateError ? error.errors.map((one) => (one as { code?: string }).code) : [code];
  const detail = message === undefined || message === '' ? codes.join(', ') : message;
  if (codes.every((one) => one !== undefined && BEFORE_SENDING.test(one))) return { kind: 'unreachable', detail };
  return { kind: 'unknown', detail: name === 'TimeoutError' ? 'No answer in time.' : detail };
}
