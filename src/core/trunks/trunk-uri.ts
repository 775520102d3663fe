import { isIP } from 'node:net';
import { CoreError } from '#core/errors.js';

export interface TrunkAddress {
  /** `sips`: TLS to the carrier and, it promises, beyond it (RFC 5630). */
  scheme: 'sip' | 'sips';
  /** A name, an IPv4 address, or an IPv6 address without brackets. */
  host: string;
  /** Undefined: found by the name's SRV records, else 5060, with TLS 5061 (RFC 3263). */
  port: number | undefined;
  transport: 'udp' | 'tcp' | 'tls';
}

const SHAPE =
  /^(?<scheme>sips?):(?<host>\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::(?<port>[0-9]{1,5}))?(?:;transport=(?<transport>[a-z]+))?$/;
const HOST_NAME = /^(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*\.?$/;

/** Reads `sip:host[:port][;transport=udp|tcp|tls]` or `sips:host[:port]`; throws `trunk.bad_input` with a sentence. */
export function parseTrunkUri(uri: string): TrunkAddress {
  const lower = uri.trim().toLowerCase();
  if (lower.includes('@')) throw badUri('The URI names the carrier’s host only; the user name goes into --username.');
  const match = SHAPE.exec(lower);
  const host = match?.groups?.['host']?.replace(/^\[|\]$/g, '');
  if (match?.groups === undefined || host === undefined || !isHost(host)) {
    throw badUri(
      'A trunk’s URI is sip:host[:port][;transport=udp|tcp|tls] or sips:host[:port], like sip:sip.example.com:5060;transport=tcp.',
    );
  }
  const port = match.groups['port'] === undefined ? undefined : Number(match.groups['port']);
  if (port !== undefined && (port < 1 || port > 65_535)) throw badUri('The port of a trunk is 1 to 65535.');
  const scheme = match.groups['scheme'] === 'sips' ? 'sips' : 'sip';
  const transport = match.groups['transport'] ?? (scheme === 'sips' ? 'tls' : 'udp');
  if (transport !== 'udp' && transport !== 'tcp' && transport !== 'tls') {
    throw badUri('The transport of a trunk is udp, tcp or tls.');
  }
  if (scheme === 'sips' && transport !== 'tls') throw badUri('sips: goes over TLS only: leave the transport out.');
  return { scheme, host, port, transport };
}

/** The one form in which a trunk's URI is stored. */
export function formatTrunkUri({ scheme, host, port, transport }: TrunkAddress): string {
  const written = isIP(host) === 6 ? `[${host}]` : host;
  const over = scheme === 'sips' || transport === 'udp' ? '' : `;transport=${transport}`;
  return `${scheme}:${written}${port === undefined ? '' : `:${port}`}${over}`;
}

/** A name or an address, in lower case; four numbers are an address or nothing. */
export function isHost(host: string): boolean {
  if (isIP(host) !== 0) return true;
  return HOST_NAME.test(host) && !/^[0-9.]+$/.test(host);
}

/** Whether a host is this machine by its very name, so that a socket bound to loopback can reach it. */
export function isLoopbackHost(host: string): boolean {
  return (
    /^127\.[0-9.]+$/.test(host) ||
    host === '::1' ||
    host === 'localhost' ||
    host === 'localhost.' ||
    host.endsWith('.localhost')
  );
}

function badUri(message: string): CoreError {
  return new CoreError('trunk.bad_input', message, { field: 'uri' });
}
