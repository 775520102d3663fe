/**
 * A transfer that a phone of ours asked for: the implicit subscription of its REFER (RFC 3515 section 2.4), which tells it
 * how the transfer gets on until it is over.
 */
import type { Timer } from '#clock.js';
import type { Dialog } from '#voice/sip/dialog.js';
import { NotifyChannel, type Notification } from '#voice/sip/notify-channel.js';
import type { Signalling } from '#voice/sip/signalling.js';
import { formatSipfrag, SIPFRAG_TYPE } from '#voice/sip/sipfrag.js';

/** Whoever carries transfers out says something within this time; else the phone hears 408. */
const FIRST_WORD_MS = 60_000;
/** From the last word on. A callee may ring for long. */
const LIFETIME_MS = 180_000;

export interface ReferredTransferOptions {
  signalling: Signalling;
  dialog: Dialog;
  /** The CSeq number of the REFER, which is the id of its subscription. */
  sequence: number;
  /** The phone wants no NOTIFYs (RFC 4488). */
  isQuiet: boolean;
  /** Nothing more will be told. */
  onOver: () => void;
}

export class ReferredTransfer {
  readonly #signalling: Signalling;
  readonly #channel: NotifyChannel | undefined;
  readonly #onOver: () => void;
  #status = 100;
  #expiresAt = 0;
  #timer: Timer | undefined;
  #isOver = false;

  constructor({ signalling, dialog, sequence, isQuiet, onOver }: ReferredTransferOptions) {
    this.#signalling = signalling;
    this.#onOver = onOver;
    if (!isQuiet) {
      const event = `refer;id=${sequence}`;
      this.#channel = new NotifyChannel({ signalling, dialog, event, onLost: () => this.close() });
    }
  }

  /** Once the REFER has been answered. */
  begin(): void {
    this.#tell(100, FIRST_WORD_MS);
  }

  /** From 200 on it is over. */
  progress(status: number): void {
    if (!this.#isOver) this.#tell(status, LIFETIME_MS);
  }

  /** Without a further word: the call or the phone is gone. Idempotent. */
  close(): void {
    this.#channel?.close();
    this.#finish();
  }

  #tell(status: number, lifetimeMs: number): void {
    this.#status = status;
    this.#timer?.cancel();
    if (status < 200) {
      this.#expiresAt = this.#signalling.clock.now() + lifetimeMs;
      this.#timer = this.#signalling.clock.after(lifetimeMs, () => this.#tell(408, 0));
    }
    this.#channel?.notify(() => this.#notification());
    if (status >= 200) this.#finish();
  }

  #notification(): Notification {
    const left = Math.ceil((this.#expiresAt - this.#signalling.clock.now()) / 1000);
    const state = this.#status < 200 ? `active;expires=${left}` : 'terminated;reason=noresource';
    return { state, contentType: SIPFRAG_TYPE, body: formatSipfrag(this.#status) };
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#timer?.cancel();
    this.#onOver();
  }
}
