/**
 * Scenarios for sipp as lists of steps: what it waits for, what it must find in it, and what it sends. Every step is one
 * element of sipp's own format; the whole is written to a file that `sipp -sf` runs.
 */

/** `m=audio` with PCMU and telephone events, in a direction. */
export function sdp(direction = 'sendrecv'): string {
  return [
    'v=0',
    'o=sipp 53655 1 IN IP4 [local_ip]',
    's=-',
    'c=IN IP4 [media_ip]',
    't=0 0',
    'm=audio [media_port] RTP/AVP 0 101',
    'a=rtpmap:101 telephone-event/8000',
    `a=${direction}`,
  ].join('\n');
}

/** A field of the message that has just come (or `body`), and what it must match. That of RSeq is kept as `[$rseq]`. */
export type Finds = Readonly<Record<string, string>>;

export interface Sends {
  headers?: readonly string[];
  body?: string;
  /** Default `application/sdp`. */
  type?: string;
}

/** Of the callee, where a scenario does not fork. */
export const TAG = 'sipp[call_number]';
const VIA = 'Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch];rport';
const CONTACT = 'Contact: <sip:sipp@[local_ip]:[local_port];transport=[transport]>';

export class Scenario {
  readonly #steps: string[] = [];
  #checks = 0;
  #sequence = 100;

  /** The INVITE that begins a call to sipp; remembers who called. */
  invited(finds: Finds = {}): this {
    this.#steps.push(
      `<recv request="INVITE" rrs="true"><action>
        <ereg regexp=".*" search_in="hdr" header="From:" assign_to="remote"/>
        <ereg regexp=".*" search_in="hdr" header="To:" assign_to="local"/>
        ${this.#finds(finds)}
      </action></recv><Reference variables="remote,local"/>`,
    );
    return this;
  }

  /** Any request, in the dialog or not. */
  asked(method: string, finds: Finds = {}): this {
    this.#steps.push(`<recv request="${method}"><action>${this.#finds(finds)}</action></recv>`);
    return this;
  }

  /** One of two requests that may come in either order, or that need not come. */
  mayBeAsked(method: string): this {
    this.#steps.push(`<recv request="${method}" optional="true"/>`);
    return this;
  }

  /** A response to what sipp asked; `route`: it makes the dialog that later requests are in. */
  told(status: number, finds: Finds = {}, options: { auth?: boolean; route?: boolean } = {}): this {
    const { auth = false, route = false } = options;
    const flags = `${auth ? ' auth="true"' : ''}${route ? ' rrs="true"' : ''}`;
    const peer = '<ereg regexp=".*" search_in="hdr" header="To:" assign_to="peer"/>';
    const actions = `${route ? peer : ''}${this.#finds(finds)}`;
    this.#steps.push(`<recv response="${status}"${flags}><action>${actions}</action></recv>`);
    return this;
  }

  mayBeTold(...statuses: number[]): this {
    for (const status of statuses) this.#steps.push(`<recv response="${status}" optional="true"/>`);
    return this;
  }

  /** Answers the last request. `tag`: of To, where the request had none. */
  answers(status: number, phrase: string, sends: Sends & { tag?: string; untilAck?: boolean } = {}): this {
    const { tag, untilAck = false, headers = [] } = sends;
    const contact = headers.some((header) => header.startsWith('Contact:')) ? [] : [CONTACT];
    const to = tag === undefined ? '[last_To:]' : `[last_To:];tag=${tag}`;
    const start = [`SIP/2.0 ${status} ${phrase}`, '[last_Via:]', '[last_Record-Route:]', '[last_From:]', to];
    return this.#send([...start, '[last_Call-ID:]', '[last_CSeq:]', ...contact], sends, untilAck);
  }

  /** Says again what it said of the INVITE although other requests came since. `cseq` of that INVITE. */
  answersInvite(status: number, phrase: string, cseq: number, sends: Sends & { tag?: string } = {}): this {
    const { tag = TAG } = sends;
    const start = [`SIP/2.0 ${status} ${phrase}`, 'Via: [$via]', 'From: [$remote]', `To: [$local];tag=${tag}`];
    return this.#send([...start, 'Call-ID: [call_id]', `CSeq: ${cseq} INVITE`, CONTACT], sends, status < 300);
  }

  /** Remembers the Via of the INVITE for `answersInvite`. */
  remembersVia(): this {
    const last = this.#steps.pop() ?? '';
    const ereg = '<ereg regexp=".*" search_in="hdr" header="Via:" assign_to="via"/>';
    this.#steps.push(last.replace('<action>', `<action>${ereg}`), '<Reference variables="via"/>');
    return this;
  }

  /** A request of the callee in its dialog. */
  asks(method: string, sends: Sends & { tag?: string } = {}): this {
    const { tag = TAG } = sends;
    const sequence = method === 'ACK' ? this.#sequence : (this.#sequence += 1);
    const start = [`${method} [next_url] SIP/2.0`, VIA, '[routes]', `From: [$local];tag=${tag}`, 'To: [$remote]'];
    const rest = ['Call-ID: [call_id]', `CSeq: ${sequence} ${method}`, 'Max-Forwards: 70', CONTACT];
    return this.#send([...start, ...rest], sends, method !== 'ACK');
  }

  /** A key by SIP INFO: how a scenario tells the test that it has come so far. */
  presses(digit: string, tag = TAG): this {
    const body = `Signal=${digit}\nDuration=100`;
    return this.asks('INFO', { body, type: 'application/dtmf-relay', tag }).told(200);
  }

  /** A request of a caller, in its dialog with `isInDialog`, else to `to`. */
  calls(
    method: string,
    call: Sends & { to: string; user: string; cseq: number; isInDialog?: boolean; password?: string },
  ): this {
    const { to, user, cseq, isInDialog = false, password } = call;
    const uri = isInDialog ? '[next_url]' : `sip:${to}@[remote_ip]:[remote_port]`;
    const farEnd = isInDialog ? 'To: [$peer]' : `To: <sip:${to}@[remote_ip]>`;
    const from = `From: <sip:${user}@[remote_ip]>;tag=sipp[call_number]`;
    const credentials = password === undefined ? [] : [`[authentication username=${user} password=${password}]`];
    const start = [`${method} ${uri} SIP/2.0`, VIA, ...(isInDialog ? ['[routes]'] : []), from, farEnd];
    const rest = ['Call-ID: [call_id]', `CSeq: ${cseq} ${method}`, 'Max-Forwards: 70', CONTACT, ...credentials];
    return this.#send([...start, ...rest], call, method !== 'ACK');
  }

  /** The ACK of a refusal, in the transaction of the INVITE that is two steps back (RFC 3261 section 17.1.1.3). */
  refused(call: { to: string; user: string; cseq: number }): this {
    const { to, user, cseq } = call;
    const uri = `sip:${to}@[remote_ip]:[remote_port]`;
    const via = VIA.replace('[branch]', '[branch-3]');
    const from = `From: <sip:${user}@[remote_ip]>;tag=sipp[call_number]`;
    const lines = [`ACK ${uri} SIP/2.0`, via, from, '[last_To:]', 'Call-ID: [call_id]', `CSeq: ${cseq} ACK`];
    return this.#send([...lines, 'Max-Forwards: 70'], {}, false);
  }

  pauses(ms: number): this {
    this.#steps.push(`<pause milliseconds="${ms}"/>`);
    return this;
  }

  toString(): string {
    return `<?xml version="1.0" encoding="UTF-8" ?>\n<scenario name="flow">\n${this.#steps.join('\n')}\n</scenario>\n`;
  }

  #finds(finds: Finds): string {
    return Object.entries(finds)
      .map(([header, regexp]) => {
        const variable = header === 'RSeq' ? 'rseq' : `found${(this.#checks += 1)}`;
        const place = header === 'body' ? 'search_in="body"' : `search_in="hdr" header="${header}:"`;
        const check = `check_it="true" assign_to="${variable}"`;
        return `<ereg regexp="${escaped(regexp)}" ${place} ${check}/><log message="${header}: [$${variable}]"/>`;
      })
      .join('\n');
  }

  #send(lines: string[], { headers = [], body, type = 'application/sdp' }: Sends, isRepeated: boolean): this {
    const content = body === undefined ? ['Content-Length: 0', ''] : [`Content-Type: ${type}`, 'Content-Length: [len]'];
    const text = [...lines, ...headers, ...content, '', ...(body === undefined ? [] : [body, ''])];
    this.#steps.push(`<send${isRepeated ? ' retrans="500"' : ''}><![CDATA[\n\n${text.join('\n')}\n]]></send>`);
    return this;
  }
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
}
