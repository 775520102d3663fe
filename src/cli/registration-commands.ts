import { Option, type Command } from 'commander';
import type { CommandLine, Options } from '#cli/command-line.js';
import { CommandFailure } from '#cli/terminal.js';

interface Registration {
  id: string;
  kind: string;
  brand_id: string | null;
  name: string;
  type: string | null;
  state: string;
  segments_per_minute: number | null;
  segments_per_day: number | null;
  numbers: string[];
}

const mode = (): Option =>
  new Option('--mode <mode>', 'the real network or the sandbox').choices(['live', 'test']).default('live');

const withFields = (command: Command): Command =>
  command
    .addOption(mode())
    .option('--state <state>', 'draft, pending, active, rejected or expired')
    .option('--per-minute <n>', 'segments a minute; "default": those of its type')
    .option('--per-day <n>', 'segments a day of the brand; "default": those of its type');

export function addRegistrationCommands(line: CommandLine): void {
  const registrations = line.group('registrations', 'brands and campaigns as registered with the networks');
  const show = (one: Registration): string =>
    `${one.name} (${one.id}): ${one.kind}, ${one.state}${one.numbers.length === 0 ? '' : `, ${one.numbers.join(' ')}`}`;

  line
    .add(registrations, 'list', 'list registrations', async (invocation, _, options) => {
      const { registrations: rows } = await invocation.server.call<{ registrations: Registration[] }>({
        method: 'GET',
        path: '/registrations',
        query: { account: invocation.account, mode: options['mode'] },
      });
      invocation.table(
        rows,
        {
          ID: (row) => row.id,
          KIND: (row) => row.kind,
          NAME: (row) => row.name,
          TYPE: (row) => row.type,
          STATE: (row) => row.state,
          'PER MINUTE': (row) => row.segments_per_minute,
          'PER DAY': (row) => row.segments_per_day,
          NUMBERS: (row) => row.numbers.join(' '),
        },
        'no registrations: add a brand with "sidetone registrations add-brand NAME"',
      );
    })
    .addOption(mode());

  line
    .add(registrations, 'add-brand <name>', 'add a brand', async (invocation, [name = ''], options) => {
      const added = await invocation.server.call<Registration>({
        method: 'POST',
        path: '/registrations',
        query: { account: invocation.account, mode: options['mode'] },
        body: { name, ...given(options) },
      });
      invocation.result(added, () => show(added));
    })
    .addOption(mode())
    .option('--state <state>', 'draft, pending, active, rejected or expired');

  withFields(
    line
      .add(
        registrations,
        'add-campaign <name>',
        'add a campaign of a brand',
        async (invocation, [name = ''], options) => {
          const added = await invocation.server.call<Registration>({
            method: 'POST',
            path: '/registrations',
            query: { account: invocation.account, mode: options['mode'] },
            body: { name, brandId: options['brand'], type: options['type'], ...given(options) },
          });
          invocation.result(added, () => show(added));
        },
      )
      .requiredOption('--brand <id>', 'its brand')
      .requiredOption('--type <type>', 'its type, which sets the caps'),
  );

  withFields(
    line.add(registrations, 'update <id>', 'change a registration', async (invocation, [id = ''], options) => {
      const updated = await invocation.server.call<Registration>({
        method: 'PATCH',
        path: `/registrations/${encodeURIComponent(id)}`,
        query: { account: invocation.account, mode: options['mode'] },
        body: { ...given(options), ...(options['name'] === undefined ? {} : { name: options['name'] }) },
      });
      invocation.result(updated, () => show(updated));
    }),
  ).option('--name <name>', 'another name');

  line
    .add(
      registrations,
      'assign <id> <numbers>',
      'numbers, with commas between, become those of a campaign',
      async (invocation, [id = '', numbers = ''], options) => {
        const assigned = await invocation.server.call<Registration>({
          method: 'POST',
          path: `/registrations/${encodeURIComponent(id)}/numbers`,
          query: { account: invocation.account, mode: options['mode'] },
          body: { numbers: numbers.split(',').map((number) => number.trim()) },
        });
        invocation.result(assigned, () => show(assigned));
      },
    )
    .addOption(mode());

  line
    .add(
      registrations,
      'remove <id>',
      'remove a campaign, or a brand without campaigns',
      async (invocation, args, options) => {
        const [id = ''] = args;
        await invocation.server.call({
          method: 'DELETE',
          path: `/registrations/${encodeURIComponent(id)}`,
          query: { account: invocation.account, mode: options['mode'] },
        });
        invocation.result({ id, removed: true }, () => `removed ${id}`);
      },
    )
    .addOption(mode());
}

function given(options: Options): Record<string, unknown> {
  return {
    ...(options['state'] === undefined ? {} : { state: options['state'] }),
    ...cap('segmentsPerMinute', options['perMinute']),
    ...cap('segmentsPerDay', options['perDay']),
  };
}

function cap(name: string, text: string | undefined): Record<string, number | null> {
  if (text === undefined) return {};
  if (text === 'default') return { [name]: null };
  if (!/^\d+$/.test(text)) throw new CommandFailure(`a cap is a whole number or "default", not "${text}"`);
  return { [name]: Number(text) };
}
