import type { CommandLine } from '#cli/command-line.js';

interface Trunk {
  name: string;
  uri: string;
  username: string | null;
  account_id: string | null;
  channels: number;
  calls_per_second: number;
}

export function addTrunkCommands(line: CommandLine): void {
  const trunks = line.group('trunks', 'the ways out to the telephone network');

  line
    .add(trunks, 'add <name>', 'add a SIP trunk', async (invocation, [name], options) => {
      const { uri, username, password, channels, callsPerSecond } = options;
      const trunk = await invocation.server.call<Trunk>({
        method: 'POST',
        path: '/trunks',
        query: { account: invocation.account },
        body: {
          name,
          uri,
          ...(username === undefined ? {} : { username }),
          ...(password === undefined ? {} : { password }),
          ...(channels === undefined ? {} : { channels: Number(channels) }),
          ...(callsPerSecond === undefined ? {} : { calls_per_second: Number(callsPerSecond) }),
        },
      });
      invocation.result(
        trunk,
        () => `added ${trunk.name} (${trunk.uri}); "sidetone trunks test ${trunk.name}" asks it for a sign of life`,
      );
    })
    .requiredOption('--uri <uri>', 'sip:host[:port][;transport=udp|tcp] of the carrier')
    .option('--username <name>', 'for digest authentication')
    .option('--password <password>', 'for digest authentication')
    .option('--channels <count>', 'calls at once; default: 10')
    .option('--calls-per-second <rate>', 'new calls a second; default: 1');

  line.add(trunks, 'list', 'list the trunks', async (invocation) => {
    const { trunks: rows } = await invocation.server.call<{ trunks: (Trunk & { active_calls: number })[] }>({
      method: 'GET',
      path: '/trunks',
      query: { account: invocation.account },
    });
    invocation.table(
      rows,
      {
        NAME: (row) => row.name,
        URI: (row) => row.uri,
        USERNAME: (row) => row.username,
        FOR: (row) => row.account_id ?? 'all accounts',
        CHANNELS: (row) => row.channels,
        'CALLS/S': (row) => row.calls_per_second,
        'CALLS NOW': (row) => row.active_calls,
      },
      'no trunks: add one with "sidetone trunks add NAME --uri sip:host:port"',
    );
  });

  line.add(trunks, 'remove <name>', 'remove a trunk; its calls in progress go on', async (invocation, [name = '']) => {
    const removed = await invocation.server.call<{ active_calls: number }>({
      method: 'DELETE',
      path: `/trunks/${encodeURIComponent(name)}`,
      query: { account: invocation.account },
    });
    invocation.result({ name, ...removed }, () =>
      removed.active_calls === 0
        ? `removed ${name}`
        : `removed ${name}; ${removed.active_calls} of its calls go on to their end`,
    );
  });

  line.add(trunks, 'test <name>', 'ask a trunk for a sign of life (OPTIONS)', async (invocation, [name = '']) => {
    const test = await invocation.server.call<{ ok: boolean; sip_code: number | null; detail: string }>({
      method: 'POST',
      path: `/trunks/${encodeURIComponent(name)}/test`,
      query: { account: invocation.account },
    });
    invocation.result({ name, ...test }, () => `${name}: ${test.ok ? 'reachable' : 'not reachable'}: ${test.detail}`);
    return test.ok ? 0 : 1;
  });
}
