/** What an INVITE says of its caller beside From (`CallerEvidence`). A trunk is believed, a phone is not. */
import type { CallerEvidence, TrunkConfig } from '#voice/engine.js';
import type { SipRequest } from '#voice/sip/message.js';
import { parseNameAddress, parseNameAddresses, type NameAddress } from '#voice/sip/name-address.js';
import { fromCallerForm, userOf } from '#voice/sip/number-form.js';
import { SipParseError } from '#voice/sip/sip-parse-error.js';

/** A PASSporT takes some 500 characters; what is much longer is none. */
const MAX_IDENTITY_LENGTH = 4_096;
const MAX_WORD_LENGTH = 64;

/** `trunk`: undefined for a call from a phone. Undefined where there is nothing to tell. */
export function callerEvidence(request: SipRequest, trunk: TrunkConfig | undefined): CallerEvidence | undefined {
  const { headers } = request;
  const from = readable(() => parseNameAddress(headers.get('From') ?? ''));
  const evidence: CallerEvidence = { ...(isPrivate(request, from) && { private: true }) };
  if (trunk !== undefined) {
    const numberOf = ({ uri }: NameAddress): string => fromCallerForm(userOf(uri) ?? '', trunk.numbers);
    const asserted = addresses(request, 'P-Asserted-Identity')[0] ?? addresses(request, 'Remote-Party-ID')[0];
    if (asserted !== undefined) evidence.asserted = numberOf(asserted);
    // The topmost is the last that diverted the call (RFC 5806 section 3.1).
    const diverted = addresses(request, 'Diversion')[0];
    if (diverted !== undefined) {
      const reason = (diverted.params.get('reason') ?? 'unknown').slice(0, MAX_WORD_LENGTH);
      evidence.diversion = { number: numberOf(diverted), reason };
    }
    const verstat = [asserted, from].map((address) => address && verstatOf(address)).find((text) => text !== undefined);
    if (verstat !== undefined) evidence.verstat = verstat;
    const identity = headers.get('Identity');
    if (identity !== undefined && identity.length <= MAX_IDENTITY_LENGTH) evidence.identity = identity;
  }
  return Object.keys(evidence).length === 0 ? undefined : evidence;
}

/** RFC 3323 section 4.2: any level but `none`; or an anonymous From (RFC 3261 section 8.1.1.3). */
function isPrivate({ headers }: SipRequest, from: NameAddress | undefined): boolean {
  const levels = headers.getAll('Privacy').flatMap((value) => value.toLowerCase().split(/[;,\s]+/));
  if (levels.some((level) => ['id', 'user', 'header', 'session', 'history', 'critical'].includes(level))) return true;
  if (/;\s*privacy\s*=\s*"?(full|name|uri)/i.test(headers.get('Remote-Party-ID') ?? '')) return true;
  const uri = from?.uri;
  return (uri?.scheme === 'sip' || uri?.scheme === 'sips') && uri.host === 'anonymous.invalid';
}

/** A parameter of the telephone number: of a tel URI, of the user part of a SIP URI, or after the address. */
function verstatOf({ uri, params }: NameAddress): string | undefined {
  const inUser =
    uri.scheme === 'sip' || uri.scheme === 'sips' ? /;verstat=([^;]+)/i.exec(uri.user ?? '')?.[1] : undefined;
  const inUri = uri.scheme === 'other' ? undefined : uri.params.get('verstat');
  return (inUser ?? inUri ?? params.get('verstat') ?? undefined)?.slice(0, MAX_WORD_LENGTH);
}

function addresses(request: SipRequest, name: string): NameAddress[] {
  return readable(() => parseNameAddresses(request.headers.getAll(name))) ?? [];
}

/** None of these fields is worth refusing a call for. */
function readable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof SipParseError) return undefined;
    throw error;
  }
}
