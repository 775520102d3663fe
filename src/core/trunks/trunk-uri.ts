import { isIP } from 'node:net';
import { CoreError } from '#core/errors.js';

export interface TrunkAddress {
  /** A name, an IPv4 address, or an IPv6 address without brackets. */
  host: string;
  /** Undefined: found by the name's SRV records, else 5060 (RFC 3263). */
  port: number | undefined;
  transport: 'udp' | 'tcp';
}

const SHAPE = /^sip:(?<host>\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::(?<port>[0-9]{1,5}))?(?:;transport=(?<transport>[a-z]+))?$/;
const HOST_NAME = /^(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*\.?$/;

/** Reads `sip:host[:port][;transport=udp|tcp]`; throws `trunk.bad_input` with a sentence about what is wrong. */
export function parseTrunkUri(uri: string): TrunkAddress {
  const lower = uri.trim().toLowerCase();
  if (lower.startsWith('sips:'))
    throw badUri('A trunk over TLS (sips:) is not possible yet: use sip: with udp or tcp.');
  if (lower.includes('@')) throw badUri('The URI names the carrier’s host only; the user name goes into --username.');
  const match = SHAPE.exec(lower);
  const host = match?.groups?.['host']?.replace(/^\[|\]$/g, '');
  if (
    host === undefined ||
    !(isIP(host) !== 0 || HOST_NAME.test(host)) ||
    /^[0-9.]+$/.test(host) !== (isIP(host) === 4)
  ) {
    throw badUri('A trunk’s URI is sip:host[:port][;transport=udp|tcp], like sip:sip.example.com:5060;transport=tcp.');
  }
  const port = match?.groups?.['port'] === undefined ? undefined : Number(match.groups['port']);
  if (port !== undefined && (port < 1 || port > 65_535)) throw badUri('The port of a trunk is 1 to 65535.');
  const transport = match?.groups?.['transport'] ?? 'udp';
  if (transport !== 'udp' && transport !== 'tcp') throw badUri('The transport of a trunk is udp or tcp.');
  return { host, port, transport };
}

/** The one form in which a trunk's URI is stored. */
export function formatTrunkUri({ host, port, transport }: TrunkAddress): string {
  const written = isIP(host) === 6 ? `[${host}]` : host;
  return `sip:${written}${port === undefined ? '' : `:${port}`}${transport === 'tcp' ? ';transport=tcp' : ''}`;
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
