import type { CommandLine } from '#cli/command-line.js';

interface Phone {
  name: string;
  numbers: string[];
  registrations: { uri: string; transport: string; address: string; port: number; expires_at: string }[];
}

interface AddedPhone {
  name: string;
  /** Only when the server made it up. */
  password?: string;
  server: string;
  /** Of accounts other than the first: what follows the @ of its address. */
  domain: string | null;
  warnings: string[];
}

export function addPhoneCommands(line: CommandLine): void {
  const phones = line.group('phones', 'desk phones and softphones that register here');

  line
    .add(phones, 'add <name>', 'add a phone, named by its extension (101)', async (invocation, [name], options) => {
      const { password, number } = options;
      const added = await invocation.server.call<AddedPhone>({
        method: 'POST',
        path: '/phones',
        query: { account: invocation.account },
        body: {
          name,
          ...(password === undefined ? {} : { password }),
          ...(number === undefined ? {} : { number }),
        },
      });
      for (const warning of added.warnings) invocation.note(`phone ${added.name}: ${warning}`);
      invocation.result(added, () =>
        [
          `added ${added.name}: it registers as ${added.name}${added.domain === null ? '' : `@${added.domain}`} at ${added.server}`,
          ...(added.password === undefined ? [] : [`its password, shown this once: ${added.password}`]),
        ].join('\n'),
      );
    })
    .option('--password <password>', 'what it registers with; default: a strong one is made up')
    .option('--number <number>', 'a number that rings on it');

  line.add(phones, 'list', 'list the phones and where they are registered', async (invocation) => {
    const { phones: rows } = await invocation.server.call<{ phones: Phone[] }>({
      method: 'GET',
      path: '/phones',
      query: { account: invocation.account },
    });
    invocation.table(
      rows,
      {
        NAME: (row) => row.name,
        NUMBERS: (row) => row.numbers.join(', '),
        'REGISTERED AT': (row) =>
          row.registrations.map((at) => `${at.transport}:${at.address}:${at.port}`).join(', ') || 'not registered',
      },
      'no phones: add one with "sidetone phones add 101"',
    );
  });

  line.add(phones, 'remove <name>', 'remove a phone; its numbers stay', async (invocation, [name = '']) => {
    await invocation.server.call({
      method: 'DELETE',
      path: `/phones/${encodeURIComponent(name)}`,
      query: { account: invocation.account },
    });
    invocation.result({ name, removed: true }, () => `removed ${name}`);
  });
}
