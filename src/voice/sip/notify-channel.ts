/**
 * The NOTIFYs of one subscription, as its notifier (RFC 6665 section 4.2.2). At most one is under way: what changes
 * meanwhile is told in the next one, once, as it is then.
 */
import type { Dialog } from '#voice/sip/dialog.js';
import { RequestWithCredentials } from '#voice/sip/request-with-credentials.js';
import type { Signalling } from '#voice/sip/signalling.js';

export interface Notification {
  /** The value of Subscription-State. After one that begins with `terminated` nothing follows. */
  state: string;
  contentType: string;
  body: Buffer;
}

export interface NotifyChannelOptions {
  signalling: Signalling;
  dialog: Dialog;
  /** The value of Event. */
  event: string;
  /** The subscriber does not know the subscription any more, or is not there: nothing more can be said to it. */
  onLost: () => void;
}

export class NotifyChannel {
  readonly #options: NotifyChannelOptions;
  #next: (() => Notification) | undefined;
  #state: 'idle' | 'sending' | 'closed' = 'idle';

  constructor(options: NotifyChannelOptions) {
    this.#options = options;
  }

  /** `make` is asked when its turn comes; a later call takes the place of one that waits. */
  notify(make: () => Notification): void {
    if (this.#state === 'closed') return;
    this.#next = make;
    if (this.#state === 'idle') this.#send();
  }

  /** Without a further word. Idempotent. */
  close(): void {
    this.#state = 'closed';
    this.#next = undefined;
  }

  #send(): void {
    const make = this.#next;
    if (make === undefined) return;
    this.#next = undefined;
    const { state, contentType, body } = make();
    this.#state = state.startsWith('terminated') ? 'closed' : 'sending';
    const { signalling, dialog, event } = this.#options;
    const peer = dialog.nextHop();
    const request = dialog.request('NOTIFY');
    request.headers
      .add('Contact', signalling.contact(peer))
      .add('Event', event)
      .add('Subscription-State', state)
      .add('Content-Type', contentType);
    request.body = body;
    new RequestWithCredentials(
      signalling,
      request,
      peer,
      { digest: undefined, nextSequence: () => dialog.nextSequence() },
      {
        onResponse: ({ status }) => {
          if (status >= 200) this.#onOutcome(isLost(status));
        },
        onTimeout: () => this.#onOutcome(true),
        onTransportError: () => this.#onOutcome(true),
      },
    );
  }

  #onOutcome(lost: boolean): void {
    if (this.#state !== 'sending') return;
    this.#state = 'idle';
    if (lost) {
      this.close();
      this.#options.onLost();
    } else this.#send();
  }
}

/** A server error passes; every other refusal says that the subscription is not there (RFC 6665 section 4.2.2, RFC 5057). */
function isLost(status: number): boolean {
  return (status >= 300 && status < 500) || status === 501 || status >= 600;
}
