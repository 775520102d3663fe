import { addCarrierOptions, carrierFields, settingsOf } from '#cli/carrier-options.js';
import type { CommandLine } from '#cli/command-line.js';
import { printable } from '#cli/table.js';
import { CommandFailure } from '#cli/terminal.js';

interface Carrier {
  name: string;
  kind: string;
  account_id: string | null;
  prefixes: string[];
  senders: string[];
  priority: number;
  segments_per_second: number;
  settings: Record<string, unknown>;
  callback_url: string | null;
  state: { up: boolean; detail: string; since: string } | null;
}

export function addCarrierCommands(line: CommandLine): void {
  const carriers = line.group('carriers', 'those who carry texts');

  const add = line.add(
    carriers,
    'add <name>',
    'add a carrier: --smpp, --twilio, --telnyx or --http-template says which kind',
    async (invocation, [name], options) => {
      const fields = carrierFields(options);
      if (fields.kind === undefined) {
        throw new CommandFailure(
          'say which kind: --smpp host:port, --twilio SID, --telnyx KEY or --http-template FILE',
          2,
        );
      }
      const carrier = await invocation.server.call<Carrier>({
        method: 'POST',
        path: '/carriers',
        query: { account: invocation.account },
        body: { name, ...fields, settings: settingsOf(fields.kind, fields.settings) },
      });
      invocation.result(carrier, () =>
        [
          `added ${carrier.name} (${carrier.kind}); "sidetone carriers test ${carrier.name}" asks it for a sign of life`,
          ...(carrier.callback_url === null ? [] : [`receipts and incoming texts: ${carrier.callback_url}`]),
        ].join('\n'),
      );
    },
  );
  addCarrierOptions(add);

  const update = line.add(
    carriers,
    'update <name>',
    'change what is given; "" takes a choice back',
    async (invocation, [name = ''], options) => {
      const path = `/carriers/${encodeURIComponent(name)}`;
      const query = { account: invocation.account };
      const { kind } = await invocation.server.call<Carrier>({ method: 'GET', path, query });
      const { kind: given, ...fields } = carrierFields(options);
      if (given !== undefined && given !== kind) {
        throw new CommandFailure(`${name} is of the kind ${kind}: for ${given} add another carrier`);
      }
      const carrier = await invocation.server.call<Carrier>({
        method: 'PUT',
        path,
        query,
        body: { ...fields, settings: settingsOf(kind, fields.settings) },
      });
      invocation.result(carrier, () => `changed ${carrier.name}; "sidetone carriers show ${carrier.name}" shows it`);
    },
  );
  addCarrierOptions(update);

  line.add(carriers, 'list', 'list the carriers and how they do', async (invocation) => {
    const { carriers: rows } = await invocation.server.call<{ carriers: Carrier[] }>({
      method: 'GET',
      path: '/carriers',
      query: { account: invocation.account },
    });
    invocation.table(
      rows,
      {
        NAME: (row) => row.name,
        KIND: (row) => row.kind,
        STATE: (row) => stateOf(row),
        FOR: (row) => row.account_id ?? 'all accounts',
        NUMBERS: (row) => row.prefixes.join(',') || 'all',
        SENDERS: (row) => row.senders.join(',') || 'all',
        PRIORITY: (row) => row.priority,
        'SEGMENTS/S': (row) => row.segments_per_second,
      },
      'no carriers: add one with "sidetone carriers add NAME --smpp host:port --system-id ID --password PASSWORD"',
    );
  });

  line.add(carriers, 'show <name>', 'everything about a carrier but its secrets', async (invocation, [name = '']) => {
    const carrier = await invocation.server.call<Carrier>({
      method: 'GET',
      path: `/carriers/${encodeURIComponent(name)}`,
      query: { account: invocation.account },
    });
    invocation.result(carrier, () => {
      const { state, settings, ...fields } = carrier;
      const lines = Object.entries({ ...fields, ...settings }).filter(([, value]) => value !== null && value !== '');
      lines.push(['state', stateOf(carrier)]);
      if (state !== null) lines.push(['since', state.since], ['detail', state.detail]);
      const width = Math.max(...lines.map(([field]) => field.length));
      return lines.map(([field, value]) => `${field.padEnd(width)}  ${printable(inWords(value))}`).join('\n');
    });
  });

  line.add(
    carriers,
    'remove <name>',
    'remove a carrier; what it is taking goes on',
    async (invocation, [name = '']) => {
      const removed = await invocation.server.call<{ sending: number }>({
        method: 'DELETE',
        path: `/carriers/${encodeURIComponent(name)}`,
        query: { account: invocation.account },
      });
      invocation.result({ name, ...removed }, () =>
        removed.sending === 0 ? `removed ${name}` : `removed ${name}; ${removed.sending} texts were under way to it`,
      );
    },
  );

  line.add(
    carriers,
    'test <name>',
    'ask a carrier for a sign of life; no text is sent',
    async (invocation, [name = '']) => {
      const test = await invocation.server.call<{ ok: boolean; detail: string }>({
        method: 'POST',
        path: `/carriers/${encodeURIComponent(name)}/test`,
        query: { account: invocation.account },
      });
      invocation.result({ name, ...test }, () => `${name}: ${test.ok ? 'well' : 'not well'}: ${test.detail}`);
      return test.ok ? 0 : 1;
    },
  );
}

function stateOf({ state }: Carrier): string {
  if (state === null) return 'not known yet';
  return state.up ? 'up' : 'down';
}

function inWords(value: unknown): string {
  if (Array.isArray(value)) return value.join(', ') || 'all';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
