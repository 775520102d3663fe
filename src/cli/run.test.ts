import type { Command } from 'commander';
import { expect, it } from 'vitest';
import { allCommands } from '#cli/run.js';
import { trunkFields } from '#cli/trunk-options.js';

const terminal = { print: () => undefined, note: () => undefined, env: {}, interrupted: new AbortController().signal };

/** Every command that does something, by its full name. */
function leaves(command: Command, name = ''): [string, Command][] {
  if (command.commands.length === 0) return [[name.trim(), command]];
  return command.commands.flatMap((child) => leaves(child, `${name} ${child.name()}`));
}

const commands = leaves(allCommands(terminal).program);

it.each(commands)('%s takes --json and --account', (_, command) => {
  expect(command.options.map(({ long }) => long)).toEqual(expect.arrayContaining(['--json', '--account']));
});

it('leaves what is no number to the server, which refuses it by its name', () => {
  const wrong = { priority: 'first', channels: 'many', cps: 'Infinity', health: 'often', register: 'soon' };
  expect(trunkFields(wrong)).toEqual({
    priority: 'first',
    channels: 'many',
    calls_per_second: 'Infinity',
    health_seconds: 'often',
    register_seconds: 'soon',
  });
});
