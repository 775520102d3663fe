import { addApiAccessCommands } from '#cli/api-access-commands.js';
import type { CommandLine } from '#cli/command-line.js';
import { addOutreachPolicyCommands } from '#cli/outreach-policy-commands.js';
import { addAccountPlanCommand } from '#cli/plan-commands.js';
import { CommandFailure } from '#cli/terminal.js';
import { addMeteringCommands } from '#cli/wallet-commands.js';

interface Account {
  id: string;
  name: string;
  domain: string;
  stage: string;
  email: string | null;
  time_zone: string;
  api_enabled: boolean;
  created_at: string;
}

interface Limit {
  name: string;
  value: number;
  default: number;
  description?: string;
}

export function addAccountCommands(line: CommandLine): void {
  const accounts = line.group('accounts', 'the accounts of this installation and their limits');

  line
    .add(accounts, 'create <name>', 'create an account', async (invocation, [name], { domain, api }) => {
      const account = await invocation.server.call<Account>({
        method: 'POST',
        path: '/accounts',
        body: { name, ...(domain === undefined ? {} : { domain }), api: api === 'yes' },
      });
      invocation.result(account, () => `created ${account.name} (${account.id}), phones register at ${account.domain}`);
      if (account.api_enabled) return;
      invocation.note(`its keys are not let in yet: "sidetone accounts api-access enable --account ${account.id}"`);
    })
    .option('--domain <domain>', "the host part of its phones' addresses; default: made of the name")
    .option('--api', 'give it access to the API at once');

  line
    .add(accounts, 'update', 'change what is given of an account', async (invocation, _, options) => {
      const { name, email, timezone } = options;
      const account = await invocation.server.call<Account>({
        method: 'PUT',
        path: '/account',
        query: { account: invocation.account },
        body: {
          ...(name === undefined ? {} : { name }),
          ...(email === undefined ? {} : { email: email === '' ? null : email }),
          ...(timezone === undefined ? {} : { time_zone: timezone }),
        },
      });
      const address = account.email === null ? '' : ` <${account.email}>`;
      invocation.result(account, () => `changed ${account.id}: ${account.name}${address}, ${account.time_zone}`);
    })
    .option('--name <name>', 'a new name')
    .option('--email <address>', 'where its owners are written to; "" takes it away')
    .option('--timezone <zone>', 'such as America/New_York');

  line.add(accounts, 'list', 'list the accounts', async (invocation) => {
    const { accounts: rows } = await invocation.server.call<{ accounts: Account[] }>({
      method: 'GET',
      path: '/accounts',
    });
    invocation.table(
      rows,
      {
        NAME: (row) => row.name,
        ID: (row) => row.id,
        DOMAIN: (row) => row.domain,
        STAGE: (row) => row.stage,
        API: (row) => row.api_enabled,
        CREATED: (row) => row.created_at,
      },
      'no accounts',
    );
  });

  line.add(accounts, 'limits', 'show the limits of an account', async (invocation) => {
    const { limits } = await invocation.server.call<{ limits: Limit[] }>({
      method: 'GET',
      path: '/limits',
      query: { account: invocation.account },
    });
    invocation.table(
      limits,
      {
        LIMIT: (row) => row.name,
        VALUE: (row) => row.value,
        DEFAULT: (row) => row.default,
      },
      'no limits',
    );
  });

  line.add(
    accounts,
    'set-limit <limit> <value>',
    'set a limit of an account; "default" takes the setting back',
    async (invocation, [name = '', value = '']) => {
      const number = value === 'default' ? null : Number(value);
      if (number !== null && (value.trim() === '' || !Number.isFinite(number))) {
        throw new CommandFailure(`the value of a limit is a number or "default", not "${value}"`);
      }
      const limit = await invocation.server.call<Limit>({
        method: 'PUT',
        path: `/limits/${encodeURIComponent(name)}`,
        query: { account: invocation.account },
        body: { value: number },
      });
      invocation.result(limit, () => `${limit.name} is ${limit.value} now`);
    },
  );

  line.add(
    accounts,
    'set-stage <stage>',
    'production, or development: it reaches verified numbers only',
    async (invocation, [stage = '']) => {
      if (!['development', 'production'].includes(stage)) {
        throw new CommandFailure(`a stage is "development" or "production", not "${stage}"`);
      }
      const account = await invocation.server.call<Account>({
        method: 'PUT',
        path: '/stage',
        query: { account: invocation.account },
        body: { stage },
      });
      invocation.result(account, () => `${account.name} is in ${account.stage} now`);
    },
  );

  addAccountPlanCommand(line, accounts);
  addApiAccessCommands(line, accounts);
  addOutreachPolicyCommands(line, accounts);
  addMeteringCommands(line, accounts);
}
