import { Option } from 'commander';
import type { CommandLine, Invocation, Options } from '#cli/command-line.js';

interface User {
  id: string;
  name: string;
  email: string | null;
  role: string;
  phones: string[];
}

export const modeOption = (): Option =>
  new Option('--mode <mode>', 'the real network or the sandbox').choices(['live', 'test']).default('live');
const roleOption = (): Option => new Option('--role <role>', 'default: member').choices(['owner', 'admin', 'member']);
const PHONES = 'names of phones, separated by commas';

/** `a, b` -> `['a', 'b']`; an empty text is an empty list. */
export function listed(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** Whose people a command is about. */
export function queryOf(invocation: Invocation, { mode }: Options) {
  return { account: invocation.account, mode };
}

function userChanges({ name, email, role, phones, extension }: Options): object {
  return {
    ...(extension === undefined ? {} : { extension: extension === '' ? null : extension }),
    ...(name === undefined ? {} : { name }),
    ...(email === undefined ? {} : { email: email === '' ? null : email }),
    ...(role === undefined ? {} : { role }),
    ...(phones === undefined ? {} : { phones: listed(phones) }),
  };
}

const userLine = (user: User): string =>
  `${user.name}${user.email === null ? '' : ` <${user.email}>`}, ${user.role}, ` +
  (user.phones.length === 0 ? 'without a phone' : `on ${user.phones.join(', ')}`);

export function addUserCommands(line: CommandLine): void {
  const users = line.group('users', 'the people of an account');

  line
    .add(users, 'add <name>', 'add a user', async (invocation, [name], options) => {
      const user = await invocation.server.call<User>({
        method: 'POST',
        path: '/users',
        query: queryOf(invocation, options),
        body: { ...userChanges(options), name },
      });
      invocation.result(user, () => `added ${user.id}: ${userLine(user)}`);
    })
    .addOption(modeOption())
    .addOption(roleOption())
    .option('--email <address>', 'of one user in the account')
    .option('--phones <names>', PHONES)
    .option('--extension <digits>', 'an extension to make with the user');

  line
    .add(users, 'list', 'list the users', async (invocation, _, options) => {
      const { users: rows } = await invocation.server.call<{ users: User[] }>({
        method: 'GET',
        path: '/users',
        query: queryOf(invocation, options),
      });
      invocation.table(
        rows,
        {
          NAME: (row) => row.name,
          'E-MAIL': (row) => row.email,
          ROLE: (row) => row.role,
          PHONES: (row) => row.phones.join(', '),
          ID: (row) => row.id,
        },
        'no users: add one with "sidetone users add NAME --phones 101"',
      );
    })
    .addOption(modeOption());

  line
    .add(users, 'show <user>', 'one user, by id, e-mail address or name', async (invocation, [user = ''], options) => {
      const found = await invocation.server.call<User>({
        method: 'GET',
        path: `/users/${encodeURIComponent(user)}`,
        query: queryOf(invocation, options),
      });
      invocation.result(found, () => `${found.id}: ${userLine(found)}`);
    })
    .addOption(modeOption());

  line
    .add(users, 'update <user>', 'change what is given', async (invocation, [user = ''], options) => {
      const changed = await invocation.server.call<User>({
        method: 'PUT',
        path: `/users/${encodeURIComponent(user)}`,
        query: queryOf(invocation, options),
        body: userChanges(options),
      });
      invocation.result(changed, () => `changed ${changed.id}: ${userLine(changed)}`);
    })
    .addOption(modeOption())
    .addOption(roleOption())
    .option('--name <name>', 'a new name')
    .option('--email <address>', '"" takes it away')
    .option('--phones <names>', `${PHONES}, in place of those before; "" for none`)
    .option('--extension <digits>', 'what is dialled for the user; "" takes it away');

  line
    .add(
      users,
      'remove <user>',
      'remove a user, also out of groups; their keys end',
      async (invocation, [user = ''], options) => {
        const removed = await invocation.server.call<{ id: string; name: string }>({
          method: 'DELETE',
          path: `/users/${encodeURIComponent(user)}`,
          query: { ...queryOf(invocation, options), replacement: options['replacement'] },
        });
        invocation.result({ ...removed, removed: true }, () => `removed ${removed.name}`);
      },
    )
    .addOption(modeOption())
    .option('--replacement <user>', 'who takes their place: their extension and mailbox, and where calls lead');
}
