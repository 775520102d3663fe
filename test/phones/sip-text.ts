/** SIP messages as text (RFC 3261 section 7), only as much as a phone needs; written apart from the engine's parser. */
export interface SipRequest {
  kind: 'request';
  method: string;
  uri: string;
  headers: SipHeaders;
  body: string;
}

export interface SipResponse {
  kind: 'response';
  status: number;
  phrase: string;
  headers: SipHeaders;
  body: string;
}

export type SipMessage = SipRequest | SipResponse;

/** RFC 3261 section 20 and later: the one-letter forms. */
const COMPACT: Record<string, string> = {
  v: 'via',
  f: 'from',
  t: 'to',
  i: 'call-id',
  m: 'contact',
  c: 'content-type',
  l: 'content-length',
  s: 'subject',
  k: 'supported',
  e: 'content-encoding',
};

/** Fields that may carry several values in one line, apart by commas. */
const LISTS = new Set(['via', 'route', 'record-route', 'contact', 'allow', 'supported', 'require']);

const key = (name: string): string => {
  const lower = name.toLowerCase();
  return COMPACT[lower] ?? lower;
};

/** Header fields in their order; names compare without case, compact forms count as their long ones. */
export class SipHeaders {
  readonly #fields: { name: string; value: string }[] = [];

  static of(fields: Readonly<Record<string, string | number | undefined>>): SipHeaders {
    const headers = new SipHeaders();
    for (const [name, value] of Object.entries(fields)) if (value !== undefined) headers.add(name, String(value));
    return headers;
  }

  add(name: string, value: string): this {
    this.#fields.push({ name, value });
    return this;
  }

  /** Replaces every field of this name by one. */
  set(name: string, value: string): this {
    this.remove(name);
    return this.add(name, value);
  }

  remove(name: string): void {
    const wanted = key(name);
    for (let i = this.#fields.length - 1; i >= 0; i--)
      if (key(this.#fields[i]?.name ?? '') === wanted) this.#fields.splice(i, 1);
  }

  /** All values of this name, lists split at their commas. */
  all(name: string): string[] {
    const wanted = key(name);
    const values = this.#fields.filter((field) => key(field.name) === wanted).map((field) => field.value);
    return LISTS.has(wanted) ? values.flatMap(splitList) : values;
  }

  /** The first value, or an empty string. */
  get(name: string): string {
    return this.all(name)[0] ?? '';
  }

  has(name: string): boolean {
    return this.all(name).length > 0;
  }

  prepend(name: string, value: string): this {
    this.#fields.unshift({ name, value });
    return this;
  }

  entries(): readonly { name: string; value: string }[] {
    return this.#fields;
  }
}

/** Splits at commas outside quotes and angle brackets. */
export function splitList(value: string): string[] {
  const parts: string[] = [];
  let part = '';
  let quoted = false;
  let bracketed = false;
  for (const char of value) {
    if (char === '"') quoted = !quoted;
    else if (!quoted && char === '<') bracketed = true;
    else if (!quoted && char === '>') bracketed = false;
    if (char === ',' && !quoted && !bracketed) {
      parts.push(part.trim());
      part = '';
    } else part += char;
  }
  return [...parts, part.trim()].filter((text) => text !== '');
}

export function formatMessage(message: SipMessage): Buffer {
  const first =
    message.kind === 'request'
      ? `${message.method} ${message.uri} SIP/2.0`
      : `SIP/2.0 ${message.status} ${message.phrase}`;
  const fields = message.headers
    .entries()
    .filter(({ name }) => key(name) !== 'content-length')
    .map(({ name, value }) => `${name}: ${value}`);
  const length = `Content-Length: ${Buffer.byteLength(message.body)}`;
  return Buffer.from([first, ...fields, length, '', message.body].join('\r\n'));
}

/** Throws on text that is not a SIP message. */
export function parseMessage(data: Buffer): SipMessage {
  const text = data.toString('utf8');
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) throw new Error('no empty line after the header fields');
  const [first = '', ...lines] = text
    .slice(0, end)
    .replaceAll(/\r\n[ \t]+/g, ' ')
    .split('\r\n');
  const headers = new SipHeaders();
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon < 1) throw new Error(`not a header field: ${line}`);
    headers.add(line.slice(0, colon).trim(), line.slice(colon + 1).trim());
  }
  const length = headers.get('Content-Length');
  const rest = Buffer.from(text.slice(end + 4));
  if (length !== '' && rest.length < Number(length)) throw new Error('the body is shorter than Content-Length');
  const body = (length === '' ? rest : rest.subarray(0, Number(length))).toString();
  const status = /^SIP\/2\.0 (\d{3}) ?(.*)$/.exec(first);
  if (status) return { kind: 'response', status: Number(status[1]), phrase: status[2] ?? '', headers, body };
  const request = /^([A-Z]+) (\S+) SIP\/2\.0$/.exec(first);
  if (!request) throw new Error(`not a SIP start line: ${first}`);
  return { kind: 'request', method: request[1] ?? '', uri: request[2] ?? '', headers, body };
}

/** Cuts a byte stream into messages by Content-Length (RFC 3261 section 18.3). */
export class StreamFraming {
  #pending: Buffer = Buffer.alloc(0);

  /** Returns the messages that `data` completes. */
  push(data: Buffer): Buffer[] {
    this.#pending = Buffer.concat([this.#pending, data]);
    const messages: Buffer[] = [];
    for (;;) {
      let start = 0;
      while (this.#pending[start] === 13 || this.#pending[start] === 10) start++;
      this.#pending = this.#pending.subarray(start);
      const end = this.#pending.indexOf('\r\n\r\n');
      if (end < 0) return messages;
      const head = this.#pending.subarray(0, end).toString();
      const length = /\r\n(?:content-length|l)[ \t]*:[ \t]*(\d+)/i.exec(head);
      if (!length) throw new Error('a message without Content-Length on a stream');
      const total = end + 4 + Number(length[1]);
      if (this.#pending.length < total) return messages;
      messages.push(this.#pending.subarray(0, total));
      this.#pending = this.#pending.subarray(total);
    }
  }
}
