import type { CommandLine, Options } from '#cli/command-line.js';
import { listed, modeOption, queryOf } from '#cli/user-commands.js';

interface Group {
  id: string;
  name: string;
  members: { id: string; name: string; phones: string[] }[];
}

const MEMBERS = 'users by id, e-mail address or name, separated by commas, in the order they are shown';

function groupChanges({ name, members }: Options): object {
  return {
    ...(name === undefined ? {} : { name }),
    ...(members === undefined ? {} : { members: listed(members) }),
  };
}

const groupLine = (group: Group): string =>
  `${group.name}: ${group.members.map((member) => member.name).join(', ') || 'no members'}`;

export function addGroupCommands(line: CommandLine): void {
  const groups = line.group('groups', 'users who are called together');

  line
    .add(groups, 'add <name>', 'add a group', async (invocation, [name], options) => {
      const group = await invocation.server.call<Group>({
        method: 'POST',
        path: '/groups',
        query: queryOf(invocation, options),
        body: { ...groupChanges(options), name },
      });
      invocation.result(group, () => `added ${group.id}, ${groupLine(group)}`);
    })
    .addOption(modeOption())
    .option('--members <users>', MEMBERS);

  line
    .add(groups, 'list', 'list the groups', async (invocation, _, options) => {
      const { groups: rows } = await invocation.server.call<{ groups: Group[] }>({
        method: 'GET',
        path: '/groups',
        query: queryOf(invocation, options),
      });
      invocation.table(
        rows,
        {
          NAME: (row) => row.name,
          MEMBERS: (row) => row.members.map((member) => member.name).join(', '),
          ID: (row) => row.id,
        },
        'no groups: add one with "sidetone groups add NAME --members USER,USER"',
      );
    })
    .addOption(modeOption());

  line
    .add(groups, 'show <group>', 'one group, by id or name', async (invocation, [group = ''], options) => {
      const found = await invocation.server.call<Group>({
        method: 'GET',
        path: `/groups/${encodeURIComponent(group)}`,
        query: queryOf(invocation, options),
      });
      invocation.result(found, () =>
        [
          `${found.name} (${found.id})`,
          ...found.members.map((member) => `  ${member.name}: ${member.phones.join(', ') || 'no phone'}`),
        ].join('\n'),
      );
    })
    .addOption(modeOption());

  line
    .add(groups, 'update <group>', 'change what is given', async (invocation, [group = ''], options) => {
      const changed = await invocation.server.call<Group>({
        method: 'PUT',
        path: `/groups/${encodeURIComponent(group)}`,
        query: queryOf(invocation, options),
        body: groupChanges(options),
      });
      invocation.result(changed, () => `changed ${changed.id}, ${groupLine(changed)}`);
    })
    .addOption(modeOption())
    .option('--name <name>', 'a new name')
    .option('--members <users>', `${MEMBERS}, in place of those before; "" for none`);

  line
    .add(groups, 'remove <group>', 'remove a group; its members stay', async (invocation, [group = ''], options) => {
      const removed = await invocation.server.call<{ id: string; name: string }>({
        method: 'DELETE',
        path: `/groups/${encodeURIComponent(group)}`,
        query: queryOf(invocation, options),
      });
      invocation.result({ ...removed, removed: true }, () => `removed ${removed.name}`);
    })
    .addOption(modeOption());
}
