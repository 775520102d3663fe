/** Our registration at a trunk (RFC 3261 section 10.2): made, refreshed in time, moved to the next target, taken back. */
import type { Timer } from '#clock.js';
import type { TrunkConfig } from '#voice/engine.js';
import { DigestClient } from '#voice/sip/digest-client.js';
import { retryAfterSeconds } from '#voice/sip/end-cause.js';
import { newCallId, newTag } from '#voice/sip/ids.js';
import { Headers, type SipRequest, type SipResponse } from '#voice/sip/message.js';
import { parseContacts } from '#voice/sip/name-address.js';
import { RequestWithCredentials } from '#voice/sip/request-with-credentials.js';
import type { Signalling } from '#voice/sip/signalling.js';
import { SipParseError } from '#voice/sip/sip-parse-error.js';
import type { Peer } from '#voice/sip/transport.js';
import { formatUri, type SipUri } from '#voice/sip/uri.js';

export interface RegistrationOutcome {
  registered: boolean;
  /** The final answer; undefined: none came. */
  sipCode?: number;
  detail: string;
}

export interface TrunkRegistrationOptions {
  trunk: TrunkConfig;
  /** The user part of our Contact. */
  contactUser: string;
  /** All targets, the best first. */
  locate: () => Promise<{ uri: SipUri; peers: Peer[] }>;
  /** After every try, and when what was granted has run out. */
  onOutcome: (outcome: RegistrationOutcome) => void;
}

/** Waits between tries after all targets have failed (RFC 5626 section 4.5). */
const FIRST_RETRY_SECONDS = 30;
const LONGEST_RETRY_SECONDS = 1_800;
/** A registrar that grants less is asked again no sooner. */
const SHORTEST_REFRESH_SECONDS = 5;
/** What a registrar may demand with 423. */
const LONGEST_EXPIRES_SECONDS = 604_800;
const MAX_TARGETS = 4;
/** RFC 5626 section 4.4: how often a NAT, or a connection, hears from us. */
const KEEP_ALIVE_UDP_SECONDS = 29;
const KEEP_ALIVE_STREAM_SECONDS = 120;

export class TrunkRegistration {
  readonly #signalling: Signalling;
  readonly #options: TrunkRegistrationOptions;
  readonly #digest: DigestClient | undefined;
  readonly #callId = newCallId();
  readonly #tag = newTag();
  #sequence = 0;
  #expiresSeconds: number;
  /** Tries without success since the last one with it. */
  #failures = 0;
  /** Until when the registrar keeps what it granted. */
  #grantedUntil = 0;
  /** Where it was granted, and is to be refreshed and taken back. */
  #registrar: { uri: SipUri; peer: Peer } | undefined;
  /** Our Contact as the registrar keeps it. */
  #bound: string | undefined;
  #next: Timer | undefined;
  #keepAlive: Timer | undefined;
  #expiry: Timer | undefined;
  #closed = false;

  constructor(signalling: Signalling, options: TrunkRegistrationOptions) {
    const { register } = options.trunk;
    this.#signalling = signalling;
    this.#options = options;
    this.#expiresSeconds = register?.expiresSeconds ?? 3_600;
    this.#digest = DigestClient.of(options.trunk);
    void this.#register();
  }

  /** Takes the registration back; nothing is told any more. `keep`: another one of the same Contact takes its place. */
  close(keep = false): void {
    this.#closed = true;
    for (const timer of [this.#next, this.#keepAlive, this.#expiry]) timer?.cancel();
    if (keep || this.#registrar === undefined || this.#grantedUntil <= this.#signalling.clock.now()) return;
    this.#send(this.#registrar.uri, this.#registrar.peer, 0, () => undefined);
  }

  async #register(): Promise<void> {
    try {
      const { uri, peers } = await this.#options.locate();
      this.#try(uri, peers.slice(0, MAX_TARGETS));
    } catch (error) {
      this.#failed({ detail: error instanceof Error ? error.message : String(error) });
    }
  }

  #try(uri: SipUri, [peer, ...others]: Peer[], knowsAddress = false): void {
    if (this.#closed) return;
    if (peer === undefined) return this.#failed({ detail: `${uri.host} has no address` });
    const place = placeOf(peer);
    this.#send(uri, peer, this.#expiresSeconds, (response) => {
      if (this.#closed) return;
      if (response instanceof Error) {
        if (others.length > 0) return this.#try(uri, others);
        return this.#failed({ detail: response.message });
      }
      const { status, reason } = response;
      if (status < 300) {
        // Who is seen elsewhere than where it believes to be says so in its Contact (RFC 3581), and asks once more.
        const isElsewhere = this.#signalling.noteSeenAs(peer, response);
        return isElsewhere && !knowsAddress
          ? this.#try(uri, [peer, ...others], true)
          : this.#granted(uri, peer, response, place);
      }
      const least = Number(response.headers.get('Min-Expires') ?? 0);
      if (status === 423 && least > this.#expiresSeconds && least <= LONGEST_EXPIRES_SECONDS) {
        this.#expiresSeconds = least;
        return this.#try(uri, [peer, ...others], knowsAddress);
      }
      if ((status === 408 || status >= 500) && status < 600 && others.length > 0) return this.#try(uri, others);
      const isRefused = status === 401 || status === 403 || status === 407;
      const hint = isRefused ? ': it does not accept our user name and password' : '';
      const wait = retryAfterSeconds(response);
      this.#failed({ sipCode: status, detail: `${place} answers ${status} ${reason}${hint}` }, wait);
    });
  }

  #granted(uri: SipUri, peer: Peer, response: SipResponse, place: string): void {
    const { clock } = this.#signalling;
    this.#failures = 0;
    this.#registrar = { uri, peer };
    const seconds = this.#grantedSeconds(response);
    this.#grantedUntil = clock.now() + seconds * 1000;
    this.#expiry?.cancel();
    this.#expiry = clock.after(seconds * 1000, () => this.#tell({ detail: `the registration at ${place} ran out` }));
    // Between half and nine tenths, so that many trunks do not come at once.
    this.#later(Math.max(SHORTEST_REFRESH_SECONDS, seconds * (0.5 + 0.4 * this.#signalling.random())));
    this.#startKeepAlive(peer);
    this.#tell({ sipCode: response.status, detail: `registered at ${place} for ${seconds} seconds` });
  }

  #failed(outcome: Omit<RegistrationOutcome, 'registered'>, waitSeconds = 0): void {
    if (this.#closed) return;
    const most = Math.min(LONGEST_RETRY_SECONDS, FIRST_RETRY_SECONDS * 2 ** this.#failures);
    this.#failures = Math.min(this.#failures + 1, 16);
    this.#later(Math.max(most * (0.5 + 0.5 * this.#signalling.random()), waitSeconds));
    this.#tell(outcome);
  }

  #tell(outcome: Omit<RegistrationOutcome, 'registered'>): void {
    const registered = this.#grantedUntil > this.#signalling.clock.now();
    if (!this.#closed) this.#options.onOutcome({ registered, ...outcome });
  }

  #later(seconds: number): void {
    this.#next?.cancel();
    this.#next = this.#signalling.clock.after(seconds * 1000, () => void this.#register());
  }

  #startKeepAlive(peer: Peer): void {
    this.#keepAlive?.cancel();
    const most = peer.transport === 'udp' ? KEEP_ALIVE_UDP_SECONDS : KEEP_ALIVE_STREAM_SECONDS;
    this.#keepAlive = this.#signalling.clock.after(most * (0.8 + 0.2 * this.#signalling.random()) * 1000, () => {
      // A connection that is gone took our binding with it.
      if (this.#signalling.ping(peer)) this.#startKeepAlive(peer);
      else void this.#register();
    });
  }

  /** Of our own Contact among those that the registrar keeps, else of the whole (section 10.2.4). */
  #grantedSeconds({ headers }: SipResponse): number {
    const asked = this.#expiresSeconds;
    let own: string | null | undefined;
    try {
      const contacts = parseContacts(headers.getAll('Contact'));
      const ours = contacts === '*' ? undefined : contacts.find(({ uri }) => this.#isOurs(uri));
      own = ours?.params.get('expires');
    } catch (error) {
      if (!(error instanceof SipParseError)) throw error;
    }
    const granted = Number(own ?? headers.get('Expires') ?? asked);
    return granted > 0 && granted <= LONGEST_EXPIRES_SECONDS ? granted : asked;
  }

  #isOurs(uri: { scheme: string; user?: string }): boolean {
    return uri.scheme.startsWith('sip') && uri.user === this.#options.contactUser;
  }

  #send(uri: SipUri, peer: Peer, expires: number, onFinal: (outcome: SipResponse | Error) => void): void {
    const nextSequence = (): number => (this.#sequence += 1);
    const contact = this.#signalling.contact(peer, this.#options.contactUser);
    new RequestWithCredentials(
      this.#signalling,
      this.#compose(uri, contact, expires, nextSequence()),
      peer,
      { digest: this.#digest, nextSequence },
      {
        onResponse: (response) => {
          if (response.status < 200) return;
          if (response.status < 300) this.#bound = contact;
          onFinal(response);
        },
        onTimeout: () => onFinal(new Error(`${placeOf(peer)} does not answer`)),
        onTransportError: onFinal,
      },
    );
  }

  #compose(uri: SipUri, contact: string, expires: number, sequence: number): SipRequest {
    const { trunk, contactUser } = this.#options;
    const { host, port, params } = uri;
    const registrar: SipUri = { scheme: 'sip', host, ...(port !== undefined && { port }), params, headers: new Map() };
    const self = formatUri({ ...registrar, user: trunk.username ?? contactUser, params: new Map() });
    const headers = Headers.of([
      ['Max-Forwards', '70'],
      ['From', `<${self}>;tag=${this.#tag}`],
      ['To', `<${self}>`],
      ['Call-ID', this.#callId],
      ['CSeq', `${sequence} REGISTER`],
      ['Contact', `${contact};expires=${expires}`],
      // We are elsewhere now; calls are not to be tried there any more.
      ...(this.#bound === undefined || this.#bound === contact
        ? []
        : [['Contact', `${this.#bound};expires=0`] as const]),
      ['Expires', String(expires)],
      ['User-Agent', this.#signalling.userAgent],
    ]);
    return { kind: 'request', method: 'REGISTER', uri: formatUri(registrar), headers, body: Buffer.alloc(0) };
  }
}

function placeOf({ address, port, transport }: Peer): string {
  return `${address}:${port} over ${transport.toUpperCase()}`;
}
