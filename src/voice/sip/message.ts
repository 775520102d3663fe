/**
 * A SIP message in memory (RFC 3261 section 7). Header fields keep their order and their text as received; typed views
 * (`parseVia`, `parseNameAddress`, …) are taken on demand by whoever needs them.
 */
export interface SipRequest {
  kind: 'request';
  method: string;
  /** The Request-URI as written. */
  uri: string;
  headers: Headers;
  body: Buffer;
}

export interface SipResponse {
  kind: 'response';
  status: number;
  reason: string;
  headers: Headers;
  body: Buffer;
}

export type SipMessage = SipRequest | SipResponse;

/** Header fields in order. Names are canonical long forms (`Call-ID`, `Via`), compared without case. */
export class Headers {
  #fields: { name: string; value: string }[] = [];

  static of(fields: Iterable<readonly [string, string]>): Headers {
    const headers = new Headers();
    for (const [name, value] of fields) headers.add(name, value);
    return headers;
  }

  get(name: string): string | undefined {
    return this.#fields.find((field) => isNamed(field, name))?.value;
  }

  getAll(name: string): string[] {
    return this.#fields.filter((field) => isNamed(field, name)).map((field) => field.value);
  }

  add(name: string, value: string): this {
    this.#fields.push({ name, value });
    return this;
  }

  addFirst(name: string, value: string): this {
    this.#fields.unshift({ name, value });
    return this;
  }

  set(name: string, value: string): this {
    const at = this.#fields.findIndex((field) => isNamed(field, name));
    if (at < 0) return this.add(name, value);
    this.#fields = this.#fields.filter((field, index) => index <= at || !isNamed(field, name));
    this.#fields[at] = { name, value };
    return this;
  }

  /** Changes the first field of that name where it stands; the others of the name stay. Adds it when there is none. */
  replaceFirst(name: string, value: string): this {
    const field = this.#fields.find((candidate) => isNamed(candidate, name));
    if (field === undefined) return this.add(name, value);
    field.value = value;
    return this;
  }

  remove(name: string): this {
    this.#fields = this.#fields.filter((field) => !isNamed(field, name));
    return this;
  }

  clone(): Headers {
    return Headers.of(this.entries());
  }

  *entries(): Generator<readonly [string, string]> {
    for (const { name, value } of this.#fields) yield [name, value];
  }
}

/** Both are mostly in their canonical spelling, and then equal as they are. */
function isNamed(field: { name: string }, name: string): boolean {
  return field.name === name || (field.name.length === name.length && field.name.toLowerCase() === name.toLowerCase());
}
