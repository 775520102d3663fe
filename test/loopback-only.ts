/**
 * Runs before each test file: names other than localhost are not there. So no test waits for somebody's name server, and
 * what a test does is the same with and without a network.
 */
import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';
import { isIP } from 'node:net';

type Lookup = (name: string, options: object, done: (error: NodeJS.ErrnoException | null) => void) => void;

const LOCAL = /^(localhost|.*\.localhost)\.?$/i;

function notFound(name: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), {
    code: 'ENOTFOUND',
    syscall: 'getaddrinfo',
    hostname: name,
  });
}

function isLocal(name: string | null | undefined): boolean {
  return name === null || name === undefined || name === '' || isIP(name) !== 0 || LOCAL.test(name);
}

const { lookup } = dns;
dns.lookup = Object.assign((name: string, ...rest: unknown[]): void => {
  if (isLocal(name)) return void (lookup as (...args: unknown[]) => void)(name, ...rest);
  const done = rest.at(-1) as Parameters<Lookup>[2];
  process.nextTick(() => done(notFound(name)));
}, lookup);

const { lookup: lookupAsync } = dns.promises;
dns.promises.lookup = (async (name: string, ...rest: unknown[]): Promise<unknown> => {
  if (!isLocal(name)) throw notFound(name);
  return (lookupAsync as (...args: unknown[]) => Promise<unknown>)(name, ...rest);
}) as typeof dns.promises.lookup;

syncBuiltinESMExports();
