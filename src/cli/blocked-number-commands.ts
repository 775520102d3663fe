import type { CommandLine } from '#cli/command-line.js';
import { modeOption, queryOf } from '#cli/user-commands.js';

interface BlockedNumber {
  id: number;
  number: string;
  note: string | null;
  created_at: string;
}

export function addBlockedNumberCommands(line: CommandLine): void {
  const blocked = line.group('blocked-numbers', 'callers who are turned away');

  line
    .add(blocked, 'add <number>', 'turn a caller away', async (invocation, [number], options) => {
      const { note } = options;
      const added = await invocation.server.call<BlockedNumber>({
        method: 'POST',
        path: '/blocked-numbers',
        query: queryOf(invocation, options),
        body: { number, ...(note === undefined ? {} : { note }) },
      });
      invocation.result(added, () => `${added.number} is turned away (${added.id})`);
    })
    .addOption(modeOption())
    .option('--note <text>', 'why');

  line
    .add(blocked, 'list', 'list them, the oldest first', async (invocation, _, options) => {
      const { blocked_numbers } = await invocation.server.call<{ blocked_numbers: BlockedNumber[] }>({
        method: 'GET',
        path: '/blocked-numbers',
        query: queryOf(invocation, options),
      });
      invocation.table(
        blocked_numbers,
        { ID: (row) => row.id, NUMBER: (row) => row.number, SINCE: (row) => row.created_at, NOTE: (row) => row.note },
        'nobody is turned away',
      );
    })
    .addOption(modeOption());

  line
    .add(blocked, 'remove <id>', 'let a caller through again', async (invocation, [id = ''], options) => {
      const path = `/blocked-numbers/${encodeURIComponent(id)}`;
      const removed = await invocation.server.call<{ id: number }>({
        method: 'DELETE',
        path,
        query: queryOf(invocation, options),
      });
      invocation.result(removed, () => `removed ${removed.id}`);
    })
    .addOption(modeOption());
}
