/** The seam between transactions and sockets. Tests put a lossy wire behind it; `udp.ts` and `tcp.ts` (also for TLS) are the real ones. */
import type { SipMessage, SipRequest, SipResponse } from '#voice/sip/message.js';

export type TransportName = 'udp' | 'tcp' | 'tls';

/** RFC 3261 section 19.1.2. */
export function defaultPort(transport: TransportName): number {
  return transport === 'tls' ? 5061 : 5060;
}

/** A place that messages come from and go to: one address and port over one transport. */
export interface Peer {
  transport: TransportName;
  /** A literal IPv4 or IPv6 address, never a name. */
  address: string;
  port: number;
  /** TCP and TLS: the connection a request came on; responses go back on it (RFC 3261 section 18.2.2). */
  connection?: number;
  /** TLS: without it none but a connection that is there already is used. */
  tls?: TlsTarget;
}

/** Who is at the other end of a TLS connection of ours. */
export interface TlsTarget {
  /** The host that was to be reached, before it was resolved. */
  name: string;
  /** Whether its certificate must be one for `name`, signed by `ca` or by those whom the system trusts. */
  verify: boolean;
  /** PEM. */
  ca?: string;
}

export interface LocalAddress {
  address: string;
  port: number;
  /** False: nobody can connect to us there; requests reach us on connections of our own making. */
  listens?: false;
}

/** What the layers above know of addresses. */
export interface Screen {
  /** What comes from there is dropped before it is looked at, and no connection is taken. */
  isRefused(address: string): boolean;
  /** A trunk or a registered phone is there: where there are too many connections, others make room for new ones. */
  isKnown(address: string): boolean;
}

export interface Transport {
  /** Sends or fails by `onError`; never throws. Opens a connection when there is none. */
  send(message: SipMessage, to: Peer, onError: (error: Error) => void): void;
  /** One listener: the transaction layer. Via `received`/`rport` (RFC 3581) are filled in already on requests. */
  onMessage(listener: (message: SipMessage, from: Peer) => void): void;
  /** The address that this machine is reached at by a peer: for Via, Contact and the session description. */
  localAddress(to: Peer): LocalAddress;
  /** Who may come in, from now on. */
  screen(addresses: Screen): void;
  /** Keep-alive of two line breaks (RFC 5626 sections 3.5.1 and 4.4). False: there is no connection with the peer. */
  ping(to: Peer): boolean;
  close(): Promise<void>;
}

/** The transaction layer (RFC 3261 section 17, RFC 6026), as the layer above sees it. */
export interface Transactions {
  /**
   * Sends a request in a new client transaction (adds the top Via with its branch). Exactly one final callback follows:
   * a final response (2xx retransmissions are passed on again, each), or `timeout`, or `failed`. For an INVITE the ACK
   * of a non-2xx is sent here; the ACK of a 2xx is the caller's (`sendDirect`).
   */
  request(request: SipRequest, to: Peer, user: ClientUser): ClientTransaction;
  /** Outside any transaction: ACK of a 2xx. Adds a Via of its own. */
  sendDirect(request: SipRequest, to: Peer): void;
  /** New requests: each non-ACK one comes with its server transaction. An ACK for a 2xx comes without. */
  onRequest(listener: (request: SipRequest, from: Peer, transaction: ServerTransaction | undefined) => void): void;
  close(): void;
}

export interface ClientUser {
  onResponse(response: SipResponse, from: Peer): void;
  /** Timer B or F: nothing final came. */
  onTimeout(): void;
  /** The transport could not send. */
  onTransportError(error: Error): void;
}

export interface ClientTransaction {
  readonly branch: string;
  readonly request: SipRequest;
  /**
   * INVITE only: sends CANCEL (RFC 3261 section 9.1): at once if a provisional response has come, else after the first
   * one. The INVITE still ends with its own final response.
   */
  cancel(reason?: string): void;
}

export interface ServerTransaction {
  readonly request: SipRequest;
  /**
   * Sends a response, provisional or final. A final one to INVITE is retransmitted as RFC 6026 says: non-2xx until its
   * ACK or Timer H, over UDP; 2xx by the layer above (`onAck` is the dialog's business), which calls `respond` again.
   */
  respond(response: SipResponse): void;
  /**
   * For those who have proved nothing (RFC 3261 section 8.2.7): sends the response, if any, once, and keeps no state, so
   * that a forged address is not written to again and again. The same request may come again as a new one.
   */
  dismiss(response?: SipResponse): void;
  /** INVITE only: a CANCEL that matches came (it has been answered 200 already). */
  onCancel(listener: (cancel: SipRequest) => void): void;
  /** INVITE only: Timer H, no ACK for our non-2xx; or the transport failed. */
  onFailed(listener: (why: string) => void): void;
}
