import { timingSafeEqual } from 'node:crypto';
import type { CallbackReply, CarrierCallback } from '#carriers/carrier.js';

/** A proof is missing or wrong: nothing was looked at. */
export const NOT_PROVEN: CallbackReply = {
  status: 403,
  contentType: 'text/plain',
  body: 'The signature is not right.',
};
/** It holds nothing that this carrier is known to tell. */
export const NOT_UNDERSTOOD: CallbackReply = {
  status: 400,
  contentType: 'text/plain',
  body: 'This is not understood.',
};

export function headerOf(request: CarrierCallback, name: string): string | undefined {
  const value = request.headers[name.toLowerCase()];
  return Array.isArray(value) ? value[0] : value;
}

/** Whether the body is a form, as its type says. */
export function isForm(request: CarrierCallback): boolean {
  return (headerOf(request, 'content-type') ?? '').toLowerCase().startsWith('application/x-www-form-urlencoded');
}

/** Compares in constant time. */
export function sameText(given: string | undefined, expected: string): boolean {
  if (given === undefined) return false;
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
