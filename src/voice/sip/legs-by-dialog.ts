/** The legs that others name by a dialog, and whether they may (rule 12): REFER, Replaces (RFC 3891), Target-Dialog. */
import type { LegId, LegOrigin } from '#voice/engine.js';
import type { DialogId, DialogTable } from '#voice/sip/dialog-table.js';
import { InDialog } from '#voice/sip/in-dialog.js';
import type { SipRequest } from '#voice/sip/message.js';
import { otherWayRound, parseReplaces, type Replaces } from '#voice/sip/replaces.js';
import { splitList } from '#voice/sip/split-list.js';

export interface LegsByDialogOptions {
  dialogs: DialogTable;
  /** Who a leg is with. */
  originOf: (leg: LegId) => LegOrigin | undefined;
  /** Whether two phones belong to the same domain. */
  areTogether: (phone: string, other: string) => boolean;
}

export class LegsByDialog {
  readonly #options: LegsByDialogOptions;

  constructor(options: LegsByDialogOptions) {
    this.#options = options;
  }

  /** Our phone that a leg is with. */
  phoneOf(leg: LegId): string | undefined {
    const origin = this.#options.originOf(leg);
    return origin?.kind === 'phone' ? origin.phone : undefined;
  }

  /** The dialog of a leg by its id, whichever of its ends gave it. */
  find(id: DialogId): InDialog | undefined {
    const { dialogs } = this.#options;
    const owner = dialogs.get(id) ?? dialogs.get(otherWayRound(id));
    return owner instanceof InDialog ? owner : undefined;
  }

  /**
   * The leg whose place an INVITE wants to take (RFC 3891 section 3), or the status of its refusal. Only phones of ours
   * may, and only that of a phone beside them; only what we dial can be picked up while it rings.
   * @throws SipParseError
   */
  replacedByInvite(request: SipRequest, origin: LegOrigin): { leg?: LegId; status?: number } {
    const values = request.headers.getAll('Replaces').flatMap(splitList);
    if (values[0] === undefined) return {};
    if (origin.kind !== 'phone') return { status: 403 };
    if (values.length > 1 || request.headers.get('Join') !== undefined) return { status: 400 };
    const wanted = parseReplaces(values[0]);
    const found = this.find(wanted);
    if (found?.state === 'ending') return { status: 603 };
    if (found === undefined || !this.#isBeside(origin.phone, found.leg)) return { status: 481 };
    if (found.state === 'confirmed') return wanted.earlyOnly ? { status: 486 } : { leg: found.leg };
    return found.dialog.isCaller ? { leg: found.leg } : { status: 481 };
  }

  /** The leg that a phone wants to be replaced by a transfer: another one than `asking`, of its own or of one beside it. */
  replacedByTransfer(wanted: Replaces, asking: LegId): LegId | undefined {
    const phone = this.phoneOf(asking);
    const found = this.find(wanted);
    if (phone === undefined || found === undefined || found.state === 'ending' || found.leg === asking)
      return undefined;
    return this.#isBeside(phone, found.leg) ? found.leg : undefined;
  }

  #isBeside(phone: string, leg: LegId): boolean {
    const other = this.phoneOf(leg);
    return other !== undefined && this.#options.areTogether(phone, other);
  }
}
