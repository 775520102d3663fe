import type { Command } from 'commander';
import type { CommandLine, Invocation } from '#cli/command-line.js';
import { CommandFailure } from '#cli/terminal.js';

interface AccessRequest {
  id: string;
  account: string;
  account_id: string | null;
  name: string;
  email: string;
  use_case: string;
  status: string;
  created_at: string;
}

/** `accounts api-access …`: who may use the API, and who asks for it at `/api-access`. */
export function addApiAccessCommands(line: CommandLine, accounts: Command): void {
  const access = accounts.command('api-access').description('whether an account may use the API, and who asks for it');

  const set = async (invocation: Invocation, enabled: boolean): Promise<void> => {
    const account = await invocation.server.call<{ name: string; api_enabled: boolean }>({
      method: 'PUT',
      path: '/api-access',
      query: { account: invocation.account },
      body: { enabled },
    });
    invocation.result(account, () => `the API of ${account.name} is ${account.api_enabled ? 'on' : 'off'} now`);
  };
  line.add(access, 'enable', 'let the keys of an account in', (invocation) => set(invocation, true));
  line.add(access, 'disable', 'answer every key of an account with 403', (invocation) => set(invocation, false));

  line
    .add(access, 'requests', 'list who asks for access', async (invocation, _, { decided }) => {
      const { requests } = await invocation.server.call<{ requests: AccessRequest[] }>({
        method: 'GET',
        path: '/api-access/requests',
        query: { decided: decided === 'yes' ? 'true' : undefined },
      });
      invocation.table(
        requests,
        {
          ID: (row) => row.id,
          ACCOUNT: (row) => row.account,
          NAME: (row) => row.name,
          'E-MAIL': (row) => row.email,
          STATUS: (row) => row.status,
          ASKED: (row) => row.created_at,
          'FOR WHAT': (row) => row.use_case,
        },
        'no requests',
      );
    })
    .option('--decided', 'those that were granted or refused, the newest first');

  line.add(
    access,
    'grant <request>',
    'give the account access: that of --account, else the one of the name in the request',
    async (invocation, [request = '']) => {
      const granted = await invocation.server.call<AccessRequest>({
        method: 'POST',
        path: `/api-access/requests/${encodeURIComponent(request)}/grant`,
        body: { ...(invocation.account === undefined ? {} : { account: invocation.account }) },
      });
      invocation.result(granted, () => `granted: ${granted.account_id} may use the API; write to ${granted.email}`);
    },
  );

  line
    .add(access, 'refuse [request]', 'refuse a request', async (invocation, [request], { all }) => {
      if ((request === undefined) === (all === undefined)) {
        throw new CommandFailure('name the request that is refused, or give --all');
      }
      if (request === undefined) {
        const done = await invocation.server.call<{ refused: number }>({
          method: 'POST',
          path: '/api-access/refuse-all',
        });
        invocation.result(done, () => `refused: ${done.refused}`);
        return;
      }
      const refused = await invocation.server.call<AccessRequest>({
        method: 'POST',
        path: `/api-access/requests/${encodeURIComponent(request)}/refuse`,
      });
      invocation.result(refused, () => `refused; write to ${refused.email}`);
    })
    .option('--all', 'every request that waits');
}
