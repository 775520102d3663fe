import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { CoreError } from '#core/errors.js';
import { isEmergencyNumber } from '#core/dial-plan/index.js';
import { isHost, isLoopbackHost, parseTrunkUri } from '#core/trunks/trunk-uri.js';
import { NUMBER_FORMS, type TrunkCallerId, type TrunkNumberRules } from '#voice/engine.js';
import { snakeCase } from '#core/snake-case.js';

type Is<T> = Exclude<T, undefined>;

/** What a carrier wants otherwise than is usual. What is absent is as `TrunkConfig` of the engine's port says. */
export interface TrunkSettings {
  /** Registers there, asking for so long. */
  registerSeconds?: number;
  /** Between two questions whether it lives; 0: none. */
  healthSeconds?: number;
  /** Percent of its channels that campaigns leave to other calls. */
  campaignReserve?: number;
  calledForm?: Is<TrunkNumberRules['called']>;
  callerForm?: Is<TrunkNumberRules['caller']>;
  countryCode?: string;
  nationalPrefix?: string;
  internationalPrefix?: string;
  techPrefix?: string;
  calledFrom?: Is<TrunkNumberRules['calledFrom']>;
  callerIdHeader?: Is<TrunkCallerId['header']>;
  fromHost?: string;
  fromUser?: Is<TrunkCallerId['fromUser']>;
  diversion?: boolean;
  /** Calls that are passed on show their caller's number there, not ours. */
  keepCaller?: boolean;
  /** Addresses or networks such as `192.0.2.0/24` that its calls come from. */
  inboundAddresses?: string[];
  tlsVerify?: boolean;
  /** Certificates in PEM. */
  tlsCa?: string;
}

/** Everything that can be chosen about a trunk, but for its password, which is never read back. */
export interface TrunkFields {
  /** `sip:host[:port][;transport=udp|tcp|tls]` or `sips:host[:port]` of the carrier's proxy. */
  uri: string;
  username: string | null;
  /** What the numbers begin with that it is for, `+44`; none: all numbers. */
  prefixes: string[];
  /** The lower one is tried first. */
  priority: number;
  /** Calls at once (rule 15). */
  channels: number;
  /** New calls a second, evenly spaced (rule 15). */
  callsPerSecond: number;
  settings: TrunkSettings;
}

/** What is to be other than it was, or than usual; null takes a choice back. */
export type TrunkChanges = {
  [Name in keyof Omit<TrunkFields, 'settings'>]?: TrunkFields[Name] | null;
} & { [Name in keyof TrunkSettings]?: TrunkSettings[Name] | null } & { password?: string | null };

/** Before anything is chosen. */
export const USUAL_FIELDS: TrunkFields = {
  uri: '',
  username: null,
  prefixes: [],
  priority: 100,
  channels: 10,
  callsPerSecond: 1,
  settings: {},
};

const PREFIXES_MAX = 200;
const PRIORITY_MAX = 1000;
const CHANNELS_MAX = 10_000;
const CALLS_PER_SECOND_MAX = 1_000;
const CREDENTIAL_MAX_LENGTH = 128;
const REGISTER_SECONDS = [60, 86_400] as const;
const HEALTH_SECONDS = [5, 3600] as const;
const CAMPAIGN_RESERVE_MAX = 90;
const INBOUND_ADDRESSES_MAX = 50;
const CERTIFICATES_MAX_LENGTH = 65_536;

const CALLED_FROM = ['request-uri', 'to', 'p-called-party-id'] satisfies TrunkSettings['calledFrom'][];
const CALLER_ID_HEADERS = [
  'from',
  'p-asserted-identity',
  'p-preferred-identity',
  'remote-party-id',
] satisfies TrunkSettings['callerIdHeader'][];
const FROM_USERS = ['number', 'username'] satisfies TrunkSettings['fromUser'][];

/** Says what is wrong with a setting; undefined: nothing. */
type Check<T> = (value: T) => string | undefined;

const oneOf =
  (known: readonly string[]): Check<string> =>
  (value) =>
    known.includes(value) ? undefined : `One of ${known.join(', ')}.`;
const matches =
  (shape: RegExp, sentence: string): Check<string> =>
  (value) =>
    shape.test(value) ? undefined : sentence;
const anything: Check<boolean> = () => undefined;

const CHECKS: { [Name in keyof TrunkSettings]-?: Check<Is<TrunkSettings[Name]>> } = {
  registerSeconds: whole(...REGISTER_SECONDS),
  healthSeconds: (value) => (value === 0 ? undefined : whole(...HEALTH_SECONDS)(value)?.concat(' Or 0: never.')),
  campaignReserve: whole(0, CAMPAIGN_RESERVE_MAX),
  calledForm: oneOf(NUMBER_FORMS),
  callerForm: oneOf(NUMBER_FORMS),
  countryCode: matches(/^[1-9][0-9]{0,2}$/, 'The calling code of a country without plus, like 44.'),
  nationalPrefix: matches(/^[0-9]{1,4}$/, '1 to 4 digits, like 0.'),
  internationalPrefix: matches(/^[0-9]{1,6}$/, '1 to 6 digits, like 00 or 011.'),
  techPrefix: matches(/^[0-9*#]{1,16}$/, '1 to 16 of 0–9, * and #.'),
  calledFrom: oneOf(CALLED_FROM),
  callerIdHeader: oneOf(CALLER_ID_HEADERS),
  fromHost: (value) => (isHost(value) ? undefined : 'A host name or an address, like sip.example.com.'),
  fromUser: oneOf(FROM_USERS),
  diversion: anything,
  keepCaller: anything,
  inboundAddresses: checkNetworks,
  tlsVerify: anything,
  tlsCa: checkCertificates,
};
export const TRUNK_SETTING_NAMES = Object.keys(CHECKS) as (keyof TrunkSettings)[];

/** Takes the changes in. */
export function changedFields(fields: TrunkFields, changes: TrunkChanges): TrunkFields {
  const changed = { ...fields, settings: { ...fields.settings } } as Record<string, unknown> & TrunkFields;
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined || name === 'password') continue;
    if (!(TRUNK_SETTING_NAMES as string[]).includes(name)) {
      (changed as Record<string, unknown>)[name] = value ?? USUAL_FIELDS[name as keyof TrunkFields];
    } else if (value === null) {
      delete changed.settings[name as keyof TrunkSettings];
    } else {
      (changed.settings as Record<string, unknown>)[name] = value;
    }
  }
  return changed;
}

/**
 * Throws `trunk.bad_input`, naming the field as commands do (`called_form`), and `trunk.unreachable_from_here` for what
 * a socket bound to `sipHost` cannot reach.
 */
export function checkFields(fields: TrunkFields, sipHost: string): void {
  const address = parseTrunkUri(fields.uri);
  if (fields.username !== null) checkCredential('username', fields.username);
  check('prefixes', checkPrefixes(fields.prefixes));
  check('priority', whole(1, PRIORITY_MAX)(fields.priority));
  check('channels', whole(1, CHANNELS_MAX)(fields.channels));
  if (!(fields.callsPerSecond > 0 && fields.callsPerSecond <= CALLS_PER_SECOND_MAX)) {
    throw badTrunk('calls_per_second', `The calls a second are more than 0, at most ${CALLS_PER_SECOND_MAX}.`);
  }
  const { settings } = fields;
  for (const name of TRUNK_SETTING_NAMES) {
    const value = settings[name];
    if (value !== undefined) check(snakeCase(name), (CHECKS[name] as Check<unknown>)(value));
  }
  if (settings.registerSeconds !== undefined && fields.username === null) {
    throw badTrunk('username', 'Whoever registers needs a user name: give --username and --password.');
  }
  if (settings.fromUser === 'username' && fields.username === null) {
    throw badTrunk('username', 'From cannot carry a user name that is not there: give --username.');
  }
  if ([settings.calledForm, settings.callerForm].includes('national') && settings.countryCode === undefined) {
    throw badTrunk('country_code', 'National numbers need to know the country: give --country-code, like 44.');
  }
  if (isLoopbackHost(sipHost) && !isLoopbackHost(address.host)) {
    throw new CoreError(
      'trunk.unreachable_from_here',
      `SIP listens on ${sipHost} only, from where ${address.host} cannot be reached: set SIDETONE_SIP_HOST to 0.0.0.0 or to this machine's address and start again.`,
      { field: 'uri' },
    );
  }
}

export function checkCredential(field: 'username' | 'password', value: string): void {
  const printable = /^[\x20-\x7e]+$/.test(value) && value.length <= CREDENTIAL_MAX_LENGTH;
  if (printable && !(field === 'username' && /["\\]/.test(value))) return;
  throw badTrunk(field, `A ${field} is 1 to ${CREDENTIAL_MAX_LENGTH} printable ASCII characters.`);
}

export function badTrunk(field: string, message: string): CoreError {
  return new CoreError('trunk.bad_input', message, { field });
}

function check(field: string, problem: string | undefined): void {
  if (problem !== undefined) throw badTrunk(field, problem);
}

function whole(least: number, most: number): Check<number> {
  return (value) =>
    Number.isInteger(value) && value >= least && value <= most ? undefined : `A whole number from ${least} to ${most}.`;
}

function checkPrefixes(prefixes: string[]): string | undefined {
  if (prefixes.length > PREFIXES_MAX) return `At most ${PREFIXES_MAX} prefixes.`;
  const wrong = prefixes.find((prefix) => !/^\+[1-9][0-9]{0,14}$/.test(prefix) && !isEmergencyNumber(prefix));
  return wrong === undefined
    ? undefined
    : `"${wrong}" is neither the beginning of an E.164 number, like +44, nor a number for help, like 112.`;
}

function checkNetworks(networks: string[]): string | undefined {
  if (networks.length > INBOUND_ADDRESSES_MAX) return `At most ${INBOUND_ADDRESSES_MAX} addresses.`;
  const wrong = networks.find((network) => {
    const [, address = '', bits] = /^([^/]*)(?:\/([0-9]{1,3}))?$/.exec(network) ?? [];
    const family = isIP(address);
    return family === 0 || Number(bits ?? 0) > (family === 6 ? 128 : 32);
  });
  return wrong === undefined ? undefined : `"${wrong}" is not an address or a network, like 192.0.2.0/24.`;
}

function checkCertificates(pem: string): string | undefined {
  if (pem.length > CERTIFICATES_MAX_LENGTH) return `At most ${CERTIFICATES_MAX_LENGTH} characters of PEM.`;
  try {
    void new X509Certificate(pem);
    return undefined;
  } catch {
    return 'The file holds no certificate in PEM (-----BEGIN CERTIFICATE-----).';
  }
}
