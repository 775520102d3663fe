import { createHmac } from 'node:crypto';
import { headerOf, isForm, NOT_UNDERSTOOD, sameText } from '#carriers/callback-body.js';
import type {
  CallbackReply,
  CarrierCallback,
  CarrierListener,
  HttpTemplate,
  HttpTemplateSignature,
  IncomingText,
  Receipt,
} from '#carriers/carrier.js';
import { mediaOf } from '#carriers/incoming-media.js';
import { readJson, textAt, valueAt } from '#carriers/service-http.js';

const SIGNED_WITHIN_SECONDS = 300;
/** Receipts or texts of one request. */
const MOST_AT_ONCE = 1000;

/** Whether the request proves that it comes from the service. */
export function isProven(
  signature: HttpTemplateSignature,
  secrets: Readonly<Record<string, string>>,
  request: CarrierCallback,
  now: number,
): boolean {
  const secret = secrets[signature.secret];
  if (secret === undefined) return false;
  if (signature.kind === 'header') return sameText(headerOf(request, signature.header), secret);
  if (signature.kind === 'query') {
    return sameText(new URL(request.url).searchParams.get(signature.parameter) ?? undefined, secret);
  }
  const { header, algorithm, encoding = 'hex', prefix = '', over = '{body}', timestampHeader } = signature;
  if (timestampHeader !== undefined) {
    const seconds = headerOf(request, timestampHeader) ?? '';
    const isRecent = /^[0-9]{1,12}$/.test(seconds) && Math.abs(now / 1000 - Number(seconds)) <= SIGNED_WITHIN_SECONDS;
    if (!isRecent) return false;
  }
  const hmac = createHmac(algorithm, secret);
  // The body as it came: it may be no text at all.
  for (const piece of over.split(/(\{[^}]+\})/)) {
    if (piece === '{body}') hmac.update(request.body);
    else if (piece === '{url}') hmac.update(request.url);
    else if (piece.startsWith('{header.')) hmac.update(headerOf(request, piece.slice('{header.'.length, -1)) ?? '');
    else hmac.update(piece);
  }
  const given = headerOf(request, header);
  const expected = `${prefix}${hmac.digest(encoding)}`;
  return sameText(
    encoding === 'hex' ? given?.toLowerCase() : given,
    encoding === 'hex' ? expected.toLowerCase() : expected,
  );
}

/** Tells the listener what the request holds: as its path says, else receipts where it looks like one. */
export async function hearRequest(
  carrierId: string,
  listener: CarrierListener,
  template: HttpTemplate,
  request: CarrierCallback,
): Promise<CallbackReply> {
  const content = contentOf(request);
  const { pathname } = new URL(request.url);
  const receipts = pathname.endsWith('/incoming')
    ? []
    : each(content, template.receipt).flatMap((one) => receiptOf(template, one));
  const texts =
    pathname.endsWith('/status') || receipts.length > 0
      ? []
      : each(content, template.incoming).flatMap((one) => textOf(template, one));
  if (receipts.length === 0 && texts.length === 0) return NOT_UNDERSTOOD;
  for (const receipt of receipts) if (receipt !== 'nothing new') await listener.onReceipt(carrierId, receipt);
  for (const text of texts) await listener.onMessage(carrierId, text);
  const { status = 200, contentType, body } = template.answer ?? {};
  return {
    status,
    ...(contentType === undefined ? {} : { contentType }),
    ...(body === undefined ? {} : { body }),
  };
}

/** JSON, a form, or the parameters of the address. */
function contentOf(request: CarrierCallback): unknown {
  const fields = (text: string): object => Object.fromEntries(new URLSearchParams(text));
  if (request.body.length === 0) return fields(new URL(request.url).search);
  return isForm(request) ? fields(request.body.toString()) : readJson(request.body.toString());
}

function each(content: unknown, part: { list?: string } | undefined): unknown[] {
  if (part === undefined) return [];
  const list = part.list === undefined ? content : valueAt(content, part.list);
  return Array.isArray(list) ? list.slice(0, MOST_AT_ONCE) : [list];
}

function receiptOf({ receipt }: HttpTemplate, content: unknown): (Receipt | 'nothing new')[] {
  const theirId = textAt(content, receipt?.id);
  const status = textAt(content, receipt?.status);
  if (receipt === undefined || theirId === undefined || status === undefined) return [];
  const state = Object.hasOwn(receipt.states, status) ? receipt.states[status] : undefined;
  if (state === undefined) return ['nothing new'];
  const [code, detail] = [textAt(content, receipt.errorCode), textAt(content, receipt.errorDetail)];
  const ourId = textAt(content, receipt.ourId);
  return [
    {
      theirId,
      state,
      ...(code === undefined ? {} : { code }),
      ...(detail === undefined ? {} : { detail }),
      ...(ourId === undefined ? {} : { ourId }),
    },
  ];
}

function textOf({ incoming }: HttpTemplate, content: unknown): IncomingText[] {
  const [from, to] = [textAt(content, incoming?.from), textAt(content, incoming?.to)];
  const media = mediaOf(filesIn(content, incoming));
  const text = textAt(content, incoming?.text) ?? (media === undefined ? undefined : '');
  if (from === undefined || to === undefined || text === undefined) return [];
  const theirId = textAt(content, incoming?.id);
  return [
    {
      ...(theirId === undefined ? {} : { theirId }),
      from: address(from),
      to: address(to),
      text,
      ...(media === undefined ? {} : { media }),
    },
  ];
}

/** One, or a list. */
function filesIn(content: unknown, { media, mediaUrl, mediaType }: NonNullable<HttpTemplate['incoming']> = NOTHING) {
  const told = media === undefined ? [] : [valueAt(content, media)].flat();
  return told.map((file: unknown) =>
    typeof file === 'string' ? { url: file } : { url: textAt(file, mediaUrl), type: textAt(file, mediaType) },
  );
}

const NOTHING = { from: '', to: '', text: '' };

/** Many services leave the plus out; what has fewer digits is a short code. */
function address(written: string): string {
  const bare = written.trim();
  return /^[1-9][0-9]{7,14}$/.test(bare) ? `+${bare}` : bare;
}
