import { createHash, createHmac } from 'node:crypto';
import { headerOf, isForm, sameText } from '#carriers/callback-body.js';
import type { CarrierCallback } from '#carriers/carrier.js';

/**
 * Whether a request comes from whoever knows the auth token ("Security: validating requests" of Twilio's documentation):
 * X-Twilio-Signature is the Base64 of an HMAC-SHA1 over the address, followed, for a form, by its parameters sorted by
 * name, each name and value. Any other body is proven by its SHA-256 in the parameter `bodySHA256` of the address.
 */
export function isSignedBy(authToken: string, request: CarrierCallback): boolean {
  const signature = headerOf(request, 'x-twilio-signature');
  if (signature === undefined) return false;
  const form = isForm(request) ? formOf(request) : '';
  if (form === '' && request.body.length > 0 && !isForm(request) && !provesBody(request)) return false;
  return addresses(request.url).some((url) =>
    sameText(signature, createHmac('sha1', authToken).update(`${url}${form}`).digest('base64')),
  );
}

function formOf(request: CarrierCallback): string {
  const parameters = new URLSearchParams(request.body.toString());
  return [...new Set(parameters.keys())]
    .sort()
    .flatMap((name) => [...new Set(parameters.getAll(name))].sort().map((value) => `${name}${value}`))
    .join('');
}

function provesBody(request: CarrierCallback): boolean {
  const given = new URL(request.url).searchParams.get('bodySHA256')?.toLowerCase();
  return sameText(given, createHash('sha256').update(request.body).digest('hex'));
}

/** Some signers write the scheme's own port, others do not. */
function addresses(url: string): string[] {
  const [, scheme, host = '', port, rest = ''] =
    /^(https?):\/\/([^/?#:]+|\[[^\]]+\])(?::([0-9]+))?(.*)$/.exec(url) ?? [];
  if (scheme === undefined) return [url];
  const usual = scheme === 'https' ? '443' : '80';
  if (port !== undefined && port !== usual) return [url];
  return [`${scheme}://${host}${rest}`, `${scheme}://${host}:${usual}${rest}`];
}
