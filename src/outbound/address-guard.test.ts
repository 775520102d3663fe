import { describe, expect, test } from 'vitest';
import { AddressGuard, AddressRefused } from '#outbound/address-guard.js';

const strict = new AddressGuard({ allowLoopback: false, allow: { hosts: [], networks: [] } });
const local = new AddressGuard({ allowLoopback: true, allow: { hosts: [], networks: [] } });
const excepting = new AddressGuard({
  allowLoopback: false,
  allow: {
    hosts: ['localhost'],
    networks: [
      { address: '10.1.0.0', prefix: 16, family: 'ipv4' },
      { address: 'fd00::1', prefix: 128, family: 'ipv6' },
    ],
  },
});

/** As it stands in a URL, which writes addresses in one form. */
function permits(guard: AddressGuard, url: string): boolean {
  try {
    guard.checkHost(new URL(url).hostname);
    return true;
  } catch (error) {
    if (error instanceof AddressRefused) return false;
    throw error;
  }
}

function resolve(guard: AddressGuard, host: string, all: boolean): Promise<unknown> {
  return new Promise((done, fail) => {
    guard.lookup(host, { all }, (error, address) => (error === null ? done(address) : fail(error)));
  });
}

describe('the guard refuses the literal address', () => {
  test.each([
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '127.0.0.1',
    '127.1',
    '2130706433',
    '0x7f.1',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.0.0.1',
    '192.0.2.1',
    '192.88.99.1',
    '192.168.1.1',
    '198.18.0.1',
    '203.0.113.5',
    '224.0.0.1',
    '255.255.255.255',
    '[::]',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[::ffff:10.0.0.1]',
    '[64:ff9b::10.0.0.1]',
    '[64:ff9b:1::1]',
    '[2001::1]',
    '[2001:db8::1]',
    '[2002:7f00:1::]',
    '[fc00::1]',
    '[fd12:3456::1]',
    '[fe80::1]',
    '[fec0::1]',
    '[ff02::1]',
  ])('%s', (host) => {
    expect(permits(strict, `https://${host}/`)).toBe(false);
  });
});

describe('the guard permits', () => {
  test.each(['8.8.8.8', '172.32.0.1', '192.0.3.1', '[2606:4700::1111]', '[::ffff:8.8.8.8]', '[64:ff9b::8.8.8.8]'])(
    '%s',
    (host) => {
      expect(permits(strict, `https://${host}/`)).toBe(true);
    },
  );

  test('loopback, and nothing else that is private, while the server listens there', () => {
    for (const host of ['127.0.0.1', '127.9.9.9', '[::1]', '[::ffff:127.0.0.1]']) {
      expect([host, permits(local, `http://${host}/`)]).toEqual([host, true]);
    }
    for (const host of ['10.0.0.1', '169.254.169.254', '[fe80::1]']) {
      expect([host, permits(local, `http://${host}/`)]).toEqual([host, false]);
    }
  });

  test('the exceptions of the operator and nothing beside them', () => {
    const answers = ['10.1.255.1', '10.2.0.1', '[::ffff:10.1.0.1]', '[fd00::1]', '[fd00::2]', '127.0.0.1'].map((host) =>
      permits(excepting, `http://${host}/`),
    );
    expect(answers).toEqual([true, false, true, true, false, false]);
  });

  test('names, until they are resolved', () => {
    expect(permits(strict, 'https://localhost/')).toBe(true);
  });
});

describe('a name that resolves to a private address', () => {
  test.each([true, false])('is refused (all: %s), and says what it resolved to', async (all) => {
    const refusal = resolve(strict, 'localhost', all);
    await expect(refusal).rejects.toThrow(AddressRefused);
    await expect(refusal).rejects.toThrow(/localhost \((127\.0\.0\.1|::1)\) .* SIDETONE_WEBHOOK_ALLOW/);
  });

  test('is resolved when loopback is allowed, or the name is', async () => {
    for (const guard of [local, excepting]) {
      expect(await resolve(guard, 'LOCALHOST', false)).toMatch(/^(127\.0\.0\.1|::1)$/);
      expect(await resolve(guard, 'localhost', true)).toEqual(
        expect.arrayContaining([{ address: expect.any(String) as string, family: expect.any(Number) as number }]),
      );
    }
  });

  test('that does not exist says so', async () => {
    await expect(resolve(strict, 'nobody.invalid', true)).rejects.toThrow(/nobody\.invalid/);
  });
});
