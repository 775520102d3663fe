/**
 * Texts between our phones (RFC 3428): a MESSAGE of one goes to every contact of the other as a request of our own, and
 * the best answer goes back. Never to a trunk, and nothing is kept.
 */
import type { PhoneConfig } from '#voice/engine.js';
import { contactPeers } from '#voice/sip/contact-peers.js';
import { newCallId, newTag } from '#voice/sip/ids.js';
import type { LocationTable } from '#voice/sip/location-table.js';
import { Headers, type SipRequest } from '#voice/sip/message.js';
import type { PhoneBook } from '#voice/sip/phone-book.js';
import { RequestWithCredentials } from '#voice/sip/request-with-credentials.js';
import type { Signalling } from '#voice/sip/signalling.js';
import type { Peer, ServerTransaction } from '#voice/sip/transport.js';
import { formatUri, parseSipUri } from '#voice/sip/uri.js';

/** Bytes: more does not fit into one packet (RFC 3428 section 8). */
const MAX_BODY = 1_300;
/** Texts on their way at a time. */
const MAX_IN_FLIGHT = 500;
const RETRY_AFTER_SECONDS = '5';
/** Fields that belong to the text and not to its way. */
const KEPT = ['Content-Type', 'Content-Disposition', 'Content-Encoding', 'Content-Language', 'Date', 'Subject'];

export class MessageRelay {
  readonly #signalling: Signalling;
  readonly #phones: PhoneBook;
  readonly #locations: LocationTable;
  #inFlight = 0;

  constructor(signalling: Signalling, phones: PhoneBook, locations: LocationTable) {
    this.#signalling = signalling;
    this.#phones = phones;
    this.#locations = locations;
  }

  /** Of a phone that has proved who it is. @throws SipParseError */
  relay(sender: PhoneConfig, transaction: ServerTransaction): void {
    const { request } = transaction;
    const refuse = (status: number, headers: [string, string][] = []): void =>
      this.#signalling.respond(transaction, status, { headers });
    const uri = parseSipUri(request.uri);
    const recipient = this.#phones.find(uri);
    if (recipient === undefined || !this.#phones.areTogether(sender.id, recipient.id)) return refuse(404);
    if (request.body.length > MAX_BODY) return refuse(413);
    const contacts = this.#locations.bindings(recipient.id);
    if (contacts.length === 0) return refuse(480);
    if (this.#inFlight >= MAX_IN_FLIGHT) return refuse(503, [['Retry-After', RETRY_AFTER_SECONDS]]);

    this.#inFlight += 1;
    let waiting = contacts.length;
    let best: number | undefined;
    let isAnswered = false;
    const settle = (status: number | undefined): void => {
      waiting -= 1;
      if (status !== undefined && (best === undefined || rank(status) < rank(best))) best = status;
      const isTaken = best !== undefined && best < 300;
      if (!isAnswered && (isTaken || waiting === 0)) {
        isAnswered = true;
        // A final answer of nobody is none: the sender's own timer tells it (RFC 4320 section 4.2).
        if (best !== undefined) this.#signalling.respond(transaction, best);
      }
      if (waiting === 0) this.#inFlight -= 1;
    };
    for (const contact of contacts) {
      const peer = contactPeers(contact)[0]!;
      this.#send(this.#compose(request, contact.uri, { sender, recipient, host: uri.host }), peer, settle);
    }
  }

  #send(request: SipRequest, peer: Peer, settle: (status: number | undefined) => void): void {
    let sequence = 1;
    new RequestWithCredentials(
      this.#signalling,
      request,
      peer,
      { digest: undefined, nextSequence: () => (sequence += 1) },
      {
        onResponse: ({ status }) => {
          if (status >= 200) settle(passedOn(status));
        },
        onTimeout: () => settle(undefined),
        onTransportError: () => settle(undefined),
      },
    );
  }

  #compose(
    { headers: theirs, body }: SipRequest,
    contact: string,
    { sender, recipient, host }: { sender: PhoneConfig; recipient: PhoneConfig; host: string },
  ): SipRequest {
    const headers = Headers.of([
      ['Max-Forwards', '70'],
      ['From', `<${addressOf(sender, host)}>;tag=${newTag()}`],
      ['To', `<${addressOf(recipient, host)}>`],
      ['Call-ID', newCallId()],
      ['CSeq', '1 MESSAGE'],
      ['User-Agent', this.#signalling.userAgent],
    ]);
    for (const name of KEPT) {
      const value = theirs.get(name);
      if (value !== undefined) headers.add(name, value);
    }
    return { kind: 'request', method: 'MESSAGE', uri: contact, headers, body };
  }
}

function addressOf({ name, domain }: PhoneConfig, host: string): string {
  return formatUri({ scheme: 'sip', user: name, host: domain ?? host, params: new Map(), headers: new Map() });
}

/** A challenge or a redirection of the other phone is none of the sender's business, and would be taken for ours. */
function passedOn(status: number): number {
  return (status >= 300 && status < 400) || status === 401 || status === 407 ? 480 : status;
}

/** Whom the sender would rather hear: one who took it, one who speaks for all, a refusal, a failure. */
function rank(status: number): number {
  return status < 300 ? 0 : status >= 600 ? 1 : status < 500 ? 2 : 3;
}
