import { isIPv6 } from 'node:net';

const NETWORK_GROUPS = 4;
const ALL_GROUPS = 8;

/**
 * What limits and bans count as one: an IPv4 address, or the /64 of an IPv6 address, which one customer has for its own
 * (RFC 6177).
 */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const [head = '', tail = ''] = address.split('::');
  const [before, after] = [head, tail].map((part) => part.split(':').filter((group) => group !== ''));
  const missing = ALL_GROUPS - before!.length - after!.length;
  const groups = [...before!, ...Array<string>(Math.max(0, missing)).fill('0'), ...after!];
  const network = groups.slice(0, NETWORK_GROUPS).map((group) => Number.parseInt(group, 16).toString(16));
  return `${network.join(':')}::/64`;
}
