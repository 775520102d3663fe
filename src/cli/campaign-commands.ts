import type { Command } from 'commander';
import type { CommandLine, Options } from '#cli/command-line.js';

interface Campaign {
  id: string;
  name: string;
  status: string;
  channel: string;
  purpose: string;
  total: number;
}

interface Progress {
  waiting: number;
  active: number;
  done: number;
  skipped: number;
  outcomes: Record<string, number>;
  skips: Record<string, number>;
  stalled?: { reason: string };
}

export function addCampaignCommands(line: CommandLine): void {
  const campaigns = line.group('campaigns', 'one message to many people');
  const modeOf = (options: Options): string => (options['test'] === undefined ? 'live' : 'test');
  const withMode = (command: Command): Command => command.option('--test', 'a campaign of a test key');

  withMode(
    line.add(campaigns, 'list', 'list the newest campaigns', async (invocation, _args, options) => {
      const { campaigns: rows } = await invocation.server.call<{ campaigns: Campaign[] }>({
        method: 'GET',
        path: '/campaigns',
        query: { account: invocation.account, mode: modeOf(options) },
      });
      invocation.table(
        rows,
        {
          ID: (row) => row.id,
          NAME: (row) => row.name,
          STATUS: (row) => row.status,
          CHANNEL: (row) => row.channel,
          PURPOSE: (row) => row.purpose,
          RECIPIENTS: (row) => row.total,
        },
        'there is no campaign',
      );
    }),
  );

  withMode(
    line.add(campaigns, 'show <id>', 'show how far a campaign is', async (invocation, [id = ''], options) => {
      const campaign = await invocation.server.call<Campaign & { progress: Progress }>({
        method: 'GET',
        path: `/campaigns/${encodeURIComponent(id)}`,
        query: { account: invocation.account, mode: modeOf(options) },
      });
      invocation.result(campaign, () => {
        const { name, status, total, progress } = campaign;
        const { waiting, active, outcomes, skips, stalled } = progress;
        const figures = Object.entries({ recipients: total, waiting, active, ...outcomes, ...prefixed(skips) });
        const lines = figures.map(([figure, count]) => `${figure}: ${count}`);
        return [`${name}: ${status}`, ...lines, ...(stalled === undefined ? [] : [`stalled: ${stalled.reason}`])].join(
          '\n',
        );
      });
    }),
  );

  for (const [verb, description, done] of [
    ['pause', 'reach nobody new until it is resumed', 'paused'],
    ['resume', 'go on after a pause', 'goes on'],
    ['cancel', 'end a campaign for good', 'canceled'],
  ] as const) {
    withMode(
      line.add(campaigns, `${verb} <id>`, description, async (invocation, [id = ''], options) => {
        const campaign = await invocation.server.call<Campaign>({
          method: 'POST',
          path: `/campaigns/${encodeURIComponent(id)}/${verb}`,
          query: { account: invocation.account, mode: modeOf(options) },
        });
        invocation.result(campaign, () => `${campaign.name}: ${done}`);
      }),
    );
  }
}

function prefixed(skips: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(skips).map(([reason, count]) => [`skipped, ${reason}`, count]));
}
