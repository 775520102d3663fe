import type { CommandLine, Invocation } from '#cli/command-line.js';
import { CommandFailure } from '#cli/terminal.js';

interface Wallet {
  account_id: string;
  currency: string;
  metering: string;
  balance: number;
  held: number;
  owed: number;
}

interface Entry {
  id: string;
  kind: string;
  amount: number;
  balance_after: number;
  reference?: string;
  unit?: string;
  quantity?: string;
  price?: string;
  note?: string;
  created_at: string;
}

interface Price {
  unit: string;
  amount: string;
  set_for: string;
  description: string;
}

const accountOf = ({ account }: Invocation) => ({ account });

export function addWalletCommands(line: CommandLine): void {
  const wallet = line.group('wallet', 'what an account has paid and used, in minor units (cents) of its currency');

  line.add(wallet, 'show', 'show the balance', async (invocation) => {
    const query = accountOf(invocation);
    const found = await invocation.server.call<Wallet>({ method: 'GET', path: '/wallet', query });
    invocation.result(found, () => describe(found));
  });

  line
    .add(wallet, 'credit <amount>', 'enter money that was paid', async (invocation, [amount = ''], { note }) => {
      const query = accountOf(invocation);
      const body = { amount: wholeNumber(amount), note };
      const found = await invocation.server.call<Wallet>({ method: 'POST', path: '/wallet/credits', query, body });
      invocation.result(found, () => describe(found));
    })
    .requiredOption('--note <text>', 'what was paid, for whoever reads the ledger');

  line
    .add(wallet, 'entries', 'show the ledger, the newest entry first', async (invocation, _, { limit, after }) => {
      const { entries } = await invocation.server.call<{ entries: Entry[] }>({
        method: 'GET',
        path: '/wallet/entries',
        query: { ...accountOf(invocation), limit, after },
      });
      invocation.table(
        entries,
        {
          AT: (row) => row.created_at,
          ID: (row) => row.id,
          KIND: (row) => row.kind,
          AMOUNT: (row) => row.amount,
          BALANCE: (row) => row.balance_after,
          FOR: (row) => row.reference ?? row.note,
          UNIT: (row) => row.unit,
          QUANTITY: (row) => row.quantity,
          PRICE: (row) => row.price,
        },
        'no entries',
      );
    })
    .option('--limit <n>', 'how many, at most 1000')
    .option('--after <id>', 'those before this entry');

  addPriceCommands(line);
}

/** `accounts set-metering` and `accounts set-currency`. */
export function addMeteringCommands(line: CommandLine, accounts: ReturnType<CommandLine['group']>): void {
  line.add(
    accounts,
    'set-metering <metering>',
    'prepaid: an empty balance refuses; off: what is used is owed',
    (invocation, [metering]) => change(invocation, '/wallet/metering', { metering }),
  );

  line.add(
    accounts,
    'set-currency <code>',
    'the currency of an account whose ledger is empty',
    (invocation, [currency]) => change(invocation, '/wallet/currency', { currency }),
  );
}

async function change(invocation: Invocation, path: string, body: object): Promise<void> {
  const query = accountOf(invocation);
  const found = await invocation.server.call<Wallet>({ method: 'PUT', path, query, body });
  invocation.result(found, () => describe(found));
}

function addPriceCommands(line: CommandLine): void {
  const prices = line.group('prices', 'what things cost, in minor units (cents)');

  line.add(prices, 'show', 'show the prices of the installation, or those of an account', async (invocation) => {
    const query = accountOf(invocation);
    const { prices: rows } = await invocation.server.call<{ prices: Price[] }>({
      method: 'GET',
      path: '/prices',
      query,
    });
    invocation.table(
      rows,
      {
        UNIT: (row) => row.unit,
        PRICE: (row) => row.amount,
        'SET FOR': (row) => row.set_for,
        WHAT: (row) => row.description,
      },
      'no prices',
    );
  });

  line.add(
    prices,
    'set <unit> <amount>',
    'set a price, for all accounts or for one; "default" takes it back',
    async (invocation, [unit = '', amount = '']) => {
      const price = await invocation.server.call<Price>({
        method: 'PUT',
        path: `/prices/${encodeURIComponent(unit)}`,
        query: accountOf(invocation),
        body: { amount: amount === 'default' ? null : amount },
      });
      invocation.result(price, () => `${price.unit} costs ${price.amount} now`);
    },
  );
}

function wholeNumber(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new CommandFailure(`an amount is a whole number of minor units (cents), not "${text}"`);
}

function describe({ currency, metering, balance, held, owed }: Wallet): string {
  const money = (amount: number): string => {
    const shown = new Intl.NumberFormat('en', { style: 'currency', currency, currencyDisplay: 'code' });
    const decimals = shown.resolvedOptions().maximumFractionDigits ?? 2;
    return `${amount} (${shown.format(amount / 10 ** decimals).replace(/\u00a0/g, ' ')})`;
  };
  const terms = metering === 'prepaid' ? 'an empty balance refuses' : 'what goes beyond the balance is owed';
  return `balance ${money(balance)}, held ${money(held)}, owed ${money(owed)}; metering ${metering}: ${terms}`;
}
