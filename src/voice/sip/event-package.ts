/** What can be watched (RFC 6665 section 5). */
import type { PhoneConfig } from '#voice/engine.js';

export interface EventPackage {
  /** As in Event. */
  readonly name: string;
  /** Of its NOTIFYs. */
  readonly contentType: string;
  /**
   * For one subscription: gives the whole state of `phone` as often as it is asked. `entity` is the phone's address as
   * the subscriber writes it.
   */
  watch(phone: PhoneConfig, entity: SipAddress): () => Buffer;
}

/** `sip:user@host`. */
export interface SipAddress {
  user: string;
  host: string;
}

/** For text and attributes of XML: what has a meaning there is escaped, what must not be there is left out. */
export function xmlText(text: string): string {
  // eslint-disable-next-line no-control-regex -- these are what must not be written
  const clean = text.replace(/[\x00-\x1f\x7f\ufffe\uffff]/g, '');
  return clean.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
