import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { Options } from '#cli/command-line.js';
import { CommandFailure } from '#cli/terminal.js';

type Convert = (text: string) => unknown;

const asText: Convert = (text) => text;
/** What is no number stays as it is, for the server to refuse: JSON has no word for it but null, which takes a choice back. */
const asNumber: Convert = (text) => (Number.isFinite(Number(text)) ? Number(text) : text);
const asList: Convert = (text) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
const asSwitch: Convert = (text) => text === 'yes';

const DEFAULT_REGISTER_SECONDS = 600;

/** Each option: how it is written, its field of the request, how its text becomes the value, and what it is. */
const OPTIONS: [flags: string, key: string, field: string, convert: Convert, description: string][] = [
  ['--username <name>', 'username', 'username', asText, 'for digest authentication and registration'],
  ['--password <password>', 'password', 'password', asText, 'for digest authentication'],
  ['--register [seconds]', 'register', 'register_seconds', asRegister, 'register there; default: for 600 seconds'],
  ['--no-register', 'register', 'register_seconds', asRegister, 'do not register'],
  ['--prefix <list>', 'prefix', 'prefixes', asList, 'only numbers that begin so, like +44,+49; default: all'],
  ['--priority <number>', 'priority', 'priority', asNumber, 'the lower one is tried first; default: 100'],
  ['--channels <count>', 'channels', 'channels', asNumber, 'calls at once; default: 10'],
  ['--cps <rate>', 'cps', 'calls_per_second', asNumber, 'new calls a second; default: 1'],
  ['--health <seconds>', 'health', 'health_seconds', asNumber, 'between two OPTIONS, 0: none; default: 60'],
  [
    '--campaign-reserve <percent>',
    'campaignReserve',
    'campaign_reserve',
    asNumber,
    'of its channels that campaigns leave free; default: 20',
  ],
  ['--called-form <form>', 'calledForm', 'called_form', asText, 'e164, bare, national or international'],
  ['--caller-form <form>', 'callerForm', 'caller_form', asText, 'the same for the caller; default: as the called'],
  ['--country-code <digits>', 'countryCode', 'country_code', asText, 'of national numbers, like 44'],
  ['--national-prefix <digits>', 'nationalPrefix', 'national_prefix', asText, 'before national numbers, like 0'],
  ['--international-prefix <digits>', 'internationalPrefix', 'international_prefix', asText, 'like 00 or 011'],
  ['--tech-prefix <digits>', 'techPrefix', 'tech_prefix', asText, 'before every called number'],
  ['--called-from <where>', 'calledFrom', 'called_from', asText, 'request-uri, to or p-called-party-id'],
  [
    '--caller-id-header <header>',
    'callerIdHeader',
    'caller_id_header',
    asText,
    'from, p-asserted-identity, p-preferred-identity or remote-party-id',
  ],
  ['--from-host <host>', 'fromHost', 'from_host', asText, 'the host of From; default: our address'],
  ['--from-user <what>', 'fromUser', 'from_user', asText, 'number or username'],
  ['--diversion', 'diversion', 'diversion', asSwitch, 'send Diversion with forwarded calls (default)'],
  ['--no-diversion', 'diversion', 'diversion', asSwitch, 'send no Diversion'],
  ['--keep-caller', 'keepCaller', 'keep_caller', asSwitch, 'show the caller of forwarded calls (default)'],
  ['--no-keep-caller', 'keepCaller', 'keep_caller', asSwitch, 'show our number on forwarded calls'],
  [
    '--inbound-address <list>',
    'inboundAddress',
    'inbound_addresses',
    asList,
    'where its calls come from beside its URI, like 192.0.2.0/24',
  ],
  ['--tls-verify', 'tlsVerify', 'tls_verify', asSwitch, 'check its certificate (default)'],
  ['--no-tls-verify', 'tlsVerify', 'tls_verify', asSwitch, 'believe any certificate'],
  ['--tls-ca <file>', 'tlsCa', 'tls_ca', readPem, 'who signed its certificate, in PEM'],
];

/** The options that `trunks add` and `trunks update` share. */
export function addTrunkOptions(command: Command): void {
  for (const [flags, , , , description] of OPTIONS) command.option(flags, description);
}

/** The fields of the request; an empty text takes a choice back. */
export function trunkFields(options: Options): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const [, key, field, convert] of OPTIONS) {
    const text = options[key];
    if (text !== undefined) fields[field] = text === '' ? null : convert(text);
  }
  return fields;
}

/** `yes` and `no` are the bare switches. */
function asRegister(text: string): unknown {
  if (text === 'no') return null;
  return text === 'yes' ? DEFAULT_REGISTER_SECONDS : asNumber(text);
}

function readPem(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new CommandFailure(`--tls-ca: ${file} cannot be read: ${(error as Error).message}`);
  }
}
