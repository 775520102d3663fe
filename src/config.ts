/** Environment -> settings. Every default is written here, once. Pure: reads no file and opens nothing. */
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { resolve } from 'node:path';

export interface Config {
  http: HttpConfig;
  sip: { host: string; port: number; tls: { port: number; certFile: string; keyFile: string } | undefined };
  rtpPorts: PortRange;
  /** The address that the far side of a NAT sees; an IP literal. */
  publicAddress: string | undefined;
  /** As configured, without a trailing slash; `publicUrl()` adds the default. */
  publicUrl: string | undefined;
  /** Undefined: kept in a file in the data folder. */
  secretKey: string | undefined;
  /** Exceptions to the guard on webhook addresses. */
  webhookAllow: AllowList;
  /** Absolute. */
  dataFolder: string;
  /** Undefined: the embedded PostgreSQL. */
  databaseUrl: string | undefined;
  drainSeconds: number;
  speech: SpeechConfig;
  /** Undefined: nothing is sent by e-mail. */
  mail: MailConfig | undefined;
  logLevel: LogLevel;
  /** Only this machine can reach the API: webhooks may then be http and go to loopback. */
  loopbackOnly: boolean;
}

export interface HttpConfig {
  host: string;
  /** 0: any free port. */
  port: number;
  tls: { certFile: string; keyFile: string } | undefined;
  /** Addresses and networks whose `X-Forwarded-*` headers are believed. */
  trustedProxies: string[];
}

export interface SpeechConfig {
  /** Undefined: switched off. `required`: named by the operator, so that it must be there. */
  espeak: { program: string; required: boolean } | undefined;
  openaiVoices: (ProviderConfig & { voices: VoiceConfig[] }) | undefined;
  sherpaVoice: { program: string; folder: string; id: string } | undefined;
  /** Undefined: nothing here hears. */
  hearing: HearingConfig | undefined;
}

/** An HTTP service. */
export interface ProviderConfig {
  /** Without a trailing slash. */
  url: string;
  /** A server of one's own may need none. */
  key: string | undefined;
  model: string;
}

/** The id of the catalogue, and the provider's own name. */
export interface VoiceConfig {
  id: string;
  native: string;
}

export type HearingConfig =
  | ({ by: 'openai' } & ProviderConfig)
  | ({ by: 'deepgram' } & ProviderConfig)
  | { by: 'sherpa'; program: string; folder: string };

/** `from`: an address, or `Name <address>`. */
export type MailConfig =
  | {
      by: 'smtp';
      host: string;
      port: number;
      /** TLS from the first byte. */
      implicitTls: boolean;
      verify: boolean;
      username: string | undefined;
      password: string | undefined;
      from: string;
    }
  /** As files. */
  | { by: 'captured'; folder: string; from: string };

/** Inclusive. `{ first: 0, last: 0 }`: any free ports. */
export interface PortRange {
  first: number;
  last: number;
}

export interface AllowList {
  /** Host names, lower case. */
  hosts: string[];
  networks: Network[];
}

export interface Network {
  address: string;
  prefix: number;
  family: 'ipv4' | 'ipv6';
}

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Of one line that names the variable. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** An empty variable counts as unset. @throws ConfigError */
export function readConfig(env: Environment): Config {
  const read = (name: string): string | undefined => env[name]?.trim() || undefined;

  const http: HttpConfig = {
    host: readHost('SIDETONE_HOST', read('SIDETONE_HOST') ?? '127.0.0.1'),
    port: readInteger('SIDETONE_PORT', read('SIDETONE_PORT') ?? '8080', 0, 65_535),
    tls: readTls('SIDETONE_TLS_CERT', 'SIDETONE_TLS_KEY', read),
    trustedProxies: readList(read('SIDETONE_TRUSTED_PROXIES')).map((entry) => {
      if (parseNetwork(entry) === undefined) {
        throw new ConfigError(`SIDETONE_TRUSTED_PROXIES: "${entry}" is not an address or a network such as 10.0.0.0/8`);
      }
      return entry;
    }),
  };
  if (!isLoopbackHost(http.host) && http.tls === undefined && http.trustedProxies.length === 0) {
    throw new ConfigError(
      `SIDETONE_HOST: ${http.host} can be reached from other machines, and API keys must not travel in the clear; ` +
        'set SIDETONE_TLS_CERT and SIDETONE_TLS_KEY, or SIDETONE_TRUSTED_PROXIES to the proxy that ends TLS',
    );
  }

  const sipTls = readTls('SIDETONE_SIP_TLS_CERT', 'SIDETONE_SIP_TLS_KEY', read) ?? http.tls;
  const sipTlsPort = readInteger('SIDETONE_SIP_TLS_PORT', read('SIDETONE_SIP_TLS_PORT') ?? '5061', 0, 65_535);

  return {
    http,
    sip: {
      host: readHost('SIDETONE_SIP_HOST', read('SIDETONE_SIP_HOST') ?? '127.0.0.1'),
      port: readInteger('SIDETONE_SIP_PORT', read('SIDETONE_SIP_PORT') ?? '5060', 0, 65_535),
      tls: sipTls && { ...sipTls, port: sipTlsPort },
    },
    rtpPorts: readRtpPorts(read('SIDETONE_RTP_PORTS') ?? '20000-29999'),
    publicAddress: readPublicAddress(read('SIDETONE_PUBLIC_ADDRESS')),
    publicUrl: readPublicUrl(read('SIDETONE_PUBLIC_URL')),
    secretKey: readSecretKey(read('SIDETONE_SECRET_KEY')),
    webhookAllow: readAllowList(readList(read('SIDETONE_WEBHOOK_ALLOW'))),
    dataFolder: resolve(read('SIDETONE_DATA') ?? 'data'),
    databaseUrl: readDatabaseUrl(read('DATABASE_URL')),
    drainSeconds: readInteger('SIDETONE_DRAIN_SECONDS', read('SIDETONE_DRAIN_SECONDS') ?? '30', 0, 3600),
    speech: readSpeech(read),
    mail: readMail(read),
    logLevel: readLogLevel(read('SIDETONE_LOG_LEVEL') ?? 'info'),
    // A proxy in front means that others reach us although we listen on loopback.
    loopbackOnly: isLoopbackHost(http.host) && http.trustedProxies.length === 0,
  };
}

/** The address for links that leave the machine, without a trailing slash. `port`: the one that was really bound. */
export function publicUrl(config: Pick<Config, 'publicUrl' | 'publicAddress' | 'http'>, port: number): string {
  if (config.publicUrl !== undefined) return config.publicUrl;
  const { host, tls } = config.http;
  const everywhere = host === '0.0.0.0' || host === '::';
  const name = everywhere ? (config.publicAddress ?? hostname()) : host;
  return `${tls === undefined ? 'http' : 'https'}://${isIP(name) === 6 ? `[${name}]` : name}:${port}`;
}

export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/** An address (one host) or CIDR notation. */
export function parseNetwork(text: string): Network | undefined {
  const [address = '', prefixText, ...rest] = text.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return undefined;
  const longest = version === 4 ? 32 : 128;
  if (prefixText !== undefined && !/^\d{1,3}$/.test(prefixText)) return undefined;
  const prefix = prefixText === undefined ? longest : Number(prefixText);
  return prefix > longest ? undefined : { address, prefix, family: version === 4 ? 'ipv4' : 'ipv6' };
}

const HOST_NAME = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_][a-z0-9_-]{0,62})*$/i;

function readHost(name: string, text: string): string {
  const host = text.replace(/^\[(.*)\]$/, '$1');
  if (isIP(host) !== 0 || HOST_NAME.test(host)) return host;
  throw new ConfigError(`${name}: "${text}" is not an address or a host name`);
}

function readInteger(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (/^\d{1,6}$/.test(text) && value >= least && value <= most) return value;
  throw new ConfigError(`${name}: "${text}" is not a whole number from ${least} to ${most}`);
}

function readList(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}

/** `smtp://user:password@host:587`, over TLS where the server offers it, or `smtps://` (RFC 8314). */
function readMail(read: (name: string) => string | undefined): MailConfig | undefined {
  const [text, folder, from] = [read('SIDETONE_SMTP_URL'), read('SIDETONE_MAIL_FOLDER'), read('SIDETONE_MAIL_FROM')];
  if (text === undefined && folder === undefined) return undefined;
  if (text !== undefined && folder !== undefined) {
    throw new ConfigError('SIDETONE_MAIL_FOLDER: letters are sent by SIDETONE_SMTP_URL or kept as files, not both');
  }
  if (from === undefined) {
    throw new ConfigError('SIDETONE_MAIL_FROM: must be set: the address that letters come from');
  }
  if (!/^([^<>]*<[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$/.test(from)) {
    throw new ConfigError(`SIDETONE_MAIL_FROM: "${from}" is not an address such as Office <office@example.com>`);
  }
  if (folder !== undefined) return { by: 'captured', folder: resolve(folder), from };
  return { by: 'smtp', ...readSmtpUrl(text ?? ''), from };
}

function readSmtpUrl(text: string) {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const verify = url?.searchParams.get('verify') ?? 'yes';
  const implicitTls = url?.protocol === 'smtps:';
  if (url === undefined || (url.protocol !== 'smtp:' && !implicitTls) || url.hostname === '') {
    // The text may hold a password.
    throw new ConfigError('SIDETONE_SMTP_URL: must be like smtp://user:password@mail.example.com:587 or smtps://…');
  }
  if (!['yes', 'no'].includes(verify) || [...url.searchParams.keys()].some((key) => key !== 'verify')) {
    throw new ConfigError('SIDETONE_SMTP_URL: the only option is verify=yes or verify=no, for the certificate');
  }
  const port = url.port === '' ? (implicitTls ? 465 : 587) : Number(url.port);
  return {
    host: readHost('SIDETONE_SMTP_URL', url.hostname),
    port,
    implicitTls,
    verify: verify === 'yes',
    username: url.username === '' ? undefined : decodeURIComponent(url.username),
    password: url.password === '' ? undefined : decodeURIComponent(url.password),
  };
}

function readTls(certName: string, keyName: string, read: (name: string) => string | undefined): HttpConfig['tls'] {
  const [certFile, keyFile] = [read(certName), read(keyName)];
  if (certFile !== undefined && keyFile !== undefined) {
    return { certFile: resolve(certFile), keyFile: resolve(keyFile) };
  }
  if (certFile !== undefined) throw new ConfigError(`${keyName}: must be set together with ${certName}`);
  if (keyFile !== undefined) throw new ConfigError(`${certName}: must be set together with ${keyName}`);
  return undefined;
}

function readRtpPorts(text: string): PortRange {
  if (text === '0') return { first: 0, last: 0 };
  const [, first, last] = (/^(\d{1,5})-(\d{1,5})$/.exec(text) ?? []).map(Number);
  // A leg takes two neighbouring ports, RTP on the even one (RFC 3550 section 11).
  if (first !== undefined && last !== undefined && first >= 1024 && last <= 65_535 && last > first) {
    return { first, last };
  }
  throw new ConfigError(`SIDETONE_RTP_PORTS: "${text}" is not a range such as 20000-29999 within 1024-65535, or 0`);
}

function readPublicAddress(text: string | undefined): string | undefined {
  if (text === undefined || isIP(text) !== 0) return text;
  throw new ConfigError(`SIDETONE_PUBLIC_ADDRESS: "${text}" is not an IP address`);
}

function readPublicUrl(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const url = plainUrl(text);
  if (url !== undefined) return url;
  throw new ConfigError(`SIDETONE_PUBLIC_URL: "${text}" is not an address such as https://phone.example.com`);
}

/** Of http or https, without query, fragment, name and password; comes back without a slash at its end. */
function plainUrl(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const plain = url !== undefined && url.search === '' && url.hash === '' && url.username === '' && url.password === '';
  return plain && (url.protocol === 'https:' || url.protocol === 'http:') ? url.href.replace(/\/+$/, '') : undefined;
}

const SHORTEST_SECRET_KEY = 16;

function readSecretKey(text: string | undefined): string | undefined {
  if (text === undefined || text.length >= SHORTEST_SECRET_KEY) return text;
  // The value itself is never shown.
  throw new ConfigError(
    `SIDETONE_SECRET_KEY: too short, at least ${SHORTEST_SECRET_KEY} characters (make one with: openssl rand -hex 32)`,
  );
}

function readAllowList(entries: string[]): AllowList {
  const allowed: AllowList = { hosts: [], networks: [] };
  for (const entry of entries) {
    const network = parseNetwork(entry);
    if (network !== undefined) allowed.networks.push(network);
    else if (HOST_NAME.test(entry) && !/^[\d.]+$/.test(entry)) allowed.hosts.push(entry.toLowerCase());
    else throw new ConfigError(`SIDETONE_WEBHOOK_ALLOW: "${entry}" is not a host name, an address or a network`);
  }
  return allowed;
}

function readDatabaseUrl(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  if (/^postgres(ql)?:\/\//.test(text) && URL.canParse(text)) return text;
  // It may hold a password, so it is not repeated.
  throw new ConfigError('DATABASE_URL: not an address such as postgres://user:password@host:5432/database');
}

function readLogLevel(text: string): LogLevel {
  const level = LOG_LEVELS.find((known) => known === text.toLowerCase());
  if (level !== undefined) return level;
  throw new ConfigError(`SIDETONE_LOG_LEVEL: "${text}" is not one of ${LOG_LEVELS.join(', ')}`);
}

type Read = (name: string) => string | undefined;

function readSpeech(read: Read): SpeechConfig {
  const espeak = read('SIDETONE_ESPEAK');
  const ttsUrl = needsUrl('SIDETONE_TTS_URL', ['SIDETONE_TTS_KEY', 'SIDETONE_TTS_MODEL', 'SIDETONE_TTS_VOICES'], read);
  const sherpaVoice = readSherpa('SIDETONE_SHERPA_TTS_MODEL', 'SIDETONE_SHERPA_TTS', 'sherpa-onnx-offline-tts', read);
  return {
    espeak: espeak === 'off' ? undefined : { program: espeak ?? 'espeak-ng', required: espeak !== undefined },
    openaiVoices:
      ttsUrl === undefined
        ? undefined
        : {
            url: ttsUrl,
            key: read('SIDETONE_TTS_KEY'),
            model: read('SIDETONE_TTS_MODEL') ?? 'tts-1',
            voices: readVoices(read('SIDETONE_TTS_VOICES') ?? 'en-US-Neural-F=nova,en-US-Neural-M=onyx'),
          },
    sherpaVoice: sherpaVoice && {
      ...sherpaVoice,
      id: readVoiceId('SIDETONE_SHERPA_TTS_VOICE', read('SIDETONE_SHERPA_TTS_VOICE') ?? 'en-US-Neural-F'),
    },
    hearing: readHearing(read),
  };
}

function readHearing(read: Read): HearingConfig | undefined {
  const url = needsUrl('SIDETONE_STT_URL', ['SIDETONE_STT_KEY', 'SIDETONE_STT_MODEL'], read);
  const key = read('SIDETONE_DEEPGRAM_KEY');
  const sherpa = readSherpa('SIDETONE_SHERPA_STT_MODEL', 'SIDETONE_SHERPA_STT', 'sherpa-onnx-offline', read);
  for (const name of ['SIDETONE_DEEPGRAM_URL', 'SIDETONE_DEEPGRAM_MODEL']) {
    if (key === undefined && read(name) !== undefined) {
      throw new ConfigError(`SIDETONE_DEEPGRAM_KEY: must be set together with ${name}`);
    }
  }
  const configured: HearingConfig[] = [];
  if (url !== undefined) {
    const model = read('SIDETONE_STT_MODEL') ?? 'whisper-1';
    configured.push({ by: 'openai', url, key: read('SIDETONE_STT_KEY'), model });
  }
  if (key !== undefined) {
    const base = readUrl('SIDETONE_DEEPGRAM_URL', read('SIDETONE_DEEPGRAM_URL') ?? 'https://api.deepgram.com');
    configured.push({ by: 'deepgram', url: base, key, model: read('SIDETONE_DEEPGRAM_MODEL') ?? 'nova-3' });
  }
  if (sherpa !== undefined) configured.push({ by: 'sherpa', ...sherpa });

  const wanted = read('SIDETONE_STT');
  if (wanted === undefined) {
    if (configured.length <= 1) return configured[0];
    const names = configured.map(({ by }) => by).join(', ');
    throw new ConfigError(`SIDETONE_STT: ${names} are configured; set it to the one to be used`);
  }
  const needs = HEARING_NEEDS[wanted];
  if (needs === undefined) {
    throw new ConfigError(`SIDETONE_STT: "${wanted}" is not one of ${Object.keys(HEARING_NEEDS).join(', ')}`);
  }
  const found = configured.find(({ by }) => by === wanted);
  if (found === undefined) throw new ConfigError(`${needs}: must be set when SIDETONE_STT is ${wanted}`);
  return found;
}

const HEARING_NEEDS: Readonly<Record<string, string>> = {
  openai: 'SIDETONE_STT_URL',
  deepgram: 'SIDETONE_DEEPGRAM_KEY',
  sherpa: 'SIDETONE_SHERPA_STT_MODEL',
};

/** A provider's address, which the others are of no use without. */
function needsUrl(name: string, others: string[], read: Read): string | undefined {
  const text = read(name);
  if (text !== undefined) return readUrl(name, text);
  const without = others.find((other) => read(other) !== undefined);
  if (without !== undefined) throw new ConfigError(`${name}: must be set together with ${without}`);
  return undefined;
}

function readUrl(name: string, text: string): string {
  const url = plainUrl(text);
  if (url !== undefined) return url;
  // It may hold a key, so it is not repeated.
  throw new ConfigError(`${name}: not an address such as https://api.example.com/v1, without a key or a query in it`);
}

function readSherpa(
  folderName: string,
  programName: string,
  program: string,
  read: Read,
): { program: string; folder: string } | undefined {
  const folder = read(folderName);
  if (folder !== undefined) return { program: read(programName) ?? program, folder: resolve(folder) };
  if (read(programName) === undefined) return undefined;
  throw new ConfigError(`${folderName}: must be set together with ${programName}`);
}

const VOICE_ID = /^[a-z]{2,3}(-[A-Z]{2})?-(Standard|Neural)-[A-Z]$/;

function readVoiceId(name: string, id: string): string {
  if (VOICE_ID.test(id)) return id;
  throw new ConfigError(`${name}: "${id}" is not a voice id such as en-US-Neural-F`);
}

function readVoices(text: string): VoiceConfig[] {
  const name = 'SIDETONE_TTS_VOICES';
  return readList(text).map((entry) => {
    const [id = '', native = ''] = entry.split(/=(.*)/s).map((part) => part.trim());
    if (native === '') throw new ConfigError(`${name}: "${entry}" is not a pair such as en-US-Neural-F=nova`);
    return { id: readVoiceId(name, id), native };
  });
}
