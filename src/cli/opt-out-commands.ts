import { Option } from 'commander';
import type { CommandLine } from '#cli/command-line.js';
import { followImport, type ImportJob } from '#cli/import-commands.js';

interface OptOut {
  id: string;
  phone: string | null;
  scope: string;
  channel: string;
  source: string;
  reason: string | null;
  review_text: string | null;
  created_at: string;
  lifted_at: string | null;
}

const mode = (): Option =>
  new Option('--mode <mode>', 'the real network or the sandbox').choices(['live', 'test']).default('live');
const scope = (): Option => new Option('--scope <scope>', 'what it stops').choices(['marketing', 'outreach', 'all']);
const channel = (): Option => new Option('--channel <channel>', 'voice, SMS or both').choices(['all', 'voice', 'sms']);

const COLUMNS = {
  ID: (row: OptOut) => row.id,
  PHONE: (row: OptOut) => row.phone ?? 'erased',
  SCOPE: (row: OptOut) => row.scope,
  CHANNEL: (row: OptOut) => row.channel,
  SOURCE: (row: OptOut) => row.source,
  SINCE: (row: OptOut) => row.created_at,
  LIFTED: (row: OptOut) => row.lifted_at,
  WORDS: (row: OptOut) => row.review_text ?? row.reason,
};

export function addOptOutCommands(line: CommandLine): void {
  const optOuts = line.group('opt-outs', 'who does not want to be called or texted');

  line
    .add(optOuts, 'list', 'list opt-outs, the newest first', async (invocation, _, options) => {
      const { opt_outs: rows } = await invocation.server.call<{ opt_outs: OptOut[] }>({
        method: 'GET',
        path: '/opt-outs',
        query: {
          account: invocation.account,
          ...{ mode: options['mode'], scope: options['scope'], channel: options['channel'] },
          ...{ phone: options['phone'], limit: options['limit'], after: options['after'] },
          lifted: options['all'] === undefined ? undefined : 'true',
          review: options['review'] === undefined ? undefined : 'true',
        },
      });
      invocation.table(rows, COLUMNS, 'no opt-outs');
    })
    .addOption(mode())
    .addOption(scope())
    .addOption(channel())
    .option('--phone <number>', 'of one person')
    .option('--all', 'also those that were lifted')
    .option('--review', 'those alone that wait for a look')
    .option('--limit <n>', 'at most so many; 100 by default')
    .option('--after <id>', 'go on after this one');

  line
    .add(optOuts, 'add <number>', 'enter an opt-out', async (invocation, [number = ''], options) => {
      const { added } = await invocation.server.call<{ added: number }>({
        method: 'POST',
        path: '/opt-outs',
        query: { account: invocation.account, mode: options['mode'] },
        body: { phones: [number], ...given(options, ['scope', 'channel', 'reason']) },
      });
      invocation.result({ phone: number, added }, () =>
        added === 0 ? `${number} had opted out already` : `${number} has opted out`,
      );
    })
    .addOption(mode())
    .addOption(scope())
    .addOption(channel())
    .option('--reason <text>', 'kept in the ledger');

  line
    .add(optOuts, 'lift <number>', 'lift what stops a person', async (invocation, [phone = ''], options) => {
      const { lifted } = await invocation.server.call<{ lifted: OptOut[] }>({
        method: 'POST',
        path: '/opt-outs/lift',
        query: { account: invocation.account, mode: options['mode'] },
        body: { phone, reason: options['reason'] },
      });
      invocation.result(lifted, () => `${phone} can be reached again; lifted: ${lifted.length}`);
    })
    .addOption(mode())
    .requiredOption('--reason <text>', 'kept in the ledger');

  line
    .add(
      optOuts,
      'review <id>',
      'say that free words were meant to revoke, or with --lift that they were not',
      async (invocation, [id = ''], options) => {
        const entry = await invocation.server.call<OptOut>({
          method: 'POST',
          path: `/opt-outs/${encodeURIComponent(id)}/review`,
          query: { account: invocation.account, mode: options['mode'] },
          body: given(options, ['lift']),
        });
        invocation.result(entry, () => `${entry.id} ${entry.lifted_at === null ? 'stands' : 'is lifted'}`);
      },
    )
    .addOption(mode())
    .option('--lift <reason>', 'lift it, with this reason');

  line
    .add(
      optOuts,
      'import <file>',
      'read a do-not-call file, a CSV with a column phone',
      async (invocation, args, options) => {
        const query = { account: invocation.account, mode: options['mode'] };
        const started = await invocation.server.call<ImportJob>({
          method: 'POST',
          path: '/opt-outs/import',
          query: { ...query, scope: options['scope'], channel: options['channel'] },
          file: args[0] ?? '',
        });
        return followImport(invocation, query, started);
      },
    )
    .addOption(mode())
    .addOption(scope())
    .addOption(channel());
}

function given(
  options: Readonly<Record<string, string | undefined>>,
  names: readonly string[],
): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]] as const])),
  );
}
