/** Whom a REFER asks to be called (RFC 3515 section 2.1): what our own phones may ask (rule 12), and what we ask. */
import type { Dialog } from '#voice/sip/dialog.js';
import type { SipRequest } from '#voice/sip/message.js';
import { parseNameAddress, parseNameAddresses } from '#voice/sip/name-address.js';
import { userOf } from '#voice/sip/number-form.js';
import { formatReplaces, parseReplaces, type Replaces } from '#voice/sip/replaces.js';
import { SipParseError } from '#voice/sip/sip-parse-error.js';
import { formatUri, parseUri, type SipUri, type Uri } from '#voice/sip/uri.js';

export interface ReferTo {
  /** The user part. The host part does not count: whatever a phone writes there, the call goes where ours go. */
  number: string;
  /** The call whose place is to be taken. */
  replaces?: Replaces;
}

const MAX_NUMBER_LENGTH = 128;

/** @throws SipParseError with the status of the refusal */
export function readReferTo(request: SipRequest): ReferTo {
  const targets = parseNameAddresses(request.headers.getAll('Refer-To'));
  const target = targets[0];
  // Exactly one (RFC 3515 section 2.4.2).
  if (target === undefined || targets.length > 1) throw new SipParseError('Exactly one Refer-To is needed');
  const { uri } = target;
  if (uri.scheme === 'other') throw new SipParseError('Unsupported URI Scheme', 416);
  const method = uri.scheme === 'tel' ? undefined : uri.params.get('method');
  if (method !== undefined && method?.toUpperCase() !== 'INVITE')
    throw new SipParseError('Only calls are referred', 603);
  const number = userOf(uri) ?? '';
  const replaced = uri.scheme === 'tel' ? undefined : uri.headers.get('replaces');
  if ((number === '' && replaced === undefined) || number.length > MAX_NUMBER_LENGTH) {
    throw new SipParseError('Refer-To without a number', 484);
  }
  return { number, ...(replaced !== undefined && { replaces: parseReplaces(replaced) }) };
}

/** The far end of a dialog of ours, to take our place there (RFC 3891). Undefined: it gave no address to call. */
export function referToDialog(dialog: Dialog): string | undefined {
  const uri = asSip(parseUri(dialog.remoteTarget));
  return uri && `<${formatUri({ ...uri, headers: new Map([['Replaces', formatReplaces(dialog.id)]]) })}>`;
}

/**
 * A number where the far end calls numbers: a phone at our address, others at their own. Undefined: neither is a SIP
 * address.
 */
export function referToNumber(dialog: Dialog, number: string, isPhone: boolean): string | undefined {
  const party = parseNameAddress(isPhone ? dialog.localParty : dialog.remoteParty).uri;
  const at = asSip(party) ?? asSip(parseUri(dialog.remoteTarget));
  if (at === undefined) return undefined;
  const { host, port } = at;
  const target = { scheme: 'sip', user: number, host, params: new Map(), headers: new Map() } as const;
  return `<${formatUri({ ...target, ...(port !== undefined && { port }) })}>`;
}

function asSip(uri: Uri): SipUri | undefined {
  return uri.scheme === 'sip' || uri.scheme === 'sips' ? uri : undefined;
}
