/** The configured trunks, and which of them a request comes from: trunks are trusted by their address. */
import { createHmac } from 'node:crypto';
import type { Clock, Timer } from '#clock.js';
import type { TrunkConfig } from '#voice/engine.js';
import type { FailingPeers } from '#voice/sip/failing-peers.js';
import { newTag } from '#voice/sip/ids.js';
import { isLoopback } from '#voice/sip/local-addresses.js';
import type { SipRequest } from '#voice/sip/message.js';
import { defaultPort, type Peer } from '#voice/sip/transport.js';
import { TrunkAddresses } from '#voice/sip/trunk-addresses.js';
import { parseSipUri, type SipUri } from '#voice/sip/uri.js';
import { topVia } from '#voice/sip/via.js';

export type Resolve = (uri: SipUri) => Promise<Peer[]>;

const REFRESH_MS = 300_000;

export class TrunkTable {
  readonly #clock: Clock;
  readonly #resolve: Resolve;
  readonly #failing: FailingPeers;
  #trunks = new Map<string, TrunkConfig>();
  /** Where each trunk's requests may come from; by trunk id. */
  #peers = new Map<string, Peer[]>();
  /** The user part of our Contact at each trunk where we register; calls to it are the trunk's. */
  #contactUsers = new Map<string, string>();
  #addresses = new Map<string, TrunkAddresses>();
  #refresh: Timer | undefined;

  constructor(clock: Clock, resolve: Resolve, failing: FailingPeers) {
    this.#clock = clock;
    this.#resolve = resolve;
    this.#failing = failing;
  }

  configure(trunks: TrunkConfig[]): void {
    const known = this.#trunks;
    this.#trunks = new Map(trunks.map((trunk) => [trunk.id, trunk]));
    this.#peers = new Map([...this.#peers].filter(([id]) => this.#trunks.get(id)?.uri === known.get(id)?.uri));
    this.#addresses = new Map(trunks.map(({ id, inboundAddresses }) => [id, new TrunkAddresses(inboundAddresses)]));
    const registering = trunks.filter(({ register }) => register !== undefined);
    this.#contactUsers = new Map(registering.map((trunk) => [trunk.id, this.contactUser(trunk)]));
    this.#lookUp();
  }

  /**
   * The same after a restart, so that a registrar keeps one binding of ours and not several; nobody guesses it who does not
   * know the password.
   */
  contactUser({ id, username = '', password }: TrunkConfig): string {
    if (password === undefined) return this.#contactUsers.get(id) ?? newTag();
    return createHmac('sha256', password).update(`contact ${id} ${username}`).digest('hex').slice(0, 24);
  }

  /** The trunk that we gave this user part in our Contact to. */
  byContactUser(user: string | undefined): TrunkConfig | undefined {
    for (const [id, contactUser] of this.#contactUsers) if (contactUser === user) return this.#trunks.get(id);
    return undefined;
  }

  get(id: string): TrunkConfig | undefined {
    return this.#trunks.get(id);
  }

  /** Rejects where the URI is none or its name does not resolve. */
  async locate(trunk: TrunkConfig): Promise<{ uri: SipUri; peers: Peer[] }> {
    const uri = parseSipUri(trunk.uri);
    const { verify = true, ca } = trunk.tls ?? {};
    const peers = (await this.#resolve(uri)).map((peer): Peer =>
      peer.tls === undefined
        ? peer
        : { ...peer, tls: { name: peer.tls.name, verify, ...(ca !== undefined && { ca }) } },
    );
    return { uri, peers: this.#failing.last(peers) };
  }

  /** The trunk whose very address and port a request comes from. @throws SipParseError */
  exactSource(request: SipRequest, from: Peer): TrunkConfig | undefined {
    const ports = portsOf(request, from);
    return this.#at((peer) => peer.address === from.address && ports.includes(peer.port));
  }

  /** The first trunk that is trusted at the address; on loopback, which many programs share, only where it says so. */
  sourceByAddress({ address }: Peer): TrunkConfig | undefined {
    const resolved = isLoopback(address) ? undefined : this.#at((peer) => peer.address === address);
    return resolved ?? [...this.#trunks.values()].find(({ id }) => this.#addresses.get(id)?.has(address));
  }

  /** Whether any trunk is at the address, or trusted there. */
  has(address: string): boolean {
    const isTrusted = [...this.#addresses.values()].some((addresses) => addresses.has(address));
    return isTrusted || this.#at((peer) => peer.address === address) !== undefined;
  }

  close(): void {
    this.#refresh?.cancel();
  }

  #at(isSource: (peer: Peer) => boolean): TrunkConfig | undefined {
    return [...this.#trunks.values()].find(({ id }) => this.#peers.get(id)?.some(isSource));
  }

  #lookUp(): void {
    this.#refresh?.cancel();
    if (this.#trunks.size > 0) this.#refresh = this.#clock.after(REFRESH_MS, () => this.#lookUp());
    for (const trunk of this.#trunks.values()) {
      this.locate(trunk).then(
        ({ peers }) => {
          if (this.#trunks.get(trunk.id) === trunk) this.#peers.set(trunk.id, peers);
        },
        // A name that does not resolve now keeps the addresses it had; a dial says what is wrong.
        () => undefined,
      );
    }
  }
}

/** The port it came from; over TCP that one is arbitrary, and the port of its Via says where it listens. */
function portsOf(request: SipRequest, from: Peer): number[] {
  return from.transport !== 'udp'
    ? [from.port, topVia(request.headers).port ?? defaultPort(from.transport)]
    : [from.port];
}
