/** Where a trunk's calls may come from beside its own addresses: literal addresses and networks, IPv4 and IPv6. */
import { BlockList, isIP } from 'node:net';

export class TrunkAddresses {
  readonly #networks = new BlockList();

  /** What is neither an address nor a network admits nobody; it has been refused where it was entered. */
  constructor(entries: readonly string[] = []) {
    for (const entry of entries) {
      const [address = '', prefixText] = entry.split('/');
      const version = isIP(address);
      const longest = version === 6 ? 128 : 32;
      const prefix = prefixText === undefined ? longest : Number(prefixText);
      if (version === 0 || !Number.isInteger(prefix) || prefix < 0 || prefix > longest) continue;
      this.#networks.addSubnet(address, prefix, version === 6 ? 'ipv6' : 'ipv4');
    }
  }

  has(address: string): boolean {
    return this.#networks.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
  }
}
