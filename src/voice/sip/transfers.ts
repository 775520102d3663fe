/**
 * Transfers of all legs (RFC 3515, 3891, 4538): those that our phones ask for (rule 12: nobody else may), and those that
 * we ask far ends for.
 */
import { randomUUID } from 'node:crypto';
import type { EngineCommand, EngineEventBody, LegId, TransferId } from '#voice/engine.js';
import { parseCSeq } from '#voice/sip/cseq.js';
import { Dialog } from '#voice/sip/dialog.js';
import { readEvent } from '#voice/sip/event-header.js';
import { newTag } from '#voice/sip/ids.js';
import type { InDialog } from '#voice/sip/in-dialog.js';
import type { LegsByDialog } from '#voice/sip/legs-by-dialog.js';
import type { SipRequest } from '#voice/sip/message.js';
import { readReferTo, referToDialog, referToNumber } from '#voice/sip/refer-to.js';
import { ReferredTransfer } from '#voice/sip/referred-transfer.js';
import { parseTargetDialog } from '#voice/sip/replaces.js';
import { RequestedTransfer } from '#voice/sip/requested-transfer.js';
import type { Signalling } from '#voice/sip/signalling.js';
import { SIPFRAG_TYPE } from '#voice/sip/sipfrag.js';
import type { Peer, ServerTransaction } from '#voice/sip/transport.js';

export interface TransfersOptions {
  signalling: Signalling;
  emit: (event: EngineEventBody) => void;
  legs: LegsByDialog;
  /** A number in the form that the far end of a leg writes numbers in. */
  numberFor: (leg: LegId, number: string) => string;
}

/** In progress at a time, in each direction. */
const MAX_PER_LEG = 4;
const MAX_REFERRED_BY_LENGTH = 512;

interface OfLeg {
  referred: Map<TransferId, ReferredTransfer>;
  requested: Map<TransferId, RequestedTransfer>;
}

export class Transfers {
  readonly #options: TransfersOptions;
  readonly #signalling: Signalling;
  readonly #legs = new Map<LegId, OfLeg>();

  constructor(options: TransfersOptions) {
    this.#options = options;
    this.#signalling = options.signalling;
  }

  /** How many are in progress. */
  get size(): number {
    let size = 0;
    for (const { referred, requested } of this.#legs.values()) size += referred.size + requested.size;
    return size;
  }

  /** Requests within the dialog of a leg; false: not for here. @throws SipParseError */
  receive(inDialog: InDialog, transaction: ServerTransaction, from: Peer): boolean {
    switch (transaction.request.method) {
      case 'REFER':
        this.#refer(inDialog, transaction, from);
        return true;
      case 'NOTIFY':
        this.#notify(inDialog, transaction);
        return true;
      default:
        return false;
    }
  }

  #refer(inDialog: InDialog, transaction: ServerTransaction, from: Peer): void {
    const phone = this.#options.legs.phoneOf(inDialog.leg);
    // Whoever else asks is not obeyed: a transfer makes calls, and somebody pays for them (rule 12).
    if (phone === undefined || inDialog.state !== 'confirmed') return this.#signalling.respond(transaction, 603);
    this.#accept(inDialog.leg, inDialog.dialog, transaction, from);
  }

  /** REFER outside of dialogs, of a phone that has proved who it is, about a call that it names. @throws SipParseError */
  referOutside(phone: string, transaction: ServerTransaction, from: Peer): void {
    const { request } = transaction;
    const target = request.headers.get('Target-Dialog');
    const inDialog = target === undefined ? undefined : this.#options.legs.find(parseTargetDialog(target));
    const theirs = inDialog && this.#options.legs.phoneOf(inDialog.leg);
    if (inDialog?.state !== 'confirmed' || theirs !== phone) return this.#signalling.respond(transaction, 603);
    const options = { followsSource: true, userAgent: this.#signalling.userAgent };
    const dialog = Dialog.ofCallee(request, newTag(), from, options);
    this.#accept(inDialog.leg, dialog, transaction, from);
  }

  /** About a REFER of ours, or about nothing we know. */
  #notify(inDialog: InDialog, transaction: ServerTransaction): void {
    const { headers, body } = transaction.request;
    const { name, id } = readEvent(headers.get('Event'));
    if (name !== 'refer') return this.#signalling.respond(transaction, 489, { headers: [['Allow-Events', 'refer']] });
    const type = headers.get('Content-Type')?.split(';')[0]?.trim().toLowerCase();
    if (body.length > 0 && type !== 'message/sipfrag') {
      return this.#signalling.respond(transaction, 415, { headers: [['Accept', SIPFRAG_TYPE]] });
    }
    const about = [...(this.#legs.get(inDialog.leg)?.requested.values() ?? [])].filter((one) =>
      one.isAbout(inDialog, id),
    );
    // The first one to be asked for is the one to be told of first.
    if (about[0] === undefined) return this.#signalling.respond(transaction, 481);
    this.#signalling.respond(transaction, 200);
    about[0].notified(transaction.request);
  }

  /** Asks the far end of `inDialog`; `other` is that of the leg whose place it is to take. */
  request(
    command: Extract<EngineCommand, { kind: 'transfer' }>,
    inDialog: InDialog | undefined,
    other: InDialog | undefined,
  ): void {
    const { leg, transfer, to } = command;
    const done = (outcome: { ok: boolean; sipCode?: number }): void => {
      this.#forget(leg, 'requested', transfer);
      this.#options.emit({ kind: 'transfer.done', leg, transfer, ...outcome });
    };
    const known = this.#legs.get(leg)?.requested;
    if (known?.has(transfer) === true) return;
    if (inDialog?.state !== 'confirmed' || (known?.size ?? 0) >= MAX_PER_LEG) return done({ ok: false });
    const isOther = other !== undefined && other !== inDialog;
    const referTo =
      'number' in to
        ? referToNumber(
            inDialog.dialog,
            this.#options.numberFor(leg, to.number),
            this.#options.legs.phoneOf(leg) !== undefined,
          )
        : isOther && other.state !== 'ending'
          ? referToDialog(other.dialog)
          : undefined;
    if (referTo === undefined) return done({ ok: false });
    const requested = new RequestedTransfer({ signalling: this.#signalling, inDialog, referTo, onOutcome: done });
    this.#of(leg).requested.set(transfer, requested);
  }

  progress({ leg, transfer, sipCode }: Extract<EngineCommand, { kind: 'transferProgress' }>): void {
    if (sipCode >= 100 && sipCode <= 699) this.#legs.get(leg)?.referred.get(transfer)?.progress(sipCode);
  }

  /** Before its end is told. */
  legEnds(leg: LegId): void {
    const known = this.#legs.get(leg);
    if (known === undefined) return;
    for (const transfer of [...known.referred.values(), ...known.requested.values()]) transfer.close();
    this.#legs.delete(leg);
  }

  #accept(leg: LegId, dialog: Dialog, transaction: ServerTransaction, from: Peer): void {
    const { request } = transaction;
    const referTo = readReferTo(request);
    if ((this.#legs.get(leg)?.referred.size ?? 0) >= MAX_PER_LEG) {
      return this.#signalling.respond(transaction, 603, { reason: 'Too Many Transfers' });
    }
    const isQuiet = request.headers.get('Refer-Sub')?.trim().toLowerCase() === 'false';
    this.#signalling.respond(transaction, isQuiet ? 200 : 202, {
      toTag: dialog.id.localTag,
      headers: [['Contact', this.#signalling.contact(from)], ...(isQuiet ? [['Refer-Sub', 'false'] as const] : [])],
    });
    const transfer = `transfer-${randomUUID()}`;
    const referred = new ReferredTransfer({
      signalling: this.#signalling,
      dialog,
      sequence: parseCSeq(request.headers.get('CSeq') ?? '').number,
      isQuiet,
      onOver: () => this.#forget(leg, 'referred', transfer),
    });
    this.#of(leg).referred.set(transfer, referred);
    referred.begin();
    const replaces = referTo.replaces && this.#options.legs.replacedByTransfer(referTo.replaces, leg);
    if (referTo.replaces !== undefined && replaces === undefined) return referred.progress(481);
    this.#options.emit({
      kind: 'transfer.request',
      leg,
      transfer,
      to: referTo.number,
      ...(replaces !== undefined && { replaces }),
      ...referredBy(request),
    });
  }

  #of(leg: LegId): OfLeg {
    const known = this.#legs.get(leg);
    if (known !== undefined) return known;
    const fresh: OfLeg = { referred: new Map(), requested: new Map() };
    this.#legs.set(leg, fresh);
    return fresh;
  }

  #forget(leg: LegId, direction: keyof OfLeg, transfer: TransferId): void {
    const known = this.#legs.get(leg);
    if (known === undefined) return;
    known[direction].delete(transfer);
    if (known.referred.size + known.requested.size === 0) this.#legs.delete(leg);
  }
}

/** RFC 3892: who asks, in its own words. */
function referredBy(request: SipRequest): { referredBy?: string } {
  const value = request.headers.get('Referred-By');
  return value === undefined ? {} : { referredBy: value.slice(0, MAX_REFERRED_BY_LENGTH) };
}
