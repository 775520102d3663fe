/** Where a 3xx says that a call should go instead (RFC 3261 sections 8.1.3.4 and 19.1.5). */
import type { Redirect, TrunkNumberRules } from '#voice/engine.js';
import type { SipResponse } from '#voice/sip/message.js';
import { parseNameAddress, type NameAddress } from '#voice/sip/name-address.js';
import { fromCalledForm, userOf } from '#voice/sip/number-form.js';
import { SipParseError } from '#voice/sip/sip-parse-error.js';
import { splitList } from '#voice/sip/split-list.js';
import { formatUri } from '#voice/sip/uri.js';

const MAX_REDIRECTS = 10;

/** The Contacts that name a user, the most wanted first; those that cannot be read are left out. */
export function redirectsOf(response: SipResponse, rules: TrunkNumberRules | undefined): Redirect[] {
  return response.headers
    .getAll('Contact')
    .flatMap(addressesOf)
    .sort((a, b) => preference(b) - preference(a))
    .flatMap(({ uri }): Redirect[] => {
      const user = userOf(uri);
      return user === undefined || user === '' ? [] : [{ uri: formatUri(uri), number: fromCalledForm(user, rules) }];
    })
    .slice(0, MAX_REDIRECTS);
}

function addressesOf(field: string): NameAddress[] {
  try {
    return splitList(field).map(parseNameAddress);
  } catch (error) {
    if (error instanceof SipParseError) return [];
    throw error;
  }
}

/** `q`, from 0 to 1; what says nothing is wanted the most. */
function preference({ params }: NameAddress): number {
  const q = Number(params.get('q') ?? 1);
  return q >= 0 && q <= 1 ? q : 0;
}
