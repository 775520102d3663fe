/**
 * A transfer that we ask the far end for: REFER, and the NOTIFYs about it until one brings the outcome (RFC 3515). Its
 * outcome is told exactly once.
 */
import type { Timer } from '#clock.js';
import { parseCSeq } from '#voice/sip/cseq.js';
import type { InDialog } from '#voice/sip/in-dialog.js';
import type { SipRequest, SipResponse } from '#voice/sip/message.js';
import { RequestWithCredentials } from '#voice/sip/request-with-credentials.js';
import type { Signalling } from '#voice/sip/signalling.js';
import { readSipfrag } from '#voice/sip/sipfrag.js';

/** A far end that accepted and then says nothing final for so long has forgotten it. */
const LONGEST_MS = 180_000;

export interface TransferOutcome {
  ok: boolean;
  sipCode?: number;
}

export interface RequestedTransferOptions {
  signalling: Signalling;
  inDialog: InDialog;
  /** The value of Refer-To. */
  referTo: string;
  onOutcome: (outcome: TransferOutcome) => void;
}

export class RequestedTransfer {
  readonly #options: RequestedTransferOptions;
  readonly #request: RequestWithCredentials;
  readonly #timer: Timer;
  #isOver = false;

  /** Sends at once. */
  constructor(options: RequestedTransferOptions) {
    this.#options = options;
    const { signalling, inDialog, referTo } = options;
    const { dialog } = inDialog;
    const peer = dialog.nextHop();
    const refer = dialog.request('REFER');
    const contact = signalling.contact(peer);
    refer.headers.add('Contact', contact).add('Refer-To', referTo).add('Referred-By', contact);
    this.#timer = signalling.clock.after(LONGEST_MS, () => this.#settle({ ok: false, sipCode: 408 }));
    this.#request = new RequestWithCredentials(
      signalling,
      refer,
      peer,
      { digest: inDialog.digest, nextSequence: () => dialog.nextSequence() },
      {
        onResponse: (response) => this.#onResponse(response),
        onTimeout: () => this.#settle({ ok: false }),
        onTransportError: () => this.#settle({ ok: false }),
      },
    );
  }

  /** Whether a NOTIFY with this event id is about it; without one it is about any. */
  isAbout(inDialog: InDialog, id: string | undefined): boolean {
    if (inDialog !== this.#options.inDialog) return false;
    return id === undefined || id === String(parseCSeq(this.#request.request.headers.get('CSeq') ?? '').number);
  }

  /** It may come before the answer to the REFER (RFC 3515 section 2.4.4). */
  notified(notify: SipRequest): void {
    const status = readSipfrag(notify.body);
    if (status !== undefined && status >= 200) return this.#settle({ ok: status < 300, sipCode: status });
    // The far end tells no more, and has not told what became of it.
    if (/^\s*terminated\b/i.test(notify.headers.get('Subscription-State') ?? '')) this.#settle({ ok: false });
  }

  /** The leg has ended before the outcome was known. */
  close(): void {
    this.#settle({ ok: false });
  }

  #onResponse({ status, headers }: SipResponse): void {
    if (status < 200) return;
    if (status >= 300) return this.#settle({ ok: false, sipCode: status });
    // It does it and will not tell how it went (RFC 4488).
    if (headers.get('Refer-Sub')?.trim().toLowerCase() === 'false') this.#settle({ ok: true, sipCode: status });
  }

  #settle(outcome: TransferOutcome): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#timer.cancel();
    this.#options.onOutcome(outcome);
  }
}
