/** The registrar (RFC 3261 section 10.3) for phones that have proved who they are. */
import type { Clock } from '#clock.js';
import { parseCSeq } from '#voice/sip/cseq.js';
import { sameUri, type Binding, type LocationTable } from '#voice/sip/location-table.js';
import type { SipRequest } from '#voice/sip/message.js';
import { parseContacts, type NameAddress } from '#voice/sip/name-address.js';
import type { Signalling } from '#voice/sip/signalling.js';
import { SipParseError } from '#voice/sip/sip-parse-error.js';
import type { Peer, ServerTransaction } from '#voice/sip/transport.js';
import { formatUri } from '#voice/sip/uri.js';

/** Seconds. */
export const MIN_EXPIRES = 60;
export const MAX_EXPIRES = 3_600;
const DEFAULT_EXPIRES = 3_600;
const MAX_URI_LENGTH = 512;

interface Asked {
  uri: string;
  expires: number;
}

export class Registrar {
  readonly #signalling: Signalling;
  readonly #locations: LocationTable;
  readonly #clock: Clock;

  constructor(signalling: Signalling, locations: LocationTable) {
    this.#signalling = signalling;
    this.#locations = locations;
    this.#clock = signalling.clock;
  }

  /** @throws SipParseError */
  register(phone: string, transaction: ServerTransaction, from: Peer): void {
    const { request } = transaction;
    const contacts = parseContacts(request.headers.getAll('Contact'));
    const callId = request.headers.get('Call-ID') ?? '';
    const { number: sequence } = parseCSeq(request.headers.get('CSeq') ?? '');
    const isStale = (binding: Binding): boolean =>
      binding.callId === callId && binding.sequence !== undefined && sequence <= binding.sequence;

    if (contacts === '*') {
      if (expiresHeader(request) !== 0) throw new SipParseError('Contact * without Expires: 0');
      if (this.#locations.bindings(phone).some(isStale)) return this.#outOfOrder(transaction);
      this.#locations.remove(phone, () => true);
      return this.#confirm(phone, transaction);
    }

    const asked = contacts.map((contact) => readContact(contact, request));
    if (asked.some(({ expires }) => expires > 0 && expires < MIN_EXPIRES)) {
      const headers: [string, string][] = [['Min-Expires', String(MIN_EXPIRES)]];
      return this.#signalling.respond(transaction, 423, { headers });
    }
    const known = this.#locations.bindings(phone);
    if (asked.some(({ uri }) => known.some((binding) => sameUri(binding.uri, uri) && isStale(binding)))) {
      return this.#outOfOrder(transaction);
    }

    const gone = asked.filter(({ expires }) => expires === 0);
    const fresh = asked
      .filter(({ expires }) => expires > 0)
      .map(({ uri, expires }): Binding => {
        const { transport, address, port } = from;
        return { uri, transport, address, port, expiresAt: this.#clock.now() + expires * 1000, callId, sequence };
      });
    if (gone.length > 0) this.#locations.remove(phone, ({ uri }) => gone.some((contact) => sameUri(contact.uri, uri)));
    if (fresh.length > 0) this.#locations.put(phone, fresh);
    this.#confirm(phone, transaction);
  }

  #outOfOrder(transaction: ServerTransaction): void {
    this.#signalling.respond(transaction, 500, { reason: 'CSeq Out Of Order' });
  }

  /** Every binding with what is left of it, also where nothing was asked (a query). */
  #confirm(phone: string, transaction: ServerTransaction): void {
    const now = this.#clock.now();
    const headers = this.#locations.bindings(phone).map(({ uri, expiresAt }): [string, string] => {
      return ['Contact', `<${uri}>;expires=${Math.ceil((expiresAt - now) / 1000)}`];
    });
    this.#signalling.respond(transaction, 200, { headers });
  }
}

function readContact(contact: NameAddress, request: SipRequest): Asked {
  if (contact.uri.scheme !== 'sip' && contact.uri.scheme !== 'sips') {
    throw new SipParseError('Contact is not a SIP URI');
  }
  const uri = formatUri(contact.uri);
  if (uri.length > MAX_URI_LENGTH) throw new SipParseError('Contact is too long');
  const expires = seconds(contact.params.get('expires')) ?? expiresHeader(request) ?? DEFAULT_EXPIRES;
  return { uri, expires: Math.min(expires, MAX_EXPIRES) };
}

function expiresHeader(request: SipRequest): number | undefined {
  return seconds(request.headers.get('Expires'));
}

/** What cannot be read counts as not there (section 10.2.1.1). */
function seconds(text: string | null | undefined): number | undefined {
  return typeof text === 'string' && /^\s*\d{1,10}\s*$/.test(text) ? Number(text) : undefined;
}
