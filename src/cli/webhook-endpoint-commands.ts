import { Option, type Command } from 'commander';
import type { CommandLine, Invocation, Options } from '#cli/command-line.js';
import { listed, modeOption, queryOf } from '#cli/user-commands.js';

interface Endpoint {
  id: string;
  url: string;
  dialect: string;
  events: string[];
  description: string | null;
  enabled: boolean;
  failing_since: string | null;
  switched_off_at: string | null;
}

const EVENTS = 'names of events, separated by commas';

function stateOf({ enabled, switched_off_at, failing_since }: Endpoint): string {
  if (!enabled) return 'disabled';
  if (switched_off_at !== null) return `switched off after long failure, ${switched_off_at}`;
  return failing_since === null ? 'enabled' : `failing since ${failing_since}`;
}

export function addWebhookEndpointCommands(line: CommandLine, webhooks: Command): void {
  const endpoints = webhooks.command('endpoints').description('URLs that are told of every event of their choice');
  const call = <Reply>(
    invocation: Invocation,
    options: Options,
    request: { method: 'GET' | 'POST' | 'PATCH' | 'DELETE'; path?: string; body?: object },
  ): Promise<Reply> =>
    invocation.server.call<Reply>({
      ...request,
      path: `/webhooks/endpoints${request.path ?? ''}`,
      query: queryOf(invocation, options),
    });
  const at = (id = ''): string => `/${encodeURIComponent(id)}`;

  line
    .add(endpoints, 'add <url>', 'register a URL; prints its secret once', async (invocation, [url], options) => {
      const { dialect, events = '', secret, description } = options;
      const added = await call<Endpoint & { secret: string | null }>(invocation, options, {
        method: 'POST',
        body: {
          ...{ url, dialect, events: listed(events) },
          ...(secret === undefined ? {} : { secret }),
          ...(description === undefined ? {} : { description }),
        },
      });
      invocation.result(
        added,
        () => `added ${added.id}\n${added.secret === null ? 'signed with the account’s secret' : added.secret}`,
      );
    })
    .addOption(modeOption())
    .requiredOption('--events <names>', EVENTS)
    .addOption(
      new Option('--dialect <name>', 'the form of events: endpoint webhooks, or integration events')
        .choices(['verify', 'verify-events'])
        .default('verify'),
    )
    .option('--secret <text>', 'one that the receiver knows already')
    .option('--description <text>', 'for you');

  line
    .add(endpoints, 'list', 'list the endpoints', async (invocation, _, options) => {
      const { endpoints: rows } = await call<{ endpoints: Endpoint[] }>(invocation, options, { method: 'GET' });
      invocation.table(
        rows,
        {
          ID: (row) => row.id,
          URL: (row) => row.url,
          DIALECT: (row) => row.dialect,
          EVENTS: (row) => row.events.join(','),
          STATE: stateOf,
        },
        'no endpoints',
      );
    })
    .addOption(modeOption());

  line
    .add(endpoints, 'show <id>', 'show one endpoint', async (invocation, [id], options) => {
      const endpoint = await call<Endpoint>(invocation, options, { method: 'GET', path: at(id) });
      invocation.result(endpoint, () =>
        [
          `${endpoint.id}: ${endpoint.url}`,
          `  ${endpoint.dialect}: ${endpoint.events.join(', ')}`,
          ...(endpoint.description === null ? [] : [`  ${endpoint.description}`]),
          `  ${stateOf(endpoint)}`,
        ].join('\n'),
      );
    })
    .addOption(modeOption());

  line
    .add(endpoints, 'update <id>', 'change what is given', async (invocation, [id], options) => {
      const { url, events, description, enabled } = options;
      const endpoint = await call<Endpoint>(invocation, options, {
        method: 'PATCH',
        path: at(id),
        body: {
          ...(url === undefined ? {} : { url }),
          ...(events === undefined ? {} : { events: listed(events) }),
          ...(description === undefined ? {} : { description: description === '' ? null : description }),
          ...(enabled === undefined ? {} : { enabled: enabled === 'yes' }),
        },
      });
      invocation.result(endpoint, () => `${endpoint.id}: ${endpoint.url}, ${stateOf(endpoint)}`);
    })
    .addOption(modeOption())
    .option('--url <url>', 'what waits goes there, too')
    .option('--events <names>', EVENTS)
    .option('--description <text>', "'' takes it away")
    .addOption(new Option('--enabled <yes|no>', 'whether it is told anything').choices(['yes', 'no']));

  line
    .add(endpoints, 'remove <id>', 'remove an endpoint', async (invocation, [id], options) => {
      await call(invocation, options, { method: 'DELETE', path: at(id) });
      invocation.result({ id, removed: true }, () => `removed ${id}`);
    })
    .addOption(modeOption());

  line
    .add(endpoints, 'roll <id>', 'make a new secret in place of the old one', async (invocation, [id], options) => {
      const rolled = await call<{ secret: string }>(invocation, options, { method: 'POST', path: `${at(id)}/roll` });
      invocation.result(rolled, () => rolled.secret);
    })
    .addOption(modeOption());

  line
    .add(endpoints, 'test <id>', 'send a sample event', async (invocation, [id], options) => {
      const { event } = options;
      const sent = await call<{ delivery_id: string; event: string }>(invocation, options, {
        method: 'POST',
        path: `${at(id)}/test`,
        body: event === undefined ? {} : { event },
      });
      invocation.result(sent, () => `${sent.event} goes out as ${sent.delivery_id}`);
    })
    .addOption(modeOption())
    .option('--event <name>', 'default: the first that the endpoint is told of');
}
