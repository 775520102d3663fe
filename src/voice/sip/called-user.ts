import type { TrunkConfig } from '#voice/engine.js';
import type { SipRequest } from '#voice/sip/message.js';
import { parseNameAddress } from '#voice/sip/name-address.js';
import { userOf } from '#voice/sip/number-form.js';
import { parseUri } from '#voice/sip/uri.js';

/**
 * The user part that says who is called (rule 1). A field that the trunk left out is not missed: another stands in. A
 * Request-URI that is our Contact at the trunk (`contactUser`) names nobody. @throws SipParseError
 */
export function calledUser(
  request: SipRequest,
  trunk: TrunkConfig | undefined,
  contactUser: string | undefined,
): string | undefined {
  const inField = (name: string): string | undefined => {
    const value = request.headers.get(name);
    return value === undefined ? undefined : userOf(parseNameAddress(value).uri) || undefined;
  };
  const requestUser = userOf(parseUri(request.uri)) || undefined;
  const requested = requestUser === contactUser ? undefined : requestUser;
  switch (trunk?.numbers?.calledFrom) {
    case 'to':
      return inField('To') ?? requested;
    case 'p-called-party-id':
      return inField('P-Called-Party-ID') ?? requested ?? inField('To');
    default:
      return requested ?? (requestUser === undefined ? undefined : inField('P-Called-Party-ID')) ?? inField('To');
  }
}
