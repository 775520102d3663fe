/** Who calls, as an INVITE of ours says it: From and the fields beside it, in the form that a trunk wants. */
import type { CallerId, Diversion, TrunkConfig } from '#voice/engine.js';
import type { NameAddress } from '#voice/sip/name-address.js';
import { formatNameAddress } from '#voice/sip/name-address.js';
import { toCallerForm } from '#voice/sip/number-form.js';
import type { SipUri } from '#voice/sip/uri.js';

export interface CallerIdentity {
  /** Without tag. */
  from: NameAddress;
  /** P-Asserted-Identity, Privacy, Diversion …, in order. */
  fields: [string, string][];
}

export interface Introduction {
  caller: CallerId;
  diversion?: Diversion | undefined;
  /** Our own address, as the far end knows it. */
  ourHost: string;
  /** The host part of From, where not our own. */
  fromHost?: string | undefined;
  /** Undefined towards a phone, which learns nothing about those who do not want to be known. */
  trunk?: TrunkConfig | undefined;
}

const ANONYMOUS: NameAddress = {
  displayName: 'Anonymous',
  uri: { scheme: 'sip', user: 'anonymous', host: 'anonymous.invalid', params: new Map(), headers: new Map() },
  params: new Map(),
};

const FIELD_NAMES = {
  'p-asserted-identity': 'P-Asserted-Identity',
  'p-preferred-identity': 'P-Preferred-Identity',
  'remote-party-id': 'Remote-Party-ID',
} as const;

/** RFC 3323, RFC 3325, RFC 5806, and draft-ietf-sip-privacy-04 for Remote-Party-ID. */
export function callerIdentity({ caller, diversion, ourHost, fromHost, trunk }: Introduction): CallerIdentity {
  const form = trunk?.callerId ?? {};
  const host = form.fromHost ?? fromHost ?? ourHost;
  const isPrivate = caller.private === true;
  const displayName = withoutControls(caller.displayName ?? '');
  const addressOf = (user: string, verstat?: string): NameAddress => ({
    ...(displayName !== '' && { displayName }),
    uri: sipUri(user, host, verstat),
    params: new Map(),
  });
  // A phone of ours is told what the caller's network says of the number (3GPP TS 24.229 section 7.2A.20); trunks ask it themselves.
  const number =
    trunk === undefined
      ? addressOf(caller.number, caller.verstat)
      : addressOf(toCallerForm(caller.number, trunk.numbers));
  const username = form.fromUser === 'username' ? trunk?.username : undefined;
  const fields: [string, string][] = [];

  if (trunk !== undefined) {
    // Without the number in From the trunk must learn it elsewhere.
    const isElsewhere = isPrivate || username !== undefined;
    const header = form.header ?? 'from';
    const named = header === 'from' ? (isElsewhere ? 'p-asserted-identity' : undefined) : header;
    if (named === 'remote-party-id') {
      const privacy: [string, string] = ['privacy', isPrivate ? 'full' : 'off'];
      const params = new Map([['party', 'calling'], ['screen', 'yes'], privacy]);
      fields.push([FIELD_NAMES[named], formatNameAddress({ ...number, params })]);
    } else if (named !== undefined) {
      fields.push([FIELD_NAMES[named], formatNameAddress(number)]);
    }
  }
  if (isPrivate) fields.push(['Privacy', 'id']);
  if (diversion !== undefined && form.diversion !== false) {
    const diverted = trunk === undefined ? diversion.number : toCallerForm(diversion.number, trunk.numbers);
    const params = new Map([
      ['reason', diversion.reason],
      ['counter', '1'],
    ]);
    fields.push(['Diversion', formatNameAddress({ uri: sipUri(diverted, host), params })]);
  }
  return { from: isPrivate ? ANONYMOUS : username === undefined ? number : addressOf(username), fields };
}

/** As it came from outside, so nothing but the letters of such a word. */
const VERSTAT = /^[\w-]{1,64}$/;

function sipUri(user: string, host: string, verstat = ''): SipUri {
  const params = new Map(VERSTAT.test(verstat) ? [['verstat', verstat]] : []);
  return { scheme: 'sip', user, host, params, headers: new Map() };
}

function withoutControls(text: string): string {
  // eslint-disable-next-line no-control-regex -- these are what must not be written
  return text.replace(/[\x00-\x1f\x7f]/g, ' ').trim();
}
