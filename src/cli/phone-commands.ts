import type { Command } from 'commander';
import type { CommandLine } from '#cli/command-line.js';
import { CommandFailure } from '#cli/terminal.js';

interface Phone {
  name: string;
  numbers: string[];
  do_not_disturb: boolean;
  call_waiting: boolean;
  hide_caller_id: boolean;
  forward_to: string | null;
  caller_id: string | null;
  location: string | null;
  registrations: { uri: string; transport: string; address: string; port: number; expires_at: string }[];
}

interface AddedPhone {
  name: string;
  /** Only when the server made it up. */
  password?: string;
  server: string;
  /** Of accounts other than the first: what follows the @ of its address. */
  domain: string | null;
  warnings: string[];
}

export function addPhoneCommands(line: CommandLine): void {
  const phones = line.group('phones', 'desk phones and softphones that register here');

  line
    .add(phones, 'add <name>', 'add a phone, named by its extension (101)', async (invocation, [name], options) => {
      const { password, number, location } = options;
      const added = await invocation.server.call<AddedPhone>({
        method: 'POST',
        path: '/phones',
        query: { account: invocation.account },
        body: {
          name,
          ...(password === undefined ? {} : { password }),
          ...(number === undefined ? {} : { number }),
          ...(location === undefined ? {} : { location }),
        },
      });
      for (const warning of added.warnings) invocation.note(`phone ${added.name}: ${warning}`);
      invocation.result(added, () =>
        [
          `added ${added.name}: it registers as ${added.name}${added.domain === null ? '' : `@${added.domain}`} at ${added.server}`,
          ...(added.password === undefined ? [] : [`its password, shown this once: ${added.password}`]),
        ].join('\n'),
      );
    })
    .option('--password <password>', 'what it registers with; default: a strong one is made up')
    .option('--number <number>', 'a number that rings on it')
    .option('--location <address>', 'where it stands, for emergency calls');

  addSetCommand(line, phones);

  line.add(phones, 'list', 'list the phones and where they are registered', async (invocation) => {
    const { phones: rows } = await invocation.server.call<{ phones: Phone[] }>({
      method: 'GET',
      path: '/phones',
      query: { account: invocation.account },
    });
    invocation.table(
      rows,
      {
        NAME: (row) => row.name,
        NUMBERS: (row) => row.numbers.join(', '),
        'REGISTERED AT': (row) =>
          row.registrations.map((at) => `${at.transport}:${at.address}:${at.port}`).join(', ') || 'not registered',
        SHOWS: (row) => (row.hide_caller_id ? 'nothing' : (row.caller_id ?? '')),
        SET: (row) => settingsOf(row).join(', '),
        LOCATION: (row) => row.location ?? 'unknown',
      },
      'no phones: add one with "sidetone phones add 101"',
    );
  });

  line
    .add(phones, 'remove <name>', 'remove a phone; its numbers stay', async (invocation, [name = ''], options) => {
      await invocation.server.call({
        method: 'DELETE',
        path: `/phones/${encodeURIComponent(name)}`,
        query: { account: invocation.account, replacement: options['replacement'] },
      });
      invocation.result({ name, removed: true }, () => `removed ${name}`);
    })
    .option('--replacement <name>', 'the phone that calls lead to in its place');
}

/** How an option's text becomes the value of a request; "" takes a choice back. */
const SETTINGS: [flags: string, key: string, field: string, isSwitch: boolean, description: string][] = [
  ['--location <address>', 'location', 'location', false, 'where it stands, for emergency calls'],
  ['--caller-id <number>', 'callerId', 'caller_id', false, 'the number that its calls outside show'],
  ['--hide-caller-id <on|off>', 'hideCallerId', 'hide_caller_id', true, 'its calls outside show no number'],
  ['--do-not-disturb <on|off>', 'doNotDisturb', 'do_not_disturb', true, 'nobody rings it'],
  ['--call-waiting <on|off>', 'callWaiting', 'call_waiting', true, 'a second call rings while somebody speaks'],
  ['--forward <to>', 'forward', 'forward_to', false, 'a number, an extension or a phone that its calls go to'],
];

function addSetCommand(line: CommandLine, phones: Command): void {
  const set = line.add(
    phones,
    'set <name>',
    'change what is given; "" takes a choice back',
    async (invocation, args, options) => {
      const [name = ''] = args;
      const body = Object.fromEntries(
        SETTINGS.flatMap(([flags, key, field, isSwitch]) => {
          const text = options[key];
          if (typeof text !== 'string') return [];
          return [[field, isSwitch ? asSwitch(flags, text) : text === '' ? null : text]];
        }),
      );
      if (Object.keys(body).length === 0)
        throw new CommandFailure('Say what is to be changed: sidetone phones set --help');
      const phone = await invocation.server.call<Phone>({
        method: 'PATCH',
        path: `/phones/${encodeURIComponent(name)}`,
        query: { account: invocation.account },
        body,
      });
      invocation.result({ ...phone, name }, () => `changed ${name}: ${settingsOf(phone).join(', ') || 'as usual'}`);
    },
  );
  for (const [flags, , , , description] of SETTINGS) set.option(flags, description);
}

function asSwitch(flags: string, text: string): boolean {
  if (text !== 'on' && text !== 'off') throw new CommandFailure(`${flags.split(' ')[0]} is on or off.`);
  return text === 'on';
}

/** What is other than usual. */
function settingsOf(phone: Phone): string[] {
  return [
    ...(phone.do_not_disturb ? ['do not disturb'] : []),
    ...(phone.call_waiting ? [] : ['no call waiting']),
    ...(phone.hide_caller_id ? ['hides its number'] : []),
    ...(phone.forward_to === null ? [] : [`forwarded to ${phone.forward_to}`]),
  ];
}
