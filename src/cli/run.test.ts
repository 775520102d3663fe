import type { Command } from 'commander';
import { expect, it } from 'vitest';
import { allCommands } from '#cli/run.js';

const terminal = { print: () => undefined, note: () => undefined, env: {}, interrupted: new AbortController().signal };

/** Every command that does something, by its full name. */
function leaves(command: Command, name = ''): [string, Command][] {
  if (command.commands.length === 0) return [[name.trim(), command]];
  return command.commands.flatMap((child) => leaves(child, `${name} ${child.name()}`));
}

const commands = leaves(allCommands(terminal).program);

it('has the commands of the documentation', () => {
  expect(commands.map(([name]) => name).sort()).toEqual([
    'accounts create',
    'accounts limits',
    'accounts list',
    'accounts set-limit',
    'backup',
    'bans list',
    'bans remove',
    'call',
    'doctor',
    'keys create',
    'keys list',
    'keys revoke',
    'keys roll',
    'migrate',
    'numbers add',
    'numbers list',
    'numbers remove',
    'phones add',
    'phones list',
    'phones remove',
    'restore',
    'serve',
    'trunks add',
    'trunks list',
    'trunks remove',
    'trunks show',
    'trunks test',
    'trunks update',
    'webhooks list',
    'webhooks listen',
    'webhooks replay',
    'webhooks secret roll',
    'webhooks secret show',
  ]);
});

it.each(commands)('%s takes --json and --account', (_, command) => {
  expect(command.options.map(({ long }) => long)).toEqual(expect.arrayContaining(['--json', '--account']));
});
