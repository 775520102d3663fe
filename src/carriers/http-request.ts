import type { HttpTemplateRequest, OutgoingText } from '#carriers/carrier.js';
import type { ServiceRequest } from '#carriers/service-http.js';

/** What stands for what, by its name in braces. */
export type Values = ReadonlyMap<string, string>;

/** A value that is this alone stands for the addresses of files. */
const MEDIA = '{media}';

const PLACEHOLDER = /\{([a-z_]+(?:\.[A-Za-z0-9_-]+)?)\}/g;

/** The values of one text; `text` undefined: only what holds for all. */
export function valuesOf(
  text: OutgoingText | undefined,
  secrets: Readonly<Record<string, string>>,
  callbackUrl: string,
): Values {
  const values = new Map(Object.entries(secrets).map(([name, value]) => [`secret.${name}`, value]));
  values.set('callback_url', callbackUrl);
  if (text === undefined) return values;
  const digits = (address: string): string => address.replace(/^\+/, '');
  const given: Record<string, string> = {
    to: text.to,
    'to.digits': digits(text.to),
    from: text.from,
    'from.digits': digits(text.from),
    text: text.text,
    id: text.id,
    encoding: text.encoding,
    segments: String(text.of),
    validity: String(Math.round(text.validitySeconds)),
  };
  for (const [name, value] of Object.entries(given)) values.set(name, value);
  return values;
}

/** Puts the values in their places, each escaped as its place asks, so that no text can say more than it says. */
export function fillRequest(
  template: HttpTemplateRequest,
  values: Values,
  method: 'GET' | 'POST',
  media: readonly string[] = [],
): ServiceRequest {
  const url = new URL(fill(template.url, values, encodeURIComponent));
  for (const [name, value] of fillPairs(template.query ?? {}, values, media)) url.searchParams.append(name, value);
  const headers = Object.fromEntries(
    Object.entries(template.headers ?? {}).map(([name, value]) => [name.toLowerCase(), fill(value, values, asHeader)]),
  );
  const request = { method: template.method ?? method, url: url.href };
  const with_ = (type: string, body: string): ServiceRequest => ({
    ...request,
    headers: { 'content-type': type, ...headers },
    body,
  });
  if (template.json !== undefined)
    return with_('application/json', JSON.stringify(fillJson(template.json, values, media)));
  if (template.form !== undefined) {
    const form = new URLSearchParams(fillPairs(template.form, values, media));
    return with_('application/x-www-form-urlencoded', form.toString());
  }
  if (template.xml !== undefined) return with_('application/xml', fill(template.xml, values, asXml));
  return { ...request, headers };
}

function fill(text: string, values: Values, escape: (value: string) => string = (value) => value): string {
  return text.replaceAll(PLACEHOLDER, (whole, name: string) => {
    const value = values.get(name);
    return value === undefined ? whole : escape(value);
  });
}

function fillPairs(
  pairs: Readonly<Record<string, string>>,
  values: Values,
  media: readonly string[],
): [string, string][] {
  return Object.entries(pairs).flatMap(([name, value]): [string, string][] =>
    value === MEDIA ? media.map((url) => [name, url]) : [[name, fill(value, values)]],
  );
}

function fillJson(json: unknown, values: Values, media: readonly string[]): unknown {
  if (json === MEDIA) return media.length === 0 ? undefined : media;
  if (typeof json === 'string') return fill(json, values);
  if (Array.isArray(json)) {
    return json.map((one) => fillJson(one, values, media)).filter((one) => one !== undefined);
  }
  if (typeof json !== 'object' || json === null) return json;
  return Object.fromEntries(Object.entries(json).map(([name, one]) => [name, fillJson(one, values, media)]));
}

/** Whether a request has a place for files. */
export function takesMedia({ query, json, form }: HttpTemplateRequest): boolean {
  return JSON.stringify([query, json, form]).includes(`"${MEDIA}"`);
}

/** Line ends would begin another header, and bytes beyond Latin-1 have no place in one (RFC 9110, 5.5). */
function asHeader(value: string): string {
  return value.replaceAll(/[^\x20-\x7e\xa0-\xff]/g, '?');
}

const XML_NAMES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** Characters that XML 1.0 has no way to write (2.2) are left out. */
function asXml(value: string): string {
  const writable = value.replaceAll(/[^\P{Cc}\t\n\r\x7f-\x9f]|[\ufffe\uffff]/gu, '');
  return writable.replaceAll(/[&<>"']/g, (one) => XML_NAMES[one] ?? one);
}
