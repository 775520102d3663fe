import type { CommandLine } from '#cli/command-line.js';
import { CommandFailure } from '#cli/terminal.js';

interface Ban {
  address: string;
  reason: string;
  since: string;
  until: string;
}

export function addBanCommands(line: CommandLine): void {
  const bans = line.group('bans', 'addresses that SIP does not answer for a while');

  line.add(bans, 'list', 'list the addresses that are banned now', async (invocation) => {
    const { bans: rows } = await invocation.server.call<{ bans: Ban[] }>({ method: 'GET', path: '/bans' });
    invocation.table(
      rows,
      { ADDRESS: (row) => row.address, SINCE: (row) => row.since, UNTIL: (row) => row.until, WHY: (row) => row.reason },
      'nobody is banned',
    );
  });

  line
    .add(bans, 'remove [address]', 'take the ban off an address', async (invocation, [address], { all }) => {
      if ((address === undefined) === (all === undefined)) {
        throw new CommandFailure('name an address, or say --all', 2);
      }
      const { lifted } = await invocation.server.call<{ lifted: number }>({
        method: 'DELETE',
        path: '/bans',
        query: { address },
      });
      invocation.result({ lifted }, () => (lifted === 1 ? '1 ban lifted' : `${lifted} bans lifted`));
    })
    .option('--all', 'take all bans off');
}
