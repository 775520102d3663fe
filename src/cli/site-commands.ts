import { Option } from 'commander';
import { readFileSync } from 'node:fs';
import type { CommandLine } from '#cli/command-line.js';
import { CommandFailure } from '#cli/terminal.js';
import { modeOption, queryOf } from '#cli/user-commands.js';

interface Site {
  id: string;
  slug: string;
  mode: string;
  name: string;
  url: string;
  currency: string;
  time_zone: string;
  public_id: string;
}

interface CreatedSite {
  site: Site;
  live_key: string;
  test_key: string;
  live_security_key: string;
  test_security_key: string;
}

interface Usage {
  slug: string;
  mode: string;
  used_ms_per_second: number;
  requests_per_second: number;
  normal_ms_per_second: number;
  allowed_ms_per_second: number;
  day: { used_ms: number; requests: number; throttled: number };
  throttled: { at: string; share: number; asked_ms_per_second: number; normal_ms_per_second: number } | null;
}

interface Applied {
  mode: string;
  what: string;
  done: string;
}

export function addSiteCommands(line: CommandLine): void {
  const sites = line.group('sites', 'shops whose customers recommend them');

  line
    .add(
      sites,
      'create <slug>',
      'create a site and print its keys, live and test; they are never shown again',
      async (invocation, [slug], { name, url, currency, timeZone }) => {
        const created = await invocation.server.call<CreatedSite>({
          method: 'POST',
          path: '/sites',
          query: { account: invocation.account },
          body: {
            slug,
            ...(name === undefined ? {} : { name }),
            ...(url === undefined ? {} : { url }),
            ...(currency === undefined ? {} : { currency }),
            ...(timeZone === undefined ? {} : { time_zone: timeZone }),
          },
        });
        invocation.note(
          `${created.site.slug}: the live key and the test key, then the live and the test security key; ` +
            'they are shown this once',
        );
        const { live_key, test_key, live_security_key, test_security_key } = created;
        invocation.result(created, () => [live_key, test_key, live_security_key, test_security_key].join('\n'));
      },
    )
    .option('--name <name>', 'what it is called; default: the slug')
    .option('--url <url>', 'where friends land; default: this server')
    .option('--currency <code>', "ISO 4217; default: the account's")
    .option('--time-zone <zone>', "IANA; default: the account's");

  line.add(sites, 'list', 'list the sites', async (invocation) => {
    const { sites: rows } = await invocation.server.call<{ sites: Site[] }>({
      method: 'GET',
      path: '/sites',
      query: { account: invocation.account },
    });
    invocation.table(
      rows,
      {
        SITE: (row) => row.slug,
        MODE: (row) => row.mode,
        NAME: (row) => row.name,
        URL: (row) => row.url,
        CURRENCY: (row) => row.currency,
        'TIME ZONE': (row) => row.time_zone,
        'PUBLIC ID': (row) => row.public_id,
      },
      'no sites: create one with "sidetone sites create SLUG"',
    );
  });

  line
    .add(
      sites,
      'show <slug>',
      'print a site as a document that "sites apply" takes; codes are not in it',
      async (invocation, [slug = ''], options) => {
        const { document } = await invocation.server.call<{ document: unknown }>({
          method: 'GET',
          path: `/sites/${encodeURIComponent(slug)}`,
          query: queryOf(invocation, options),
        });
        invocation.result(document, () => JSON.stringify(document, undefined, 2));
      },
    )
    .addOption(modeOption());

  line
    .add(
      sites,
      'remove <slug>',
      'remove both halves of a site: its keys, people, purchases, rewards, coupons and files',
      async (invocation, [slug = ''], { yes }) => {
        if (yes === undefined) throw new CommandFailure(`nothing was removed: say --yes to remove "${slug}" for good`);
        const removed = await invocation.server.call({
          method: 'DELETE',
          path: `/sites/${encodeURIComponent(slug)}`,
          query: { account: invocation.account },
        });
        invocation.result(removed, () => `removed ${slug}`);
      },
    )
    .option('--yes', 'it cannot be undone');

  line
    .add(
      sites,
      'roll-security-key <slug>',
      'replace the security key of a site and print the new one; the old one is believed no more',
      async (invocation, [slug = ''], options) => {
        const rolled = await invocation.server.call<{ security_key: string }>({
          method: 'POST',
          path: `/sites/${encodeURIComponent(slug)}/roll-security-key`,
          query: queryOf(invocation, options),
        });
        invocation.result(rolled, () => rolled.security_key);
      },
    )
    .addOption(modeOption());

  line.add(
    sites,
    'usage [slug]',
    'what sites use of the server, and why they were throttled',
    async (invocation, [slug]) => {
      const { sites: rows } = await invocation.server.call<{ sites: Usage[] }>({
        method: 'GET',
        path: '/site-usage',
        query: { account: invocation.account, slug },
      });
      invocation.table(
        rows,
        {
          SITE: (row) => row.slug,
          MODE: (row) => row.mode,
          'MS/S NOW': (row) => Math.round(row.used_ms_per_second),
          NORMAL: (row) => Math.round(row.normal_ms_per_second),
          ALLOWED: (row) => Math.round(row.allowed_ms_per_second),
          'REQUESTS 24 H': (row) => row.day.requests,
          'SECONDS 24 H': (row) => Math.round(row.day.used_ms / 1000),
          'REFUSED 24 H': (row) => row.day.throttled,
          THROTTLED: whyThrottled,
        },
        'no such site',
      );
    },
  );

  line
    .add(
      sites,
      'apply <slug> <file>',
      'make a site what a JSON file says, all of it or nothing; says what it changed',
      async (invocation, [slug = '', file = ''], options) => {
        const { applied } = await invocation.server.call<{ applied: Applied[] }>({
          method: 'PUT',
          path: `/sites/${encodeURIComponent(slug)}`,
          query: queryOf(invocation, options),
          body: readJson(file),
        });
        const changes = applied.filter(({ done }) => done !== 'unchanged');
        invocation.result(applied, () =>
          changes.length === 0
            ? 'nothing to change'
            : changes.map(({ mode, what, done }) => `${mode}: ${what}: ${done}`).join('\n'),
        );
      },
    )
    .addOption(new Option('--mode <mode>', 'which half of it').choices(['live', 'test', 'both']).default('both'));
}

/** What was asked for, and what is usual. */
function whyThrottled({ throttled }: Usage): string | null {
  if (throttled === null) return null;
  const { at, asked_ms_per_second: asked, normal_ms_per_second: normal, share } = throttled;
  return `${at}: asked for ${asked.toFixed(0)} ms/s, usual are ${normal.toFixed(0)}; ${(share * 100).toFixed(0)} % refused`;
}

function readJson(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new CommandFailure(`${file} cannot be read: ${(error as Error).message}`);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CommandFailure(`${file} is not JSON: ${(error as Error).message}`);
  }
}
