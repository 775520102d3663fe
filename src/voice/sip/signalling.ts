/** What all legs of one engine share: the transaction layer, our identity on the wire, the clock and the waits. */
import { isIP, isIPv6 } from 'node:net';
import type { Clock } from '#clock.js';
import type { Ban } from '#voice/engine.js';
import { Bans } from '#voice/sip/bans.js';
import { createResponse, type ResponseParts } from '#voice/sip/create-response.js';
import { DialogTable } from '#voice/sip/dialog-table.js';
import type { InDialog } from '#voice/sip/in-dialog.js';
import { FailingPeers } from '#voice/sip/failing-peers.js';
import type { SipRequest, SipResponse } from '#voice/sip/message.js';
import { StrangerLimit } from '#voice/sip/stranger-limit.js';
import type { Peer, ServerTransaction, Transactions, Transport } from '#voice/sip/transport.js';
import { topVia } from '#voice/sip/via.js';

/** The methods that a dialog of ours takes; the others are answered 405. */
export const ALLOW = 'INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, PRACK, UPDATE, REFER, NOTIFY';
export const SDP_TYPE = 'application/sdp';

const MAX_SEEN_AS = 1_000;

/** Milliseconds. T1 and T2 as in RFC 3261 section 17; tests shorten them. */
export interface SignallingWaits {
  t1: number;
  t2: number;
  /** How long the end of a leg that we cancelled waits for the far end's last word. */
  cancelWait: number;
  /** How long an incoming call may go unanswered. */
  incomingRing: number;
  /** What we ask for as the time between two refreshes of a session (RFC 4028), and the least that we take. */
  sessionExpires: number;
  minSessionExpires: number;
}

export const DEFAULT_WAITS: SignallingWaits = {
  t1: 500,
  t2: 4_000,
  cancelWait: 5_000,
  incomingRing: 180_000,
  sessionExpires: 1_800_000,
  minSessionExpires: 90_000,
};

export interface SignallingOptions {
  transactions: Transactions;
  transport: Pick<Transport, 'localAddress' | 'ping'>;
  clock: Clock;
  waits: SignallingWaits;
  userAgent: string;
  /** Whether an address is a trunk's, a registered contact's, or our own machine's. */
  isKnown: (address: string) => boolean;
  onBans: (bans: Ban[]) => void;
  /** The address in session descriptions, where it is not the one that SIP is reached at. */
  mediaAddress?: string | undefined;
  /** From 0 to 1, for waits that two ends must not have alike. */
  random?: (() => number) | undefined;
}

export class Signalling {
  readonly transactions: Transactions;
  readonly clock: Clock;
  readonly waits: SignallingWaits;
  readonly userAgent: string;
  readonly random: () => number;
  readonly dialogs = new DialogTable();
  /**
   * Takes requests within the dialog of a call that are not about the call itself (RFC 5057), such as REFER; false: there
   * is no use for this one. @throws SipParseError
   */
  otherUsage: ((inDialog: InDialog, transaction: ServerTransaction, from: Peer) => boolean) | undefined;
  readonly failingPeers: FailingPeers;
  readonly bans: Bans;
  readonly #isKnown: (address: string) => boolean;
  readonly #transport: Pick<Transport, 'localAddress' | 'ping'>;
  readonly #mediaAddress: string | undefined;
  readonly #strangers: StrangerLimit;
  readonly #ownCalls = new Set<string>();
  /** By transport and address of a trunk that sees us elsewhere than we are. */
  readonly #seenAs = new Map<string, { address: string; port: number }>();
  /** Client transactions whose outcome is still open: a closing engine waits for them. */
  #inFlight = 0;
  #onIdle: (() => void) | undefined;

  constructor(options: SignallingOptions) {
    this.transactions = options.transactions;
    this.clock = options.clock;
    this.waits = options.waits;
    this.failingPeers = new FailingPeers(options.clock);
    this.#strangers = new StrangerLimit(options.clock);
    this.#isKnown = options.isKnown;
    this.bans = new Bans({ clock: options.clock, isKnown: options.isKnown, onChange: options.onBans });
    this.userAgent = options.userAgent;
    this.#transport = options.transport;
    this.#mediaAddress = options.mediaAddress;
    this.random = options.random ?? Math.random;
  }

  /** The host part under which `peer` knows us; an IPv6 address in brackets. */
  host(peer: Peer): string {
    return inUri(this.#transport.localAddress(peer).address);
  }

  /** The value of our Contact towards `peer` (RFC 3261 section 8.1.1.8): where it sees us, else where we believe to be. */
  contact(peer: Peer, user?: string): string {
    const { address, port } = this.#seenAs.get(seenKey(peer)) ?? this.#transport.localAddress(peer);
    return `<sip:${user === undefined ? '' : `${user}@`}${inUri(address)}:${port}${peer.transport === 'udp' ? '' : `;transport=${peer.transport}`}>`;
  }

  /**
   * Takes in where a trunk says that our request came from (RFC 3581): a NAT between us changes it, and without a port of
   * our own it is the only place to reach us at.
   * @returns whether that is new
   */
  noteSeenAs(peer: Peer, response: SipResponse): boolean {
    const { params } = topVia(response.headers);
    const address = params.get('received') ?? '';
    if (isIP(address) === 0) return false;
    const local = this.#transport.localAddress(peer);
    const port = Number(params.get('rport') ?? local.port);
    const known = this.#seenAs.get(seenKey(peer));
    // Where we listen, the port of a connection of ours is any, and says nothing.
    const anyPort = peer.transport !== 'udp' && local.listens !== false;
    if (address === local.address && (anyPort || port === local.port)) return this.#seenAs.delete(seenKey(peer));
    if (known?.address === address && (anyPort || port === known.port)) return false;
    if (this.#seenAs.size >= MAX_SEEN_AS) return false;
    this.#seenAs.set(seenKey(peer), { address, port });
    return true;
  }

  /** Keeps the way to a peer open (RFC 5626 section 4.4). False: there is no connection any more. */
  ping(peer: Peer): boolean {
    return this.#transport.ping(peer);
  }

  /** Where `peer` sends its sound. */
  mediaAddress(peer: Peer): string {
    return this.#mediaAddress ?? this.#transport.localAddress(peer).address;
  }

  respond(transaction: ServerTransaction, status: number, parts: ResponseParts = {}): void {
    transaction.respond(this.#response(transaction, status, parts));
  }

  /**
   * Answers someone who has proved nothing: once, without state, and over UDP, where addresses are easily forged, only
   * as often as one address may ask, and all of them together. Beyond that nothing is said but to those we know.
   */
  dismiss(transaction: ServerTransaction, from: Peer, status: number, parts: ResponseParts = {}): void {
    const isAnswered = from.transport !== 'udp' || this.#strangers.admits(from.address) || this.#isKnown(from.address);
    transaction.dismiss(isAnswered ? this.#response(transaction, status, parts) : undefined);
  }

  #response({ request }: ServerTransaction, status: number, parts: ResponseParts): SipResponse {
    return createResponse(request, status, {
      ...parts,
      headers: [...(parts.headers ?? []), ['Server', this.userAgent]],
    });
  }

  /** Call-IDs of the calls we make: one of them coming in has gone round in a circle. */
  addOwnCall(callId: string): void {
    this.#ownCalls.add(callId);
  }

  removeOwnCall(callId: string): void {
    this.#ownCalls.delete(callId);
  }

  isOwnCall(request: SipRequest): boolean {
    return this.#ownCalls.has(request.headers.get('Call-ID') ?? '');
  }

  requestStarted(): void {
    this.#inFlight += 1;
  }

  requestEnded(): void {
    this.#inFlight -= 1;
    if (this.#inFlight === 0) this.#onIdle?.();
  }

  /** Resolves when no request of ours waits for its outcome, or after `maxMs`. */
  async idle(maxMs: number): Promise<void> {
    if (this.#inFlight === 0) return;
    await new Promise<void>((resolve) => {
      const timer = this.clock.after(maxMs, resolve);
      this.#onIdle = () => {
        timer.cancel();
        resolve();
      };
    });
  }
}

function inUri(address: string): string {
  return isIPv6(address) ? `[${address}]` : address;
}

function seenKey({ transport, address }: Peer): string {
  return `${transport} ${address}`;
}
