/** One request of ours, sent again with credentials when the far end asks for them (RFC 3261 section 22). */
import type { DigestClient } from '#voice/sip/digest-client.js';
import type { SipRequest, SipResponse } from '#voice/sip/message.js';
import type { Signalling } from '#voice/sip/signalling.js';
import type { ClientTransaction, ClientUser, Peer } from '#voice/sip/transport.js';

/** The first try, one with credentials, and as many with new nonces or for further proxies on the way. */
const MAX_TRIES = 4;

export interface Credentials {
  digest: DigestClient | undefined;
  /** The CSeq number of a further try. */
  nextSequence(): number;
}

export class RequestWithCredentials {
  readonly #signalling: Signalling;
  readonly #peer: Peer;
  readonly #credentials: Credentials;
  readonly #user: ClientUser;
  #request: SipRequest;
  #transaction: ClientTransaction;
  #tries = 1;
  #open = true;

  /** Sends at once. To `user` only the last try's outcome is shown. */
  constructor(signalling: Signalling, request: SipRequest, peer: Peer, credentials: Credentials, user: ClientUser) {
    this.#signalling = signalling;
    this.#request = request;
    this.#peer = peer;
    this.#credentials = credentials;
    this.#user = user;
    signalling.requestStarted();
    credentials.digest?.authorize(request);
    this.#transaction = this.#send();
  }

  /** As sent last, without Via. */
  get request(): SipRequest {
    return this.#request;
  }

  cancel(reason?: string): void {
    if (this.#open) this.#transaction.cancel(reason);
  }

  #send(): ClientTransaction {
    return this.#signalling.transactions.request(this.#request, this.#peer, {
      onResponse: (response, from) => this.#onResponse(response, from),
      onTimeout: () => {
        this.#close();
        this.#signalling.failingPeers.failed(this.#peer);
        this.#user.onTimeout();
      },
      onTransportError: (error) => {
        this.#close();
        this.#signalling.failingPeers.failed(this.#peer);
        this.#user.onTransportError(error);
      },
    });
  }

  #onResponse(response: SipResponse, from: Peer): void {
    // 503 is for this peer alone, and others may do (RFC 3261 section 21.5.4).
    if (response.status === 503) this.#signalling.failingPeers.failed(this.#peer);
    else this.#signalling.failingPeers.answered(this.#peer);
    if (
      isChallenge(response) &&
      this.#tries < MAX_TRIES &&
      this.#credentials.digest?.learn(response, this.#request) === true
    ) {
      this.#tries += 1;
      const { method, uri, body } = this.#request;
      const headers = this.#request.headers.clone();
      headers.set('CSeq', `${this.#credentials.nextSequence()} ${method}`);
      this.#request = { kind: 'request', method, uri, headers, body };
      this.#credentials.digest.authorize(this.#request);
      this.#transaction = this.#send();
      return;
    }
    if (response.status >= 200) this.#close();
    this.#user.onResponse(response, from);
  }

  #close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#signalling.requestEnded();
  }
}

function isChallenge(response: SipResponse): boolean {
  return response.status === 401 || response.status === 407;
}
