/** One subscription of a phone of ours, as its notifier (RFC 6665 section 4.2): kept as long as it is renewed. */
import type { Timer } from '#clock.js';
import type { Dialog } from '#voice/sip/dialog.js';
import type { DialogOwner } from '#voice/sip/dialog-table.js';
import { NotifyChannel, type Notification } from '#voice/sip/notify-channel.js';
import type { Signalling } from '#voice/sip/signalling.js';
import { SipParseError } from '#voice/sip/sip-parse-error.js';
import type { SipRequest } from '#voice/sip/message.js';
import type { Peer, ServerTransaction } from '#voice/sip/transport.js';
import { refuseUnsupported } from '#voice/sip/unsupported.js';

/** Seconds. */
export const MIN_EXPIRES = 60;
const MAX_EXPIRES = 3_600;
const DEFAULT_EXPIRES = 3_600;

/** Why a subscription ends (RFC 6665 section 4.1.3). */
export type EndReason = 'timeout' | 'noresource';

export interface SubscriptionOptions {
  signalling: Signalling;
  dialog: Dialog;
  /** The value of Event, echoed in NOTIFYs. */
  event: string;
  contentType: string;
  write: () => Buffer;
  onEnded: () => void;
}

export class Subscription implements DialogOwner {
  readonly #options: SubscriptionOptions;
  readonly #signalling: Signalling;
  readonly #channel: NotifyChannel;
  #expiresAt = 0;
  #timer: Timer | undefined;
  #ended: EndReason | undefined;

  constructor(options: SubscriptionOptions) {
    this.#options = options;
    this.#signalling = options.signalling;
    const { signalling, dialog, event } = options;
    this.#channel = new NotifyChannel({ signalling, dialog, event, onLost: () => this.close() });
    signalling.dialogs.add(dialog.id, this);
  }

  /** The SUBSCRIBE that made it, or one within its dialog. */
  receive(_request: SipRequest, from: Peer, transaction: ServerTransaction | undefined): void {
    if (transaction === undefined) return;
    const { request } = transaction;
    const { dialog } = this.#options;
    if (!dialog.inOrder(request)) return this.#signalling.respond(transaction, 500, { reason: 'CSeq Out Of Order' });
    if (refuseUnsupported(this.#signalling, transaction)) return;
    if (request.method !== 'SUBSCRIBE') {
      return this.#signalling.respond(transaction, 405, { headers: [['Allow', 'SUBSCRIBE']] });
    }
    if (readExpires(request) === 'brief') return refuseBrief(this.#signalling, transaction);
    dialog.refreshTarget(request, from);
    this.accept(transaction, from);
  }

  /** Answers, and tells the state (section 4.2.1.1 and .2: at once, also when it is renewed). */
  accept(transaction: ServerTransaction, from: Peer): void {
    const expires = readExpires(transaction.request);
    const seconds = expires === 'brief' ? MIN_EXPIRES : expires;
    this.#signalling.respond(transaction, 200, {
      toTag: this.#options.dialog.id.localTag,
      headers: [
        ['Contact', this.#signalling.contact(from)],
        ['Expires', String(seconds)],
      ],
    });
    // Expires 0 asks for the state once, or ends what was (sections 4.1.2.3 and 4.4.3).
    if (seconds === 0) return this.end('timeout');
    this.#timer?.cancel();
    this.#expiresAt = this.#signalling.clock.now() + seconds * 1_000;
    this.#timer = this.#signalling.clock.after(seconds * 1_000, () => this.end('timeout'));
    this.changed();
  }

  /** There is something new to tell. */
  changed(): void {
    if (this.#ended === undefined) this.#channel.notify(() => this.#notification());
  }

  /** With a last NOTIFY. */
  end(reason: EndReason): void {
    if (this.#ended !== undefined) return;
    this.#finish(reason);
    this.#channel.notify(() => this.#notification());
  }

  /** Without a further word. Idempotent. */
  close(): void {
    this.#channel.close();
    if (this.#ended === undefined) this.#finish('timeout');
  }

  #finish(reason: EndReason): void {
    this.#ended = reason;
    this.#timer?.cancel();
    this.#signalling.dialogs.remove(this.#options.dialog.id, this);
    this.#options.onEnded();
  }

  #notification(): Notification {
    const left = Math.max(0, Math.ceil((this.#expiresAt - this.#signalling.clock.now()) / 1_000));
    const state = this.#ended === undefined ? `active;expires=${left}` : `terminated;reason=${this.#ended}`;
    return { state, contentType: this.#options.contentType, body: this.#options.write() };
  }
}

/** Seconds, as granted; `brief`: for less than it is worth. @throws SipParseError */
export function readExpires(request: SipRequest): number | 'brief' {
  const text = request.headers.get('Expires');
  if (text === undefined) return DEFAULT_EXPIRES;
  if (!/^\s*\d{1,10}\s*$/.test(text)) throw new SipParseError('Malformed Expires');
  const seconds = Number(text);
  if (seconds > 0 && seconds < MIN_EXPIRES) return 'brief';
  return Math.min(seconds, MAX_EXPIRES);
}

export function refuseBrief(signalling: Signalling, transaction: ServerTransaction): void {
  signalling.respond(transaction, 423, { headers: [['Min-Expires', String(MIN_EXPIRES)]] });
}
