import { isIPv6 } from 'node:net';

/** An address in the one way of writing it: IPv4 within IPv6 (RFC 4291 section 2.5.5.2) as IPv4, all else in RFC 5952. */
export function plainIp(ip: string): string {
  if (!isIPv6(ip)) return ip;
  // A zone names an interface of this machine, and no part of the address.
  const written = new URL(`http://[${ip.replace(/%.*$/, '')}]`).hostname.slice(1, -1);
  const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(written) ?? [];
  if (high === undefined || low === undefined) return written;
  const [first, second] = [parseInt(high, 16), parseInt(low, 16)];
  return [first >> 8, first & 255, second >> 8, second & 255].join('.');
}

/** By which whoever asks is counted: an IPv4 address, or 64 bits of IPv6, as everybody has at least 2^64 addresses of those. */
export function networkOf(ip: string): string {
  const plain = plainIp(ip);
  if (!isIPv6(plain)) return plain;
  const [head = [], tail = []] = plain.split('::').map((half) => half.split(':').filter((group) => group !== ''));
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => '0');
  return `${[...head, ...zeros, ...tail].slice(0, 4).join(':')}::/64`;
}
