import dns, { lookup } from 'node:dns';
import { lookup as lookupAsync } from 'node:dns/promises';
import { expect, test } from 'vitest';

/** With a callback, as sockets look names up. */
function called(find: typeof lookup, name: string): Promise<string> {
  return new Promise((resolve, reject) => {
    find(name, { family: 4 }, (error, address) => (error === null ? resolve(address) : reject(error)));
  });
}

test('names outside are not there, and this machine is', async () => {
  const ways = [
    (name: string) => called(lookup, name),
    (name: string) => called(dns.lookup, name),
    async (name: string) => (await lookupAsync(name, { family: 4 })).address,
  ];
  for (const find of ways) {
    await expect(find('example.com')).rejects.toMatchObject({ code: 'ENOTFOUND' });
    expect(await find('localhost')).toBe('127.0.0.1');
    expect(await find('127.0.0.1')).toBe('127.0.0.1');
  }
});
