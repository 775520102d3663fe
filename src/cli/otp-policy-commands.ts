import type { CommandLine } from '#cli/command-line.js';

interface Setting {
  name: string;
  value: string | number | string[] | null;
  default: string | number | string[] | null;
  description: string;
}

const CEILING = 'over all accounts, for each called number';

export function addOtpPolicyCommands(line: CommandLine): void {
  const policy = line.group('otp-policy', 'how one-time codes are made, spoken and limited');

  line
    .add(policy, 'show', 'show the settings', async (invocation, _, { ceiling }) => {
      const { settings } = await invocation.server.call<{ settings: Setting[] }>({
        method: 'GET',
        path: '/otp-policy',
        query: { account: invocation.account, ceiling: ceiling === undefined ? undefined : 'true' },
      });
      invocation.table(
        settings,
        {
          SETTING: (row) => row.name,
          VALUE: (row) => written(row.value),
          DEFAULT: (row) => written(row.default),
          MEANING: (row) => row.description,
        },
        'no settings',
      );
    })
    .option('--ceiling', CEILING);

  line
    .add(
      policy,
      'set <setting> <value>',
      'change a setting; "default" takes the change back',
      async (invocation, [name = '', value = ''], { ceiling }) => {
        const setting = await invocation.server.call<Setting>({
          method: 'PUT',
          path: `/otp-policy/${encodeURIComponent(name)}`,
          query: { account: invocation.account, ceiling: ceiling === undefined ? undefined : 'true' },
          body: { value: value === 'default' ? null : value },
        });
        invocation.result(setting, () => `${setting.name} is ${written(setting.value)} now`);
      },
    )
    .option('--ceiling', CEILING);
}

function written(value: Setting['value']): string {
  if (value === null) return 'none';
  if (!Array.isArray(value)) return String(value);
  return value.length === 0 ? 'none' : value.join(',');
}
