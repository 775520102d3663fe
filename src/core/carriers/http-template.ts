import type { HttpTemplate } from '#carriers/carrier.js';
import { badCarrier } from '#core/carriers/carrier-fields.js';

/** What may stand in braces in a request: `{to}`, and `{secret.NAME}`. */
export const TEMPLATE_PLACEHOLDERS = [
  'to',
  'to.digits',
  'from',
  'from.digits',
  'text',
  'id',
  'encoding',
  'segments',
  'validity',
  'callback_url',
] as const;

const STATES = ['accepted', 'delivered', 'undelivered', 'expired', 'rejected', 'unknown'] as const;
const TEMPLATE_MAX_LENGTH = 20_000;
const PLACEHOLDER = /\{([a-z_]+(?:\.[A-Za-z0-9_-]+)?)\}/g;

/** Looks at one value of the template; `at` names it in the sentence. */
type Shape = (value: unknown, at: string, secrets: readonly string[]) => void;

const wrong = (at: string, what: string): never => {
  throw badCarrier('template', `"${at}" of the template ${what}.`);
};
const text: Shape = (value, at) => void (typeof value === 'string' && value !== '' ? 0 : wrong(at, 'must be a text'));
/** A path of names, or a pattern between slashes. */
const path: Shape = (value, at, secrets) => {
  text(value, at, secrets);
  const pattern = /^\/(.*)\/$/s.exec(value as string)?.[1];
  if (pattern === undefined) return;
  try {
    void new RegExp(pattern);
  } catch {
    wrong(at, 'is no pattern');
  }
};
const anyText: Shape = (value, at) => void (typeof value === 'string' ? 0 : wrong(at, 'must be a text'));
const texts: Shape = (value, at) =>
  Array.isArray(value) && value.every((one) => typeof one === 'string')
    ? undefined
    : wrong(at, 'must be a list of texts');
const status: Shape = (value, at) =>
  void (Number.isInteger(value) && Number(value) >= 200 && Number(value) <= 599
    ? 0
    : wrong(at, 'must be an HTTP status'));
const statuses: Shape = (value, at, secrets) =>
  Array.isArray(value)
    ? value.forEach((one) => status(one, at, secrets))
    : wrong(at, 'must be a list of HTTP statuses');
const oneOf =
  (...known: readonly string[]): Shape =>
  (value, at) =>
    void (known.includes(value as string) ? 0 : wrong(at, `must be one of ${known.join(', ')}`));
const header: Shape = (value, at) =>
  void (typeof value === 'string' && /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(value) ? 0 : wrong(at, 'must name a header'));

/** Stands alone where files may stand: in `json`, `form` and `query` of `send`. */
export const MEDIA_PLACEHOLDER = '{media}';

/** A text whose placeholders are all known, and whose secrets are there. */
const filled: Shape = (value, at, secrets) => {
  if (typeof value !== 'string') return wrong(at, 'must be a text');
  for (const [, name = ''] of value.matchAll(PLACEHOLDER)) {
    const [kind, secret = ''] = name.split('.');
    if (name === 'media')
      wrong(at, 'holds {media}: it stands alone, as a value of "json", "form" or "query" of "send"');
    const known = (TEMPLATE_PLACEHOLDERS as readonly string[]).includes(name);
    if (!known && kind !== 'secret') wrong(at, `holds {${name}}, which stands for nothing`);
    if (kind === 'secret' && !secrets.includes(secret)) {
      wrong(at, `holds {${name}}: give the secret with "--secret ${secret}=…"`);
    }
  }
};
const filledOrMedia: Shape = (value, at, secrets) =>
  value === MEDIA_PLACEHOLDER && at.startsWith('send.') ? undefined : filled(value, at, secrets);
const fillings: Shape = (value, at, secrets) => {
  for (const [name, one] of Object.entries(object(value, at))) filledOrMedia(one, `${at}.${name}`, secrets);
};
const json: Shape = (value, at, secrets) => {
  if (typeof value === 'string') filledOrMedia(value, at, secrets);
  else if (typeof value === 'object' && value !== null) {
    for (const [name, one] of Object.entries(value)) json(one, `${at}.${name}`, secrets);
  }
};
const headers: Shape = (value, at, secrets) => {
  for (const [name, one] of Object.entries(object(value, at))) {
    header(name, `${at}.${name}`, secrets);
    filled(one, `${at}.${name}`, secrets);
  }
};
const secretName: Shape = (value, at, secrets) =>
  secrets.includes(value as string)
    ? undefined
    : wrong(at, `must name a secret: give it with "--secret ${String(value)}=…"`);
const states: Shape = (value, at) => {
  for (const [theirs, ours] of Object.entries(object(value, at))) oneOf(...STATES)(ours, `${at}.${theirs}`, []);
};

/** Its keys; those that end in `!` must be there. */
const shape =
  (keys: Readonly<Record<string, Shape>>): Shape =>
  (value, at, secrets) => {
    const given = object(value, at);
    const known = new Map(Object.entries(keys).map(([name, check]) => [name.replace('!', ''), check]));
    for (const [name, one] of Object.entries(given)) {
      const check = known.get(name);
      if (check === undefined) return wrong(join(at, name), 'means nothing');
      check(one, join(at, name), secrets);
    }
    for (const name of Object.keys(keys)) {
      const bare = name.slice(0, -1);
      if (name.endsWith('!') && given[bare] === undefined) wrong(join(at, bare), 'is missing');
    }
  };

const request: Shape = (value, at, secrets) => {
  shape({
    method: oneOf('GET', 'POST', 'PUT'),
    'url!': filled,
    headers,
    query: fillings,
    json,
    form: fillings,
    xml: filled,
  })(value, at, secrets);
  const { url, method, json: body, form, xml } = value as Record<string, unknown>;
  // The host is the operator's word: nothing of a text may lead a request elsewhere.
  if (!/^https?:\/\/[^/?#{}@\s]+([/?]|$)/.test(String(url)) || !URL.canParse(String(url).replaceAll(/[{}]/g, '_'))) {
    wrong(`${at}.url`, 'must begin with http:// or https:// and a host without placeholders');
  }
  const bodies = [body, form, xml].filter((one) => one !== undefined).length;
  if (bodies > 1) wrong(at, 'has more than one of "json", "form" and "xml"');
  if (method === 'GET' && bodies > 0) wrong(at, 'is a GET, which has no body: use "query"');
};

const signature: Shape = (value, at, secrets) => {
  const { kind } = object(value, at);
  const ways: Record<string, Shape> = {
    hmac: shape({
      'kind!': text,
      'header!': header,
      'algorithm!': oneOf('sha256', 'sha1'),
      encoding: oneOf('hex', 'base64'),
      prefix: text,
      over: signed,
      'secret!': secretName,
      timestampHeader: header,
    }),
    header: shape({ 'kind!': text, 'header!': header, 'secret!': secretName }),
    query: shape({ 'kind!': text, 'parameter!': text, 'secret!': secretName }),
  };
  oneOf(...Object.keys(ways))(kind, join(at, 'kind'), secrets);
  ways[kind as string]?.(value, at, secrets);
  const { over, timestampHeader } = value as { over?: string; timestampHeader?: string };
  if (
    timestampHeader !== undefined &&
    !(over ?? '').toLowerCase().includes(`{header.${timestampHeader}}`.toLowerCase())
  ) {
    wrong(join(at, 'over'), `must hold {header.${timestampHeader}}: a time that is not signed proves nothing`);
  }
};

/** What a signature is made over must hold the body, or anybody could send another one with it. */
const signed: Shape = (value, at) => {
  if (typeof value !== 'string' || !value.includes('{body}')) return wrong(at, 'must hold {body}');
  for (const [, name = ''] of value.matchAll(PLACEHOLDER)) {
    if (!['body', 'url'].includes(name) && !name.startsWith('header.')) {
      wrong(at, `holds {${name}}; it knows {body}, {url} and {header.NAME}`);
    }
  }
};

const TEMPLATE = shape({
  'send!': request,
  reply: shape({
    success: statuses,
    throttled: statuses,
    id: path,
    ok: shape({ 'path!': path, 'values!': texts }),
    errorCode: path,
    errorDetail: path,
    throttledCodes: texts,
  }),
  receipt: shape({
    list: text,
    'id!': text,
    ourId: text,
    'status!': text,
    'states!': states,
    errorCode: text,
    errorDetail: text,
  }),
  incoming: shape({
    list: text,
    id: text,
    'from!': text,
    'to!': text,
    'text!': text,
    media: text,
    mediaUrl: text,
    mediaType: text,
  }),
  signature,
  answer: shape({ status, contentType: text, body: anyText }),
  test: request,
});

/** Throws `carrier.bad_input`, saying which part of the template means nothing, is missing or wrong. */
export function checkHttpTemplate(value: unknown, secrets: readonly string[]): asserts value is HttpTemplate {
  if (JSON.stringify(value).length > TEMPLATE_MAX_LENGTH) {
    throw badCarrier('template', `A template has at most ${TEMPLATE_MAX_LENGTH} characters.`);
  }
  TEMPLATE(value, '', secrets);
}

function object(value: unknown, at: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return wrong(at, 'must be an object');
  return value as Record<string, unknown>;
}

function join(at: string, name: string): string {
  return at === '' ? name : `${at}.${name}`;
}
