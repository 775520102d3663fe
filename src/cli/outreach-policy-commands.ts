import type { Command } from 'commander';
import type { CommandLine } from '#cli/command-line.js';

interface Setting {
  name: string;
  value: string | number;
  default: string | number;
  description: string;
}

/** What an account does with texts, campaigns and opt-outs. */
export function addOutreachPolicyCommands(line: CommandLine, accounts: Command): void {
  line.add(
    accounts,
    'policy',
    'show the policy of an account for texts, campaigns and opt-outs',
    async (invocation) => {
      const { settings } = await invocation.server.call<{ settings: Setting[] }>({
        method: 'GET',
        path: '/outreach-policy',
        query: { account: invocation.account },
      });
      invocation.table(
        settings,
        {
          SETTING: (row) => row.name,
          VALUE: (row) => row.value,
          DEFAULT: (row) => row.default,
          MEANING: (row) => row.description,
        },
        'no settings',
      );
    },
  );

  line.add(
    accounts,
    'set-policy <setting> <value>',
    'change a setting of the policy; "default" takes the change back',
    async (invocation, [name = '', value = '']) => {
      const setting = await invocation.server.call<Setting>({
        method: 'PUT',
        path: `/outreach-policy/${encodeURIComponent(name)}`,
        query: { account: invocation.account },
        body: { value: value === 'default' ? null : value },
      });
      invocation.result(setting, () => `${setting.name} is ${setting.value} now`);
    },
  );
}
