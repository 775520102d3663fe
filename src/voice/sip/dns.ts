/** DNS as RFC 3263 needs it, remembered for a while. Records are asked for at most once at a time, and never waited for long. */
import { lookup, Resolver } from 'node:dns/promises';
import type { Clock, Timer } from '#clock.js';

/** RFC 2782. */
export interface ServiceRecord {
  name: string;
  port: number;
  priority: number;
  weight: number;
}

/** RFC 3403, as far as SIP uses it. */
export interface PointerRecord {
  service: string;
  order: number;
  preference: number;
  flags: string;
  replacement: string;
}

/** Asks the network; each may reject in any way. */
export interface DnsQueries {
  addresses(host: string): Promise<string[]>;
  services(name: string): Promise<ServiceRecord[]>;
  pointers(name: string): Promise<PointerRecord[]>;
}

const FRESH_MS = 60_000;
/** What is not there is asked for again sooner. */
const ABSENT_FRESH_MS = 10_000;
const ANSWER_WITHIN_MS = 2_500;
const MAX_REMEMBERED = 1_000;
const MAX_RECORDS = 32;

interface Remembered {
  records: Promise<unknown[]>;
  /** Undefined while the answer is awaited. */
  freshUntil: number | undefined;
}

export class Dns {
  readonly #queries: DnsQueries;
  readonly #clock: Clock;
  /** By kind and name, in order of asking. */
  readonly #remembered = new Map<string, Remembered>();

  constructor(clock: Clock, queries: DnsQueries = systemQueries()) {
    this.#queries = queries;
    this.#clock = clock;
  }

  /** IPv4 and IPv6 addresses; none where there are none or no answer came. */
  addresses(host: string): Promise<string[]> {
    return this.#ask(`A ${host}`, () => this.#queries.addresses(host));
  }

  services(name: string): Promise<ServiceRecord[]> {
    return this.#ask(`SRV ${name}`, () => this.#queries.services(name));
  }

  pointers(name: string): Promise<PointerRecord[]> {
    return this.#ask(`NAPTR ${name}`, () => this.#queries.pointers(name));
  }

  #ask<Record>(key: string, query: () => Promise<Record[]>): Promise<Record[]> {
    const known = this.#remembered.get(key);
    const isFresh = known !== undefined && (known.freshUntil === undefined || known.freshUntil > this.#clock.now());
    // What a key was asked for is of one type.
    if (isFresh) return known.records as Promise<Record[]>;
    const entry: Remembered = { records: this.#query(query, known), freshUntil: undefined };
    this.#remembered.delete(key);
    this.#remembered.set(key, entry);
    const oldest = this.#remembered.keys().next();
    if (this.#remembered.size > MAX_REMEMBERED && oldest.done !== true) this.#remembered.delete(oldest.value);
    void entry.records.then((records) => {
      entry.freshUntil = this.#clock.now() + (records.length > 0 ? FRESH_MS : ABSENT_FRESH_MS);
    });
    return entry.records as Promise<Record[]>;
  }

  /** While no name server answers, what was known goes on (RFC 8767). */
  async #query<Record>(query: () => Promise<Record[]>, known: Remembered | undefined): Promise<Record[]> {
    let timer: Timer | undefined;
    const tooLate = new Promise<'no answer'>((resolve) => {
      timer = this.#clock.after(ANSWER_WITHIN_MS, () => resolve('no answer'));
    });
    const answer = await Promise.race([query().catch(isAbsent), tooLate]);
    timer?.cancel();
    if (answer !== 'no answer') return answer.slice(0, MAX_RECORDS);
    return (known === undefined ? [] : await known.records) as Record[];
  }
}

/** Whether an answer said that there is nothing, or there was no answer. */
function isAbsent(error: unknown): never[] | 'no answer' {
  const code = (error as NodeJS.ErrnoException | undefined)?.code ?? '';
  return ['ENOTFOUND', 'ENODATA', 'EBADNAME'].includes(code) ? [] : 'no answer';
}

/** Addresses as the system resolves them, from its hosts file too; the rest from its name servers. */
function systemQueries(): DnsQueries {
  const resolver = new Resolver({ timeout: 1_000, tries: 2 });
  return {
    addresses: async (host) => (await lookup(host, { all: true })).map(({ address }) => address),
    services: (name) => resolver.resolveSrv(name),
    pointers: (name) => resolver.resolveNaptr(name),
  };
}
