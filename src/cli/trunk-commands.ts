import type { CommandLine } from '#cli/command-line.js';
import { addTrunkOptions, trunkFields } from '#cli/trunk-options.js';
import { printable } from '#cli/table.js';

interface Trunk {
  name: string;
  uri: string;
  username: string | null;
  account_id: string | null;
  prefixes: string[];
  priority: number;
  channels: number;
  calls_per_second: number;
  active_calls: number;
  state: { up: boolean; registered: boolean | null; detail: string; since: string } | null;
}

export function addTrunkCommands(line: CommandLine): void {
  const trunks = line.group('trunks', 'the ways out to the telephone network');

  const add = line
    .add(trunks, 'add <name>', 'add a SIP trunk', async (invocation, [name], options) => {
      const trunk = await invocation.server.call<Trunk>({
        method: 'POST',
        path: '/trunks',
        query: { account: invocation.account },
        body: { name, uri: options['uri'], ...trunkFields(options) },
      });
      invocation.result(
        trunk,
        () => `added ${trunk.name} (${trunk.uri}); "sidetone trunks test ${trunk.name}" asks it for a sign of life`,
      );
    })
    .requiredOption('--uri <uri>', 'sip:host[:port][;transport=udp|tcp|tls] or sips:host[:port] of the carrier');
  addTrunkOptions(add);

  const update = line
    .add(trunks, 'update <name>', 'change what is given; "" takes a choice back', async (invocation, args, options) => {
      const [name = ''] = args;
      const { uri } = options;
      const trunk = await invocation.server.call<Trunk>({
        method: 'PUT',
        path: `/trunks/${encodeURIComponent(name)}`,
        query: { account: invocation.account },
        body: { ...(uri === undefined ? {} : { uri }), ...trunkFields(options) },
      });
      invocation.result(trunk, () => `changed ${trunk.name}; "sidetone trunks show ${trunk.name}" shows it`);
    })
    .option('--uri <uri>', 'sip:host[:port][;transport=udp|tcp|tls] or sips:host[:port] of the carrier');
  addTrunkOptions(update);

  line.add(trunks, 'list', 'list the trunks and how they do', async (invocation) => {
    const { trunks: rows } = await invocation.server.call<{ trunks: Trunk[] }>({
      method: 'GET',
      path: '/trunks',
      query: { account: invocation.account },
    });
    invocation.table(
      rows,
      {
        NAME: (row) => row.name,
        URI: (row) => row.uri,
        STATE: (row) => stateOf(row),
        FOR: (row) => row.account_id ?? 'all accounts',
        NUMBERS: (row) => row.prefixes.join(',') || 'all',
        PRIORITY: (row) => row.priority,
        CHANNELS: (row) => row.channels,
        'CALLS/S': (row) => row.calls_per_second,
        'CALLS NOW': (row) => row.active_calls,
      },
      'no trunks: add one with "sidetone trunks add NAME --uri sip:host:port"',
    );
  });

  line.add(trunks, 'show <name>', 'everything about a trunk but its password', async (invocation, [name = '']) => {
    const trunk = await invocation.server.call<Trunk>({
      method: 'GET',
      path: `/trunks/${encodeURIComponent(name)}`,
      query: { account: invocation.account },
    });
    invocation.result(trunk, () => {
      const { state, ...fields } = trunk;
      const lines = Object.entries(fields).filter(([, value]) => value !== null && String(value) !== '');
      if (state !== null) {
        lines.push(['state', stateOf(trunk)], ['since', state.since], ['detail', state.detail]);
      }
      const width = Math.max(...lines.map(([field]) => field.length));
      return lines.map(([field, value]) => `${field.padEnd(width)}  ${printable(String(value))}`).join('\n');
    });
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

function stateOf({ state }: Trunk): string {
  if (state === null) return 'not known yet';
  if (!state.up) return 'down';
  if (state.registered === null) return 'up';
  return state.registered ? 'up, registered' : 'up, not registered';
}
