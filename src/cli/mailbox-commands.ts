import { Option, type Command } from 'commander';
import type { CommandLine, Invocation, Options } from '#cli/command-line.js';
import { CommandFailure } from '#cli/terminal.js';
import { listed, modeOption, queryOf } from '#cli/user-commands.js';

interface Mailbox {
  id: number;
  name: string;
  user: string | null;
  emails: string[];
  has_pin: boolean;
  new_messages: number;
  saved_messages: number;
  is_hushed: boolean;
}

const HUSHED = 'nobody is told by e-mail: no mail server is configured (SIDETONE_SMTP_URL)';

export function addMailboxCommands(line: CommandLine): void {
  const mailboxes = line.group('mailboxes', 'where callers leave messages');

  withChoices(
    line.add(mailboxes, 'add <name>', 'make a mailbox', async (invocation, [name], options) => {
      const body = { name, ...changesOf(options) };
      tell(invocation, await call(invocation, options, { method: 'POST', path: '/mailboxes', body }));
    }),
  );

  line
    .add(mailboxes, 'list', 'list the mailboxes and what waits in them', async (invocation, _, options) => {
      const { mailboxes: rows } = await invocation.server.call<{ mailboxes: Mailbox[] }>({
        method: 'GET',
        path: '/mailboxes',
        query: queryOf(invocation, options),
      });
      invocation.table(
        rows,
        {
          ID: (row) => row.id,
          NAME: (row) => row.name,
          USER: (row) => row.user,
          NEW: (row) => row.new_messages,
          SAVED: (row) => row.saved_messages,
          PIN: (row) => (row.has_pin ? 'set' : 'none'),
          'E-MAILS': (row) => row.emails.join(', '),
        },
        'no mailboxes: add one with "sidetone mailboxes add NAME"',
      );
    })
    .addOption(modeOption());

  withChoices(
    line.add(mailboxes, 'set <mailbox>', 'change what is given', async (invocation, [id = ''], options) => {
      const { name } = options;
      const body = { ...(name === undefined ? {} : { name }), ...changesOf(options) };
      if (Object.keys(body).length === 0) {
        throw new CommandFailure('Say what is to be changed: sidetone mailboxes set --help');
      }
      tell(invocation, await call(invocation, options, { method: 'PUT', path: pathOf(id), body }));
    }),
  ).option('--name <name>', 'what it is called');

  line
    .add(
      mailboxes,
      'pin <mailbox> <pin>',
      'set the PIN by which phones open it; "" takes it away',
      async (invocation, [id = '', pin = ''], options) => {
        const body = { pin: pin === '' ? null : pin };
        const set = await call(invocation, options, { method: 'PUT', path: `${pathOf(id)}/pin`, body });
        invocation.result(set, () => (set.has_pin ? `${set.name} has a new PIN` : `no phone opens ${set.name} now`));
      },
    )
    .addOption(modeOption());

  line
    .add(
      mailboxes,
      'remove <mailbox>',
      'remove one that no call leads to, with its messages, for good',
      async (invocation, [id = ''], options) => {
        const gone = await call(invocation, options, { method: 'DELETE', path: pathOf(id) });
        invocation.result(gone, () => `removed ${gone.name} and its messages`);
      },
    )
    .addOption(modeOption());
}

const pathOf = (id: string): string => `/mailboxes/${encodeURIComponent(id)}`;

function call(
  invocation: Invocation,
  options: Options,
  request: { method: 'POST' | 'PUT' | 'DELETE'; path: string; body?: object },
): Promise<Mailbox> {
  return invocation.server.call<Mailbox>({ ...request, query: queryOf(invocation, options) });
}

function tell(invocation: Invocation, mailbox: Mailbox): void {
  invocation.result(mailbox, () => `mailbox ${mailbox.name} (${mailbox.id})`);
  if (mailbox.is_hushed) invocation.note(HUSHED);
}

function withChoices(command: Command): Command {
  return command
    .addOption(modeOption())
    .option('--user <user>', 'whose it is: an id, e-mail address or name; "" nobody')
    .option('--greeting <text>', 'what callers hear; "" the usual words')
    .option('--greeting-sound <id>', 'a sound in place of words')
    .option('--max-seconds <n>', 'the longest message')
    .option('--silence-seconds <n>', 'a message ends after so much silence')
    .addOption(new Option('--transcribe <on|off>', 'messages are written down').choices(['on', 'off']))
    .option('--emails <addresses>', 'who is told of each message, separated by commas; "" nobody')
    .addOption(new Option('--attach-audio <on|off>', 'the letters bring the sound').choices(['on', 'off']));
}

function changesOf(options: Options): object {
  const { user, greeting, greetingSound, maxSeconds, silenceSeconds, transcribe, emails, attachAudio } = options;
  if (greeting !== undefined && greetingSound !== undefined) {
    throw new CommandFailure('A greeting is words or a sound: give --greeting or --greeting-sound');
  }
  return {
    ...(user === undefined ? {} : { user: user === '' ? null : user }),
    ...(greeting === undefined ? {} : { greeting: greeting === '' ? null : { text: greeting } }),
    ...(greetingSound === undefined ? {} : { greeting: { sound: Number(greetingSound) } }),
    ...(maxSeconds === undefined ? {} : { max_seconds: Number(maxSeconds) }),
    ...(silenceSeconds === undefined ? {} : { silence_seconds: Number(silenceSeconds) }),
    ...(transcribe === undefined ? {} : { transcribe: transcribe === 'on' }),
    ...(emails === undefined ? {} : { emails: listed(emails) }),
    ...(attachAudio === undefined ? {} : { attach_audio: attachAudio === 'on' }),
  };
}
