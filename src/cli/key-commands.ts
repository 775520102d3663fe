import { Option } from 'commander';
import type { CommandLine, Invocation } from '#cli/command-line.js';

interface Key {
  id: string;
  mode: string;
  user_id: string | null;
  style: string;
  scopes: string[];
  hint: string;
  created_at: string;
  expires_at: string | null;
  revoked_at: string | null;
  last_used_at: string | null;
}

interface NewKey extends Key {
  /** The whole key; only ever in the reply that makes it. */
  key: string;
}

export function addKeyCommands(line: CommandLine): void {
  const keys = line.group('keys', 'the API keys of an account');

  line
    .add(
      keys,
      'create',
      'create a key and print it alone on stdout; it is never shown again',
      async (invocation, _, options) => {
        const { mode, style, scopes, expires, user, site } = options;
        const created = await invocation.server.call<NewKey>({
          method: 'POST',
          path: '/keys',
          query: { account: invocation.account },
          body: {
            mode,
            style,
            ...(user === undefined ? {} : { user }),
            ...(site === undefined ? {} : { site }),
            ...(scopes === undefined ? {} : { scopes: scopes.split(',').map((scope) => scope.trim()) }),
            ...(expires === undefined ? {} : { expires_at: expires }),
          },
        });
        printKey(invocation, created);
      },
    )
    .addOption(new Option('--mode <mode>', 'the real network or the sandbox').choices(['live', 'test']).default('live'))
    .addOption(
      new Option('--style <style>', 'the form of the key')
        .choices(['sidetone', 'telroi', 'talkroute'])
        .default('sidetone'),
    )
    .option('--scopes <list>', 'what it may do, with commas between; default: everything')
    .option(
      '--user <user>',
      "whose role bounds it: an id, e-mail address or name; default: nobody's, the account's own",
    )
    .option('--site <slug>', 'a site, which it then reaches alone; default: all of them')
    .option('--expires <time>', 'when it ends (ISO 8601); default: never');

  line.add(keys, 'list', 'list the keys; the keys themselves are not kept', async (invocation) => {
    const { keys: rows } = await invocation.server.call<{ keys: Key[] }>({
      method: 'GET',
      path: '/keys',
      query: { account: invocation.account },
    });
    invocation.table(
      rows,
      {
        ID: (row) => row.id,
        KEY: (row) => row.hint,
        MODE: (row) => row.mode,
        USER: (row) => row.user_id,
        SCOPES: (row) => row.scopes.join(','),
        CREATED: (row) => row.created_at,
        'LAST USED': (row) => row.last_used_at,
        STATE: (row) => keyState(row),
      },
      'no keys: create one with "sidetone keys create"',
    );
  });

  line
    .add(
      keys,
      'roll <id>',
      'replace a key; the old one works on for a while',
      async (invocation, [id = ''], options) => {
        const { overlap } = options;
        const created = await invocation.server.call<NewKey>({
          method: 'POST',
          path: `/keys/${encodeURIComponent(id)}/roll`,
          query: { account: invocation.account },
          body: overlap === undefined ? {} : { overlap_seconds: Number(overlap) },
        });
        printKey(invocation, created);
      },
    )
    .option('--overlap <seconds>', 'how long the old key still works; default: a day');

  line.add(keys, 'revoke <id>', 'end a key at once', async (invocation, [id = '']) => {
    const key = await invocation.server.call<Key>({
      method: 'DELETE',
      path: `/keys/${encodeURIComponent(id)}`,
      query: { account: invocation.account },
    });
    invocation.result(key, () => `revoked ${key.id} (${key.hint})`);
  });
}

function printKey(invocation: Invocation, created: NewKey): void {
  invocation.note(`${created.id}: a ${created.mode} key for ${created.scopes.join(', ')}; it is shown this once`);
  invocation.result(created, () => created.key);
}

function keyState(key: Key): string {
  if (key.revoked_at !== null) return 'revoked';
  return key.expires_at === null ? 'active' : `until ${key.expires_at}`;
}
