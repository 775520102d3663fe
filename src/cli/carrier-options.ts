import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { Options } from '#cli/command-line.js';
import { CommandFailure } from '#cli/terminal.js';

/** The request's body, but for the name. */
export interface CarrierFields extends Record<string, unknown> {
  kind?: string;
  settings: Record<string, unknown>;
  secrets: Record<string, string | null>;
}

/** Puts the value of an option where it belongs; null takes a choice back. */
type Put = (fields: CarrierFields, value: string) => void;

/** What is no number stays as it is, for the server to refuse. */
const asNumber = (text: string): unknown => (Number.isFinite(Number(text)) ? Number(text) : text);
const asList = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
const orNull = (text: string, convert: (text: string) => unknown): unknown => (text === '' ? null : convert(text));

const field =
  (name: string, convert: (text: string) => unknown): Put =>
  (fields, value) =>
    void (fields[name] = orNull(value, convert));
const setting =
  (name: string, convert: (text: string) => unknown = (text) => text): Put =>
  (fields, value) =>
    void (fields.settings[name] = orNull(value, convert));
const secret =
  (name: string): Put =>
  (fields, value) =>
    void (fields.secrets[name] = value === '' ? null : value);
const kindOf =
  (kind: string, put: Put): Put =>
  (fields, value) => {
    const { kind: other } = fields;
    if (other !== undefined) throw new CommandFailure(`one carrier is one of its kinds: ${other} or ${kind}`);
    fields.kind = kind;
    put(fields, value);
  };
const yes = (text: string): boolean => text === 'yes';

/** Each option: how it is written, its key, where its value goes, and what it is. */
const OPTIONS: [flags: string, key: string, put: Put, description: string][] = [
  ['--smpp <host:port>', 'smpp', kindOf('smpp', putAddress), 'SMPP 3.4: the address; port 2775 unless told otherwise'],
  ['--system-id <id>', 'systemId', setting('system_id'), 'SMPP: who we are'],
  ['--password <password>', 'password', secret('password'), 'SMPP: the password'],
  ['--system-type <type>', 'systemType', setting('system_type'), 'SMPP: as the carrier says, often nothing'],
  ['--address-range <range>', 'addressRange', setting('address_range'), 'SMPP: which numbers we take texts for'],
  ['--tls', 'tls', setting('tls', yes), 'SMPP over TLS'],
  ['--no-tls', 'tls', setting('tls', yes), 'SMPP without TLS (default)'],
  ['--tls-verify', 'tlsVerify', setting('tls_verify', yes), 'SMPP: check its certificate (default)'],
  ['--no-tls-verify', 'tlsVerify', setting('tls_verify', yes), 'SMPP: believe any certificate'],
  ['--tls-ca <file>', 'tlsCa', setting('tls_ca', readText('--tls-ca')), 'SMPP: who signed its certificate, in PEM'],
  ['--tls-server-name <name>', 'tlsServerName', setting('tls_server_name'), 'SMPP: whom its certificate is for'],
  ['--address-ton <number>', 'addressTon', setting('address_ton', asNumber), 'SMPP: of the address range; default: 0'],
  ['--address-npi <number>', 'addressNpi', setting('address_npi', asNumber), 'SMPP: of the address range; default: 0'],
  ['--service-type <type>', 'serviceType', setting('service_type'), 'SMPP: of every text, often nothing'],
  [
    '--short-code-ton <number>',
    'shortCodeTon',
    setting('short_code_ton', asNumber),
    'SMPP: of short codes; default: 3',
  ],
  [
    '--short-code-npi <number>',
    'shortCodeNpi',
    setting('short_code_npi', asNumber),
    'SMPP: of short codes; default: 0',
  ],
  [
    '--user-message-reference',
    'userMessageReference',
    setting('user_message_reference', yes),
    'SMPP: give parts a reference of ours',
  ],
  [
    '--receipts-by-text',
    'receiptsByText',
    setting('receipts_by_text', yes),
    'SMPP: receipts are known by their text alone; only where it marks them in no other way',
  ],
  ['--bind <how>', 'bind', setting('bind'), 'SMPP: transceiver (default) or pair'],
  ['--binds <count>', 'binds', setting('binds', asNumber), 'SMPP: connections at once; default: 1'],
  [
    '--enquire <seconds>',
    'enquire',
    setting('enquire_seconds', asNumber),
    'SMPP: between two enquire_link; default: 30',
  ],
  [
    '--message-id <form>',
    'messageId',
    setting('message_id'),
    'SMPP: as_is (default), hex_to_decimal or decimal_to_hex',
  ],
  ['--concatenation <how>', 'concatenation', setting('concatenation'), 'SMPP: udh (default), sar or payload'],
  ['--number-form <form>', 'numberForm', setting('number_form'), 'SMPP: bare (default) or e164, with the plus'],
  [
    '--twilio <sid>',
    'twilio',
    kindOf('twilio', setting('account_sid')),
    'Twilio, or a service like it: the account SID',
  ],
  ['--token <token>', 'token', secret('authToken'), 'Twilio: the auth token'],
  ['--key-sid <sid>', 'keySid', setting('key_sid'), 'Twilio: an API key for requests, with --key-secret'],
  ['--key-secret <secret>', 'keySecret', secret('keySecret'), 'Twilio: the secret of the API key'],
  [
    '--messaging-service <sid>',
    'messagingService',
    setting('messaging_service_sid'),
    'Twilio: sends by this messaging service',
  ],
  ['--telnyx <key>', 'telnyx', kindOf('telnyx', secret('apiKey')), 'Telnyx, or a service like it: the API key'],
  ['--public-key <key>', 'publicKey', setting('public_key'), 'Telnyx: the account’s public key, for callbacks'],
  ['--messaging-profile <id>', 'messagingProfile', setting('messaging_profile_id'), 'Telnyx: the messaging profile'],
  ['--api-url <url>', 'apiUrl', setting('api_url'), 'Twilio, Telnyx: of a service with the same interface'],
  [
    '--http-template <file>',
    'httpTemplate',
    kindOf('http', setting('template', readJson)),
    'any service over HTTP, described in a file of JSON',
  ],
  ['--secret <name=value>', 'secret', putSecrets, 'HTTP template: a secret that it names; once for each'],
  ['--window <count>', 'window', setting('window', asNumber), 'parts or requests under way at once; default: 10'],
  [
    '--timeout <seconds>',
    'timeout',
    setting('timeout_seconds', asNumber),
    'how long an answer may take; default: 15, SMPP 10',
  ],
  [
    '--own-opt-out-replies',
    'ownOptOutReplies',
    setting('own_opt_out_replies', yes),
    'it answers STOP itself, so that we do not (default of Twilio and Telnyx)',
  ],
  [
    '--no-own-opt-out-replies',
    'ownOptOutReplies',
    setting('own_opt_out_replies', yes),
    'we answer STOP (default of others)',
  ],
  ['--prefix <list>', 'prefix', field('prefixes', asList), 'only numbers that begin so, like +44,+49; default: all'],
  ['--sender <list>', 'sender', field('senders', asList), 'only texts from these numbers or names; default: all'],
  ['--priority <number>', 'priority', field('priority', asNumber), 'the lower one is tried first; default: 100'],
  ['--segments-per-second <rate>', 'segmentsPerSecond', field('segments_per_second', asNumber), 'default: 10'],
];

/** The options that `carriers add` and `carriers update` share. */
export function addCarrierOptions(command: Command): void {
  for (const [flags, key, , description] of OPTIONS) {
    if (key === 'secret') command.option(flags, description, (one: string, all: string = '') => `${all}${one}\n`);
    else command.option(flags, description);
  }
}

/** The request's body; an empty text takes a choice back. */
export function carrierFields(options: Options): CarrierFields {
  const fields: CarrierFields = { settings: {}, secrets: {} };
  const put = new Map(OPTIONS.map(([, key, where]) => [key, where]));
  for (const [key, value] of Object.entries(options)) if (value !== undefined) put.get(key)?.(fields, value);
  return fields;
}

/** SMPP has another name for the time that an answer may take. */
export function settingsOf(kind: string, settings: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { timeout_seconds: seconds, ...others } = settings;
  if (seconds === undefined) return others;
  return { ...others, [kind === 'smpp' ? 'response_seconds' : 'timeout_seconds']: seconds };
}

function putAddress(fields: CarrierFields, value: string): void {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+))(?::([0-9]+))?$/.exec(value) ?? [];
  fields.settings['host'] = bracketed ?? plain ?? value;
  fields.settings['port'] = Number(port ?? 2775);
}

function putSecrets(fields: CarrierFields, value: string): void {
  for (const line of value.split('\n').filter((one) => one !== '')) {
    const at = line.indexOf('=');
    if (at < 1) throw new CommandFailure(`--secret: "${line}" is not NAME=VALUE`);
    fields.secrets[line.slice(0, at)] = line.slice(at + 1) === '' ? null : line.slice(at + 1);
  }
}

function readText(option: string): (file: string) => string {
  return (file) => {
    try {
      return readFileSync(file, 'utf8');
    } catch (error) {
      throw new CommandFailure(`${option}: ${file} cannot be read: ${(error as Error).message}`);
    }
  };
}

function readJson(file: string): unknown {
  const text = readText('--http-template')(file);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CommandFailure(`--http-template: ${file} is not JSON: ${(error as Error).message}`);
  }
}
