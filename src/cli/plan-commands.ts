import type { Command } from 'commander';
import type { CommandLine, Options } from '#cli/command-line.js';
import { CommandFailure } from '#cli/terminal.js';
import { listed } from '#cli/user-commands.js';

interface Plan {
  id: number;
  name: string;
  display_name: string;
  monthly_price: number;
  included_users: number | null;
  /** null: as many as there are. */
  features: Record<string, number | null>;
}

const asMany = (count: number | null): string => (count === null ? 'any' : String(count));
const described = (features: Plan['features']): string =>
  Object.entries(features)
    .map(([name, included]) => (included === null ? name : `${name}=${included}`))
    .join(',');

export function addPlanCommands(line: CommandLine): void {
  const plans = line.group('plans', 'what accounts pay for, and so may use');

  line.add(plans, 'list', 'list the plans', async (invocation) => {
    const { plans: rows } = await invocation.server.call<{ plans: Plan[] }>({ method: 'GET', path: '/plans' });
    invocation.table(
      rows,
      {
        ID: (row) => row.id,
        NAME: (row) => row.name,
        SHOWN: (row) => row.display_name,
        PRICE: (row) => row.monthly_price,
        USERS: (row) => asMany(row.included_users),
        FEATURES: (row) => Object.keys(row.features).length,
      },
      'no plans',
    );
  });

  line.add(plans, 'show <plan>', 'one plan, by name or id, with its features', async (invocation, [plan = '']) => {
    const found = await invocation.server.call<Plan>({ method: 'GET', path: `/plans/${encodeURIComponent(plan)}` });
    invocation.result(found, () => lineOf(found));
  });

  line
    .add(
      plans,
      'set <name>',
      'make a plan, or change what is given of one',
      async (invocation, [name = ''], options) => {
        const plan = await invocation.server.call<Plan>({
          method: 'PUT',
          path: `/plans/${encodeURIComponent(name)}`,
          body: planChanges(options),
        });
        invocation.result(plan, () => lineOf(plan));
      },
    )
    .option('--shown <text>', 'what accounts see; default: the name')
    .option('--price <amount>', 'a month, in minor units (cents) of the account')
    .option('--users <count>', 'how many users are included, or "any"')
    .option('--features <list>', 'a,b=10: those that it has, with how many are included; in place of those before');

  line.add(plans, 'remove <plan>', 'remove a plan that no account has', async (invocation, [plan = '']) => {
    const removed = await invocation.server.call<Plan>({
      method: 'DELETE',
      path: `/plans/${encodeURIComponent(plan)}`,
    });
    invocation.result(removed, () => `removed ${removed.name}`);
  });
}

/** `accounts set-plan`. */
export function addAccountPlanCommand(line: CommandLine, accounts: Command): void {
  line.add(accounts, 'set-plan <plan>', 'give an account a plan', async (invocation, [plan]) => {
    const given = await invocation.server.call<Plan>({
      method: 'PUT',
      path: '/plan',
      query: { account: invocation.account },
      body: { plan },
    });
    invocation.result(given, () => `the account has the plan ${given.name} now`);
  });
}

function lineOf({ id, name, display_name, monthly_price, included_users, features }: Plan): string {
  const users = included_users === null ? 'any number of users' : `${included_users} users`;
  return `${name} (${id}, "${display_name}"): ${monthly_price} a month, ${users}, ${described(features) || 'nothing'}`;
}

function planChanges({ shown, price, users, features }: Options): object {
  return {
    ...(shown === undefined ? {} : { display_name: shown }),
    ...(price === undefined ? {} : { monthly_price: whole('--price', price) }),
    ...(users === undefined ? {} : { included_users: users === 'any' ? null : whole('--users', users) }),
    ...(features === undefined ? {} : { features: Object.fromEntries(listed(features).map(feature)) }),
  };
}

function feature(text: string): [string, number | null] {
  const [name = '', included] = text.split('=');
  return [name, included === undefined ? null : whole(name, included)];
}

function whole(what: string, text: string): number {
  if (/^\d{1,12}$/.test(text)) return Number(text);
  throw new CommandFailure(`${what} takes a whole number, not "${text}"`);
}
