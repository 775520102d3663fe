/**
 * A dialog (RFC 3261 section 12): who talks to whom, over which route, and the order of requests in both directions.
 * Whether it is early or confirmed matters to its owner only; `confirm` takes over what a 2xx says.
 */
import { isIP } from 'node:net';
import { parseCSeq } from '#voice/sip/cseq.js';
import type { DialogId } from '#voice/sip/dialog-table.js';
import { Headers, type SipMessage, type SipRequest, type SipResponse } from '#voice/sip/message.js';
import { formatNameAddress, parseContacts, parseNameAddresses, tagOf } from '#voice/sip/name-address.js';
import { defaultPort, type Peer } from '#voice/sip/transport.js';
import { formatUri, parseUri, type SipUri } from '#voice/sip/uri.js';

/** More proxies than that do not sit between two phones. */
const MAX_ROUTES = 30;
/** How many hops a request of ours may take (RFC 3261 section 8.1.1.6). */
export const MAX_FORWARDS = 70;

export interface DialogOptions {
  /**
   * Requests go to where the far end's messages come from, not to its Contact: for phones, which often sit behind NAT.
   */
  followsSource: boolean;
  userAgent: string;
}

export class Dialog {
  readonly id: DialogId;
  /** Our INVITE made it. */
  readonly isCaller: boolean;
  readonly #options: DialogOptions;
  /** From and To of our requests, with their tags. */
  readonly localParty: string;
  readonly remoteParty: string;
  #localSequence: number;
  #remoteSequence: number | undefined;
  #remoteTarget: string;
  #routes: string[];
  #source: Peer;
  /** The methods that the far end takes, where it has said so. */
  #allowed: Set<string> | undefined;

  private constructor(
    id: DialogId,
    parts: {
      isCaller: boolean;
      localParty: string;
      remoteParty: string;
      localSequence: number;
      remoteSequence?: number;
      remoteTarget: string;
      routes: string[];
      source: Peer;
      allow: SipMessage;
    },
    options: DialogOptions,
  ) {
    this.id = id;
    this.#options = options;
    this.isCaller = parts.isCaller;
    this.localParty = parts.localParty;
    this.remoteParty = parts.remoteParty;
    this.#localSequence = parts.localSequence;
    this.#remoteSequence = parts.remoteSequence;
    this.#remoteTarget = parts.remoteTarget;
    this.#routes = parts.routes;
    this.#source = parts.source;
    this.#readAllow(parts.allow);
  }

  /**
   * The caller's side (section 12.1.2), from a response with a To tag; a tag that is missing counts as empty.
   * @throws SipParseError
   */
  static ofCaller(invite: SipRequest, response: SipResponse, source: Peer, options: DialogOptions): Dialog {
    const localParty = need(invite, 'From');
    const remoteParty = need(response, 'To');
    return new Dialog(
      { callId: need(invite, 'Call-ID'), localTag: tagOf(localParty) ?? '', remoteTag: tagOf(remoteParty) ?? '' },
      {
        isCaller: true,
        localParty,
        remoteParty,
        localSequence: parseCSeq(need(invite, 'CSeq')).number,
        remoteTarget: contactOf(response) ?? invite.uri,
        routes: routesOf(response).reverse(),
        source,
        allow: response,
      },
      options,
    );
  }

  /**
   * The callee's side (section 12.1.1).
   * @throws SipParseError
   */
  static ofCallee(invite: SipRequest, localTag: string, source: Peer, options: DialogOptions): Dialog {
    const remoteParty = need(invite, 'From');
    const remoteTag = tagOf(remoteParty) ?? '';
    const callerUri = formatUri(parseNameAddresses([remoteParty])[0]!.uri);
    return new Dialog(
      { callId: need(invite, 'Call-ID'), localTag, remoteTag },
      {
        isCaller: false,
        localParty: `${need(invite, 'To')};tag=${localTag}`,
        remoteParty,
        localSequence: 0,
        remoteSequence: parseCSeq(need(invite, 'CSeq')).number,
        remoteTarget: contactOf(invite) ?? callerUri,
        routes: routesOf(invite),
        source,
        allow: invite,
      },
      options,
    );
  }

  /**
   * Takes the route set and the target of the 2xx that confirms a caller's early dialog (section 13.2.2.4).
   * @throws SipParseError
   */
  confirm(response: SipResponse, source: Peer): void {
    this.#routes = routesOf(response).reverse();
    this.#remoteTarget = contactOf(response) ?? this.#remoteTarget;
    // The INVITE may have been sent again with credentials since.
    this.#localSequence = Math.max(this.#localSequence, parseCSeq(need(response, 'CSeq')).number);
    this.#source = source;
    this.#readAllow(response);
  }

  /** Whether the far end has said that it takes requests of that method (RFC 3261 section 20.5). */
  takes(method: string): boolean {
    return this.#allowed?.has(method) === true;
  }

  /** The Contact URI of the far end. */
  get remoteTarget(): string {
    return this.#remoteTarget;
  }

  /** A new request of ours in the dialog (section 12.2.1.1). */
  request(method: string): SipRequest {
    return this.#compose(method, this.nextSequence());
  }

  /** The ACK of a 2xx (section 13.2.2.4), with the credentials that its INVITE had. */
  ack(invite: SipRequest): SipRequest {
    const ack = this.#compose('ACK', parseCSeq(need(invite, 'CSeq')).number);
    for (const name of ['Authorization', 'Proxy-Authorization']) {
      for (const value of invite.headers.getAll(name)) ack.headers.add(name, value);
    }
    return ack;
  }

  nextSequence(): number {
    return (this.#localSequence += 1);
  }

  /** False: an older request arrives late or again, to be answered 500 (section 12.2.2). */
  inOrder(request: SipRequest): boolean {
    const { number } = parseCSeq(need(request, 'CSeq'));
    if (this.#remoteSequence !== undefined && number <= this.#remoteSequence) return false;
    this.#remoteSequence = number;
    return true;
  }

  /**
   * The far end moved to another Contact (section 12.2) or, followed by source, behind another address.
   * @throws SipParseError
   */
  refreshTarget(message: SipMessage, source: Peer): void {
    this.#remoteTarget = contactOf(message) ?? this.#remoteTarget;
    this.#source = source;
    this.#readAllow(message);
  }

  /** Where requests of ours go to: the first route, else the target. A host name there stands for where its messages came from. */
  nextHop(): Peer {
    if (this.#options.followsSource) return this.#source;
    const uri = parseUri(this.#routes[0] === undefined ? this.#remoteTarget : routeUri(this.#routes[0]));
    if (uri.scheme !== 'sip') return this.#source;
    return literalPeer(uri, this.#source) ?? this.#source;
  }

  #readAllow(message: SipMessage): void {
    const methods = message.headers.getAll('Allow').flatMap((value) => value.split(','));
    if (methods.length > 0) this.#allowed = new Set(methods.map((method) => method.trim()));
  }

  #compose(method: string, sequence: number): SipRequest {
    let uri = this.#remoteTarget;
    let routes = this.#routes;
    const first = routes[0];
    if (first !== undefined && !isLooseRouter(first)) {
      // A strict router of RFC 2543 wants its own URI as Request-URI, and the target last.
      uri = routeUri(first);
      routes = [...routes.slice(1), `<${this.#remoteTarget}>`];
    }
    const headers = Headers.of([
      ['Max-Forwards', String(MAX_FORWARDS)],
      ...routes.map((route) => ['Route', route] as const),
      ['From', this.localParty],
      ['To', this.remoteParty],
      ['Call-ID', this.id.callId],
      ['CSeq', `${sequence} ${method}`],
      ['User-Agent', this.#options.userAgent],
    ]);
    return { kind: 'request', method, uri, headers, body: Buffer.alloc(0) };
  }
}

/** The peer that a URI with a literal address names; the transport is that of `source` where the URI leaves it open. */
function literalPeer(uri: SipUri, source: Peer): Peer | undefined {
  const address = uri.host.startsWith('[') ? uri.host.slice(1, -1) : uri.host;
  if (isIP(address) === 0) return undefined;
  const named = uri.params.get('transport')?.toLowerCase();
  const transport = named === 'udp' || named === 'tcp' || named === 'tls' ? named : source.transport;
  const port = uri.port ?? defaultPort(transport);
  // A TLS connection is used again, whoever made it (RFC 5923): the certificate of the far end may be for its other side.
  const isSame = transport === source.transport && address === source.address;
  if (isSame && (port === source.port || transport === 'tls')) return source;
  return { transport, address, port, ...(source.tls !== undefined && { tls: source.tls }) };
}

/** The parser has checked that these are there; the empty string would fail later, in what it is parsed as. */
function need(message: SipMessage, name: string): string {
  return message.headers.get(name) ?? '';
}

function contactOf(message: SipMessage): string | undefined {
  const contacts = parseContacts(message.headers.getAll('Contact'));
  const uri = contacts === '*' ? undefined : contacts[0]?.uri;
  return uri === undefined ? undefined : formatUri(uri);
}

function routesOf(message: SipMessage): string[] {
  return parseNameAddresses(message.headers.getAll('Record-Route')).slice(0, MAX_ROUTES).map(formatNameAddress);
}

function routeUri(route: string): string {
  return formatUri(parseNameAddresses([route])[0]!.uri);
}

function isLooseRouter(route: string): boolean {
  const uri = parseNameAddresses([route])[0]!.uri;
  return uri.scheme === 'sip' && uri.params.has('lr');
}
