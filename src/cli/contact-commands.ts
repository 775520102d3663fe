import { Option } from 'commander';
import { basename } from 'node:path';
import type { CommandLine, Invocation, Options } from '#cli/command-line.js';
import { followImport, printText, type ImportJob } from '#cli/import-commands.js';
import { listed, modeOption, queryOf } from '#cli/user-commands.js';

interface Contact {
  id: string;
  phone: string;
  name: string | null;
  tags: string[];
  opted_out: { voice: boolean; sms: boolean };
  updated_at: string;
}

export function addContactCommands(line: CommandLine): void {
  const contacts = line.group('contacts', 'people outside, by their numbers');

  line
    .add(contacts, 'list', 'list contacts, the oldest first', async (invocation, _, options) => {
      const { search, tag, list, limit } = options;
      const { contacts: rows } = await invocation.server.call<{ contacts: Contact[] }>({
        method: 'GET',
        path: '/contacts',
        query: { ...queryOf(invocation, options), search, tag, list, limit },
      });
      invocation.table(
        rows,
        {
          ID: (row) => row.id,
          PHONE: (row) => row.phone,
          NAME: (row) => row.name,
          TAGS: (row) => row.tags.join(', '),
          'OPTED OUT': (row) =>
            Object.entries(row.opted_out)
              .flatMap(([channel, is]) => (is ? channel : []))
              .join(', '),
          CHANGED: (row) => row.updated_at,
        },
        'no contacts',
      );
    })
    .addOption(modeOption())
    .option('--search <text>', 'part of a name, a company, an e-mail address or a number')
    .option('--tag <tag>', 'only those with this tag')
    .option('--list <id>', 'only members of this list')
    .option('--limit <count>', 'how many at most; default: 50');

  line
    .add(contacts, 'import <file>', 'read contacts from a CSV file', (invocation, [file = ''], options) =>
      importFile(invocation, file, options),
    )
    .addOption(modeOption())
    .option('--list <id>', 'they become members of this list')
    .option('--tags <tags>', 'for each of them, separated by commas')
    .addOption(
      new Option('--unknown <what>', 'what columns of your own become; default: field').choices([
        'field',
        'ignore',
        'refuse',
      ]),
    )
    .option('--only-new', 'leave contacts that are known already as they are');

  line
    .add(contacts, 'export', 'print all contacts as CSV', async (invocation, _, options) => {
      const { tag, list } = options;
      await printText(invocation, '/contacts/export', { ...queryOf(invocation, options), tag, list });
    })
    .addOption(modeOption())
    .option('--tag <tag>', 'only those with this tag')
    .option('--list <id>', 'only members of this list');

  line
    .add(
      contacts,
      'erase <who>',
      'erase a person everywhere, by contact or number',
      async (invocation, [who = ''], { mode }) => {
        const erased = await invocation.server.call<Record<string, number>>({
          method: 'POST',
          path: '/contacts/erase',
          query: { account: invocation.account },
          body: { mode, who },
        });
        invocation.result(
          erased,
          () =>
            `erased: ${Object.entries(erased)
              .map(([what, count]) => `${what.replace('_', '-')} ${count}`)
              .join(', ')}`,
        );
      },
    )
    .addOption(modeOption());
}

/** Hands the file in, and follows its reading to the end. Exit code 1 where it failed. */
async function importFile(invocation: Invocation, file: string, options: Options): Promise<number> {
  const query = queryOf(invocation, options);
  const { server } = invocation;
  const upload = await server.call<{ id: string }>({
    method: 'POST',
    path: '/uploads',
    query: { ...query, name: basename(file) },
    file,
  });
  const { list, tags, unknown } = options;
  const job = await server.call<ImportJob>({
    method: 'POST',
    path: '/contacts/import',
    query,
    body: {
      upload: upload.id,
      ...(list === undefined ? {} : { list }),
      ...(tags === undefined ? {} : { tags: listed(tags) }),
      ...(unknown === undefined ? {} : { unknown }),
      ...(options['onlyNew'] === 'yes' ? { update: false } : {}),
    },
  });
  return followImport(invocation, query, job);
}
