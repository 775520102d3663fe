/** Services that carry texts over HTTP, as their documentation says they behave; each recipient has its fate. */
import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { CallbackReply, CarrierCallback, HttpTemplate } from '#carriers/carrier.js';

/** What becomes of a text to them. */
export const FATES = {
  delivers: '+12125550100',
  fails: '+12125550101',
  refuses: '+12125550102',
  throttles: '+12125550103',
  loses: '+12125550104',
  breaks: '+12125550105',
  forbidden: '+12125550106',
  moves: '+12125550107',
  stalls: '+12125550108',
  floods: '+12125550109',
} as const;

export interface Asked {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: string;
}

interface Answer {
  status: number;
  headers?: Record<string, string>;
  body?: string;
}

interface Text {
  from: string;
  to: string;
  text: string;
  /** Addresses of its files. */
  media?: readonly string[];
}

/** How a service speaks. */
export interface ServiceDialect {
  read(asked: Asked): Text;
  taken(id: string, asked: Asked): Answer;
  refused(): Answer;
  throttled(): Answer;
  /** The request that tells of a text's end. */
  receipt(id: string, delivered: boolean, asked: Asked, callbackUrl: string): CarrierCallback;
  incoming(id: string, text: Text, callbackUrl: string): CarrierCallback;
}

export class TextService {
  readonly asked: Asked[] = [];
  /** The files that texts came with. */
  readonly media: string[] = [];
  /** The answers to callbacks. */
  readonly replies: CallbackReply[] = [];
  /** Where callbacks go; the tests connect it. */
  tell: (request: CarrierCallback) => Promise<CallbackReply | undefined> = () => Promise.reject(new Error('nobody'));
  #closed = false;
  #ids = 0;
  readonly #throttled = new Set<string>();
  readonly #server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const asked = { method, url, headers, body: Buffer.concat(chunks).toString() };
      this.asked.push(asked);
      const answer = this.#answer(asked);
      if (answer === 'cut') return void request.socket.destroy();
      if (answer === 'stall') return;
      response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers }).end(answer.body);
    });
  });

  constructor(
    private readonly dialect: ServiceDialect,
    readonly callbackUrl = 'http://127.0.0.1:8080/carriers/car_1/callback',
  ) {}

  async open(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async receive(text: Text): Promise<void> {
    await this.#report(this.dialect.incoming(`in_${++this.#ids}`, text, this.callbackUrl));
  }

  #answer(asked: Asked): Answer | 'cut' | 'stall' {
    if (asked.method === 'GET') return { status: 200, body: '{"status": "active"}' };
    const { to, media = [] } = this.dialect.read(asked);
    this.media.push(...media);
    const id = `out_${++this.#ids}`;
    switch (`+${to.replace('+', '')}`) {
      case FATES.refuses:
        return this.dialect.refused();
      case FATES.throttles:
        if (this.#throttled.has(asked.body)) break;
        this.#throttled.add(asked.body);
        return this.dialect.throttled();
      case FATES.loses:
        return 'cut';
      case FATES.breaks:
        return { status: 502, body: 'bad gateway' };
      case FATES.forbidden:
        return { status: 401, body: '{"code": 20003, "message": "Authenticate"}' };
      case FATES.moves:
        return { status: 301, headers: { location: `${this.url}/elsewhere` } };
      case FATES.stalls:
        return 'stall';
      case FATES.floods:
        return { status: 400, body: 'x'.repeat(5_000_000) };
    }
    const delivered = `+${to.replace('+', '')}` !== FATES.fails;
    // After the answer, as everywhere.
    setTimeout(() => void this.#report(this.dialect.receipt(id, delivered, asked, this.callbackUrl)), 20);
    return this.dialect.taken(id, asked);
  }

  /** Again and again until it is heard. */
  async #report(request: CarrierCallback): Promise<void> {
    for (let tries = 0; tries < 100 && !this.#closed; tries++) {
      const reply = await this.tell(request).catch(() => undefined);
      if (reply !== undefined) this.replies.push(reply);
      if (reply !== undefined && reply.status < 300) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

const json = (status: number, body: unknown): Answer => ({ status, body: JSON.stringify(body) });

/** "X-Twilio-Signature" over the address and the sorted parameters. */
export function twilioRequest(token: string, url: string, fields: Record<string, string>): CarrierCallback {
  const sorted = Object.keys(fields)
    .sort()
    .map((name) => `${name}${fields[name]}`);
  const signature = createHmac('sha1', token)
    .update(`${url}${sorted.join('')}`)
    .digest('base64');
  return {
    method: 'POST',
    url,
    headers: { 'content-type': 'application/x-www-form-urlencoded', 'x-twilio-signature': signature },
    body: Buffer.from(new URLSearchParams(fields).toString()),
  };
}

export const TWILIO_TOKEN = 'the auth token';
const ACCOUNT_SID = 'AC00000000000000000000000000000001';
export const twilioDialect: ServiceDialect = {
  read({ body }) {
    const form = new URLSearchParams(body);
    const media = form.getAll('MediaUrl');
    return { from: form.get('From') ?? '', to: form.get('To') ?? '', text: form.get('Body') ?? '', media };
  },
  taken: (id) => json(201, { sid: id, status: 'queued', error_code: null, error_message: null }),
  refused: () =>
    json(400, { code: 21211, message: "The 'To' number is not a valid phone number.", more_info: '', status: 400 }),
  throttled: () => ({ ...json(429, { code: 20429, message: 'Too Many Requests' }), headers: { 'retry-after': '1' } }),
  receipt(id, delivered, { body }) {
    const form = new URLSearchParams(body);
    return twilioRequest(TWILIO_TOKEN, form.get('StatusCallback') ?? '', {
      ...{
        AccountSid: ACCOUNT_SID,
        MessageSid: id,
        SmsSid: id,
        From: form.get('From') ?? '',
        To: form.get('To') ?? '',
      },
      ...(delivered
        ? { MessageStatus: 'delivered', SmsStatus: 'delivered' }
        : { MessageStatus: 'undelivered', SmsStatus: 'undelivered', ErrorCode: '30003' }),
    });
  },
  incoming: (id, { from, to, text, media = [] }, url) =>
    twilioRequest(TWILIO_TOKEN, `${url}/incoming`, {
      ...{ AccountSid: ACCOUNT_SID, MessageSid: id, SmsSid: id, SmsMessageSid: id, SmsStatus: 'received' },
      ...{ From: from, To: to, Body: text, NumMedia: String(media.length), NumSegments: '1', ApiVersion: '2010-04-01' },
      ...Object.fromEntries(
        media.flatMap((file, index) => [
          [`MediaUrl${index}`, file],
          [`MediaContentType${index}`, 'image/jpeg'],
        ]),
      ),
    }),
};

const telnyxKeys = generateKeyPairSync('ed25519');
/** Base64 of the 32 bytes, as the service shows it. */
export const TELNYX_PUBLIC_KEY = telnyxKeys.publicKey
  .export({ format: 'der', type: 'spki' })
  .subarray(-32)
  .toString('base64');
export function telnyxRequest(url: string, event: object, seconds: number): CarrierCallback {
  const body = Buffer.from(JSON.stringify({ data: event, meta: { attempt: 1, delivered_to: url } }));
  const signed = Buffer.concat([Buffer.from(`${seconds}|`), body]);
  return {
    method: 'POST',
    url,
    headers: {
      'content-type': 'application/json',
      'telnyx-timestamp': String(seconds),
      'telnyx-signature-ed25519': sign(null, signed, telnyxKeys.privateKey).toString('base64'),
    },
    body,
  };
}

export const telnyxDialect = (seconds: () => number): ServiceDialect => ({
  read({ body }) {
    const { from, to, text, media_urls: media = [] } = JSON.parse(body) as Text & { media_urls?: string[] };
    return { from, to, text, media };
  },
  taken: (id, { body }) => {
    const { to } = JSON.parse(body) as Text;
    return json(200, {
      data: { record_type: 'message', id, to: [{ phone_number: to, status: 'queued' }], errors: [] },
    });
  },
  refused: () =>
    json(400, { errors: [{ code: '40310', title: "Invalid 'to' address", detail: "The 'to' address is not valid." }] }),
  throttled: () => ({
    ...json(429, { errors: [{ code: '10011', title: 'Too many requests' }] }),
    headers: { 'retry-after': '1' },
  }),
  receipt(id, delivered, { body }) {
    const { from, to, tags, webhook_url: url } = JSON.parse(body) as Text & { tags: string[]; webhook_url: string };
    return telnyxRequest(
      url,
      {
        event_type: 'message.finalized',
        record_type: 'event',
        payload: {
          ...{
            id,
            tags,
            direction: 'outbound',
            from: { phone_number: from },
            completed_at: '2026-11-22T10:00:00.000+00:00',
          },
          to: [{ phone_number: to, status: delivered ? 'delivered' : 'delivery_failed' }],
          errors: delivered ? [] : [{ code: '40008', title: 'Undeliverable' }],
        },
      },
      seconds(),
    );
  },
  incoming: (id, { from, to, text, media = [] }, url) =>
    telnyxRequest(
      `${url}/incoming`,
      {
        event_type: 'message.received',
        record_type: 'event',
        payload: {
          ...{ id, direction: 'inbound', from: { phone_number: from }, text, type: media.length > 0 ? 'MMS' : 'SMS' },
          media: media.map((file) => ({ url: file, content_type: 'image/jpeg', size: 1, sha256: null })),
          to: [{ phone_number: to, status: 'webhook_delivered' }],
        },
      },
      seconds(),
    ),
});

/** A service that speaks JSON, signs with a time, and tells of several receipts at once. */
export const LETTERBOX_SECRETS = { key: 'letter"box', signing: 'its signing key' };
export const letterboxTemplate = (url: string): HttpTemplate => ({
  send: {
    url: `${url}/v3/{secret.key}/messages`,
    headers: { 'X-Api-Key': '{secret.key}' },
    json: {
      messages: [
        { destination: '{to}', origin: '{from}', content: { text: '{text}', files: '{media}' }, ref: '{id}', n: 1 },
      ],
    },
  },
  reply: {
    id: 'messages.0.id',
    ok: { path: 'messages.0.state', values: ['PENDING'] },
    errorCode: 'messages.0.error.code',
    errorDetail: 'messages.0.error.text',
    throttledCodes: ['7'],
  },
  receipt: {
    ...{ list: 'results', id: 'messageId', status: 'status.name', ourId: 'ref', errorCode: 'error.id' },
    states: { DELIVERED: 'delivered', FAILED: 'undelivered' },
  },
  incoming: {
    ...{ list: 'results', id: 'messageId', from: 'from', to: 'to', text: 'text' },
    ...{ media: 'files', mediaUrl: 'href', mediaType: 'kind' },
  },
  signature: {
    ...{ kind: 'hmac', header: 'X-Signature', algorithm: 'sha256', prefix: 'v1=', over: '{header.X-Time}.{body}' },
    ...{ secret: 'signing', timestampHeader: 'X-Time' },
  },
  answer: { status: 202, contentType: 'application/json', body: '{"ok":true}' },
  test: { url: `${url}/v3/balance`, headers: { 'X-Api-Key': '{secret.key}' } },
});
export function letterboxRequest(url: string, content: unknown, seconds: number): CarrierCallback {
  const body = Buffer.from(JSON.stringify(content));
  const signature = createHmac('sha256', LETTERBOX_SECRETS.signing).update(`${seconds}.`).update(body).digest('hex');
  return {
    method: 'POST',
    url,
    headers: { 'content-type': 'application/json', 'x-time': String(seconds), 'x-signature': `v1=${signature}` },
    body,
  };
}
export const letterboxDialect = (seconds: () => number): ServiceDialect => {
  interface Sent {
    messages: [{ destination: string; origin: string; content: { text: string; files?: string[] }; ref: string }];
  }
  const sent = ({ body }: Asked) => (JSON.parse(body) as Sent).messages[0];
  return {
    read(asked) {
      const { destination: to, origin: from, content } = sent(asked);
      return { from, to, text: content.text, media: content.files ?? [] };
    },
    taken: (id) => json(200, { messages: [{ id, state: 'PENDING' }] }),
    refused: () => json(200, { messages: [{ state: 'REJECTED', error: { code: 51, text: 'no such number' } }] }),
    throttled: () => json(200, { messages: [{ state: 'REJECTED', error: { code: 7, text: 'slow down' } }] }),
    receipt: (messageId, delivered, asked, url) =>
      letterboxRequest(
        `${url}/status`,
        {
          results: [
            { messageId: 'another', status: { name: 'EN_ROUTE' } },
            { messageId, status: { name: delivered ? 'DELIVERED' : 'FAILED' }, ref: sent(asked).ref, error: { id: 9 } },
          ],
        },
        seconds(),
      ),
    incoming: (messageId, text, url) =>
      letterboxRequest(`${url}/incoming`, { results: [{ messageId, ...text }] }, seconds()),
  };
};

/** An old one: a form, a line of text as answer, GETs without plus that carry a token. */
export const PIGEON_SECRETS = { password: 'p&w=d', callback: 'a token' };
export const pigeonTemplate = (url: string): HttpTemplate => ({
  send: {
    url: `${url}/http/send`,
    form: {
      user: 'me',
      pass: '{secret.password}',
      to: '{to.digits}',
      from: '{from.digits}',
      text: '{text}',
      dlr: '{callback_url}',
    },
  },
  reply: {
    id: '/^OK: (\\S+)/',
    ok: { path: '/^\\w+/', values: ['OK'] },
    errorCode: '/^ERR: (\\d+)/',
    throttledCodes: ['99'],
  },
  receipt: { id: 'msgid', status: 'stat', states: { DELIVRD: 'delivered', UNDELIV: 'undelivered' }, errorCode: 'err' },
  incoming: { id: 'msgid', from: 'sender', to: 'receiver', text: 'msg' },
  signature: { kind: 'query', parameter: 'token', secret: 'callback' },
});
const get = (url: string, fields: Record<string, string>): CarrierCallback => ({
  method: 'GET',
  url: `${url}?${new URLSearchParams({ token: PIGEON_SECRETS.callback, ...fields }).toString()}`,
  headers: {},
  body: Buffer.alloc(0),
});
export const pigeonDialect: ServiceDialect = {
  read({ body }) {
    const form = new URLSearchParams(body);
    return { from: form.get('from') ?? '', to: form.get('to') ?? '', text: form.get('text') ?? '' };
  },
  taken: (id) => ({ status: 200, body: `OK: ${id}\n` }),
  refused: () => ({ status: 200, body: 'ERR: 105 wrong number\n' }),
  throttled: () => ({ status: 200, body: 'ERR: 99 slow down\n' }),
  receipt: (msgid, delivered, _asked, url) => get(url, { msgid, stat: delivered ? 'DELIVRD' : 'UNDELIV', err: '000' }),
  incoming: (msgid, { from, to, text }, url) =>
    get(url, { msgid, sender: from.slice(1), receiver: to.slice(1), msg: text }),
};
