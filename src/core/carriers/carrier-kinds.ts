import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { CarrierKind, CarrierSettings } from '#carriers/carrier.js';
import { badCarrier } from '#core/carriers/carrier-fields.js';
import { checkHttpTemplate } from '#core/carriers/http-template.js';
import { snakeCase } from '#core/snake-case.js';

type Is<T> = Exclude<T, undefined>;
/** Says what is wrong with a value; undefined: nothing. */
type Check = (value: unknown) => string | undefined;

const SECRET_MAX_LENGTH = 512;
const CERTIFICATES_MAX_LENGTH = 65_536;
const SECRETS_MAX = 20;

const matches =
  (shape: RegExp, sentence: string): Check =>
  (value) =>
    typeof value === 'string' && shape.test(value) ? undefined : sentence;
const printable = (most: number): Check =>
  matches(new RegExp(`^[\\x20-\\x7e]{1,${most}}$`), `1 to ${most} printable ASCII characters.`);
const oneOf =
  <Known extends string>(...known: readonly Known[]): Check =>
  (value) =>
    known.includes(value as Known) ? undefined : `One of ${known.join(', ')}.`;
const whole =
  (least: number, most: number): Check =>
  (value) =>
    Number.isInteger(value) && (value as number) >= least && (value as number) <= most
      ? undefined
      : `A whole number from ${least} to ${most}.`;
const yesOrNo: Check = (value) => (typeof value === 'boolean' ? undefined : 'Yes or no.');

const EVERY = { ownOptOutReplies: yesOrNo };
const HTTP_SERVICE = { ...EVERY, window: whole(1, 100), timeoutSeconds: whole(1, 120) };

/** Every setting that a kind has. */
const SETTINGS: { [Kind in CarrierKind]: { [Name in keyof CarrierSettings[Kind]]-?: Check } } = {
  smpp: {
    ...EVERY,
    host: checkHost,
    port: whole(1, 65_535),
    tls: yesOrNo,
    tlsVerify: yesOrNo,
    tlsCa: checkCertificates,
    tlsServerName: checkHost,
    systemId: printable(15),
    systemType: printable(12),
    addressRange: printable(40),
    addressTon: whole(0, 255),
    addressNpi: whole(0, 255),
    serviceType: printable(5),
    bind: oneOf<Is<CarrierSettings['smpp']['bind']>>('transceiver', 'pair'),
    binds: whole(1, 16),
    window: whole(1, 1000),
    enquireSeconds: whole(5, 600),
    responseSeconds: whole(1, 120),
    messageId: oneOf<Is<CarrierSettings['smpp']['messageId']>>('as_is', 'hex_to_decimal', 'decimal_to_hex'),
    receiptsByText: yesOrNo,
    concatenation: oneOf<Is<CarrierSettings['smpp']['concatenation']>>('udh', 'sar', 'payload'),
    numberForm: oneOf<Is<CarrierSettings['smpp']['numberForm']>>('bare', 'e164'),
    shortCodeTon: whole(0, 255),
    shortCodeNpi: whole(0, 255),
    userMessageReference: yesOrNo,
  },
  twilio: {
    ...HTTP_SERVICE,
    accountSid: matches(/^AC[0-9a-zA-Z]{1,62}$/, 'The account’s SID: it begins with AC.'),
    apiUrl: checkUrl,
    keySid: matches(/^SK[0-9a-zA-Z]{1,62}$/, 'The SID of an API key: it begins with SK.'),
    messagingServiceSid: matches(/^MG[0-9a-zA-Z]{1,62}$/, 'The SID of a messaging service: it begins with MG.'),
  },
  telnyx: {
    ...HTTP_SERVICE,
    apiUrl: checkUrl,
    publicKey: (value) =>
      typeof value === 'string' && Buffer.from(value, 'base64').length === 32
        ? undefined
        : 'The public key of the account: Base64 of 32 bytes.',
    messagingProfileId: printable(64),
  },
  http: { ...HTTP_SERVICE, template: (value) => (typeof value === 'object' ? undefined : 'A JSON object.') },
};

const REQUIRED: { [Kind in CarrierKind]: (keyof CarrierSettings[Kind])[] } = {
  smpp: ['host', 'port', 'systemId'],
  twilio: ['accountSid'],
  telnyx: [],
  http: ['template'],
};

/** The secrets that a kind has; http: those that its template names. */
const SECRETS: { [Kind in Exclude<CarrierKind, 'http'>]: { required: string[]; optional: string[] } } = {
  smpp: { required: ['password'], optional: [] },
  twilio: { required: ['authToken'], optional: ['keySecret'] },
  telnyx: { required: ['apiKey'], optional: [] },
};

/** Throws `carrier.bad_input`, naming the field as commands do (`system_id`). */
export function checkKind<Kind extends CarrierKind>(
  kind: Kind,
  settings: Readonly<Record<string, unknown>>,
  secrets: Readonly<Record<string, string>>,
): asserts settings is Record<string, unknown> & CarrierSettings[Kind] {
  const checks = SETTINGS[kind] as Record<string, Check>;
  for (const [name, value] of Object.entries(settings)) {
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
    if (check === undefined) throw badCarrier(snakeCase(name), `A carrier of the kind ${kind} has no such setting.`);
    const problem = check(value);
    if (problem !== undefined) throw badCarrier(snakeCase(name), problem);
  }
  for (const name of REQUIRED[kind] as string[]) {
    if (settings[name] === undefined) throw badCarrier(snakeCase(name), `A carrier of the kind ${kind} needs it.`);
  }
  checkSecrets(kind, secrets);
  if (kind === 'http') checkHttpTemplate(settings['template'], Object.keys(secrets));
  if (kind === 'twilio' && (settings['keySid'] === undefined) !== (secrets['keySecret'] === undefined)) {
    throw badCarrier('key_secret', 'An API key is its SID and its secret: give both, or neither.');
  }
}

function checkSecrets(kind: CarrierKind, secrets: Readonly<Record<string, string>>): void {
  const names = Object.keys(secrets);
  if (names.length > SECRETS_MAX) throw badCarrier('secrets', `At most ${SECRETS_MAX} secrets.`);
  if (kind !== 'http') {
    const { required, optional } = SECRETS[kind];
    const strange = names.find((name) => !required.includes(name) && !optional.includes(name));
    if (strange !== undefined)
      throw badCarrier(snakeCase(strange), `A carrier of the kind ${kind} has no such secret.`);
    const missing = required.find((name) => secrets[name] === undefined);
    if (missing !== undefined) throw badCarrier(snakeCase(missing), `A carrier of the kind ${kind} needs it.`);
  }
  for (const [name, value] of Object.entries(secrets)) {
    if (!/^[A-Za-z][A-Za-z0-9_]{0,31}$/.test(name)) {
      throw badCarrier('secrets', `"${name}" names no secret: 1 to 32 letters, digits or "_", a letter first.`);
    }
    const problem = printable(SECRET_MAX_LENGTH)(value);
    if (problem !== undefined) throw badCarrier(snakeCase(name), problem);
  }
}

function checkHost(value: unknown): string | undefined {
  const name =
    /^(?=.{1,253}$)([A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)(\.[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)*$/;
  return typeof value === 'string' && (isIP(value) !== 0 || name.test(value))
    ? undefined
    : 'A host name or an address, like smpp.example.com.';
}

function checkUrl(value: unknown): string | undefined {
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
  const plain = url !== undefined && /^https?:$/.test(url.protocol) && url.search + url.hash + url.username === '';
  return plain ? undefined : 'The address of a service, like https://api.example.com.';
}

function checkCertificates(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > CERTIFICATES_MAX_LENGTH) {
    return `At most ${CERTIFICATES_MAX_LENGTH} characters of PEM.`;
  }
  try {
    void new X509Certificate(value);
    return undefined;
  } catch {
    return 'The file holds no certificate in PEM (-----BEGIN CERTIFICATE-----).';
  }
}
