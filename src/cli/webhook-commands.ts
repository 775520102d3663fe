import { Option } from 'commander';
import type { CommandLine } from '#cli/command-line.js';
import { printable } from '#cli/table.js';
import { CommandFailure } from '#cli/terminal.js';
import { addWebhookEndpointCommands } from '#cli/webhook-endpoint-commands.js';

interface Delivery {
  id: string;
  event_type: string;
  subject: string;
  url: string;
  status: string;
  attempts: number;
  mode: string;
  created_at: string;
}

interface SignedDelivery {
  url: string;
  headers: Record<string, string>;
  body: string;
}

export function addWebhookCommands(line: CommandLine): void {
  const webhooks = line.group('webhooks', 'what is reported to your systems');

  line
    .add(webhooks, 'list', 'list the deliveries, newest first', async (invocation, _, { status, limit }) => {
      const { deliveries } = await invocation.server.call<{ deliveries: Delivery[] }>({
        method: 'GET',
        path: '/webhooks/deliveries',
        query: { account: invocation.account, status, limit },
      });
      invocation.table(
        deliveries,
        {
          ID: (row) => row.id,
          EVENT: (row) => row.event_type,
          OF: (row) => row.subject,
          URL: (row) => row.url,
          STATUS: (row) => row.status,
          TRIES: (row) => row.attempts,
          MODE: (row) => row.mode,
          CREATED: (row) => row.created_at,
        },
        'no deliveries',
      );
    })
    .addOption(new Option('--status <status>', 'only these').choices(['pending', 'delivered', 'failed']))
    .option('--limit <count>', 'how many at most; default: 50');

  line
    .add(
      webhooks,
      'replay [id]',
      'deliver again: one delivery by its id, or those of a time that failed',
      async (invocation, [id], { since, until, all }) => {
        if ((id === undefined) === (since === undefined)) {
          throw new CommandFailure('name one delivery, or a time with --since', 2);
        }
        const replayed = await invocation.server.call<{ replayed: number }>({
          method: 'POST',
          path: '/webhooks/replay',
          query: { account: invocation.account },
          body: {
            ...(id === undefined ? {} : { id }),
            ...(since === undefined ? {} : { since }),
            ...(until === undefined ? {} : { until }),
            ...(all === undefined ? {} : { all: true }),
          },
        });
        invocation.result(replayed, () =>
          replayed.replayed === 1 ? '1 delivery goes out again' : `${replayed.replayed} deliveries go out again`,
        );
      },
    )
    .option('--since <time>', 'failed deliveries made at or after this time (ISO 8601)')
    .option('--all', 'with --since: also those that arrived')
    .option('--until <time>', 'deliveries made before this time; default: now');

  line.add(webhooks, 'listen', 'print deliveries as they are signed, until Ctrl-C', async (invocation) => {
    const { terminal } = invocation;
    const deliveries = invocation.server.lines<SignedDelivery>({
      method: 'GET',
      path: '/webhooks/listen',
      query: { account: invocation.account },
      signal: terminal.interrupted,
    });
    invocation.note('listening; Ctrl-C ends');
    for await (const delivery of deliveries) invocation.result(delivery, () => describe(delivery));
    if (!terminal.interrupted.aborted) throw new CommandFailure('the server has stopped');
  });

  addWebhookEndpointCommands(line, webhooks);

  const secret = webhooks.command('secret').description('what deliveries to per-request URLs are signed with');

  line.add(secret, 'show', 'print the secret', async (invocation) => {
    const shown = await invocation.server.call<{ secret: string }>({
      method: 'GET',
      path: '/webhooks/secret',
      query: { account: invocation.account },
    });
    invocation.result(shown, () => shown.secret);
  });

  line.add(secret, 'roll', 'make a new secret; the old one signs too for a while', async (invocation) => {
    const rolled = await invocation.server.call<{ secret: string }>({
      method: 'POST',
      path: '/webhooks/secret/roll',
      query: { account: invocation.account },
    });
    invocation.note('deliveries carry the signatures of both secrets for a day');
    invocation.result(rolled, () => rolled.secret);
  });
}

function describe({ url, headers, body }: SignedDelivery): string {
  const lines = [`POST ${url}`, ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`)];
  return [...lines.map(printable), '', printable(body), ''].join('\n');
}
