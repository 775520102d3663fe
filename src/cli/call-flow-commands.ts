import type { CommandLine } from '#cli/command-line.js';
import { listed, modeOption, queryOf } from '#cli/user-commands.js';

interface Version {
  version: number;
  author: string;
  summary: string;
  objects: number;
  created_at: string;
}

interface Problem {
  path: string;
  message: string;
  reachedFrom?: string;
}

interface Simulated {
  outcome: string;
  steps: { at: string; description: string; said: string[]; rings: { name: string; at: string; seconds: number }[] }[];
  assumed: string[];
}

export function addCallFlowCommands(line: CommandLine): void {
  const flow = line.group('call-flow', 'where calls lead as a whole');

  line
    .add(flow, 'problems', 'what is wrong or missing in where calls lead', async (invocation, _, options) => {
      const { problems, incomplete } = await invocation.server.call<{ problems: Problem[]; incomplete: Problem[] }>({
        method: 'GET',
        path: '/call-flow/problems',
        query: queryOf(invocation, options),
      });
      const rows = [
        ...problems.map((problem) => ({ ...problem, state: 'wrong' })),
        ...incomplete.map((problem) => ({ ...problem, state: 'incomplete' })),
      ];
      invocation.table(
        rows,
        {
          STATE: (row) => row.state,
          WHERE: (row) => row.path,
          WHAT: (row) => `${row.message}${row.reachedFrom === undefined ? '' : ` ${row.reachedFrom} leads here.`}`,
        },
        'nothing is wrong, and nothing is missing',
      );
    })
    .addOption(modeOption());

  line
    .add(flow, 'versions', 'list the changes, the newest first', async (invocation, _, options) => {
      const { versions } = await invocation.server.call<{ versions: Version[] }>({
        method: 'GET',
        path: '/call-flow/versions',
        query: { ...queryOf(invocation, options), limit: options['limit'] },
      });
      invocation.table(
        versions,
        {
          VERSION: (row) => row.version,
          AT: (row) => row.created_at,
          AUTHOR: (row) => row.author,
          OBJECTS: (row) => row.objects,
          SUMMARY: (row) => row.summary,
        },
        'no changes yet',
      );
    })
    .addOption(modeOption())
    .option('--limit <n>', 'how many', '20');

  line
    .add(
      flow,
      'roll-back <version>',
      'bring back what held after a version',
      async (invocation, [to = ''], options) => {
        const made = await invocation.server.call<Version>({
          method: 'POST',
          path: `/call-flow/versions/${encodeURIComponent(to)}/roll-back`,
          query: queryOf(invocation, options),
        });
        invocation.result(made, () => `version ${made.version}: ${made.summary}, ${made.objects} objects changed`);
      },
    )
    .addOption(modeOption());

  line
    .add(
      flow,
      'simulate <to>',
      'what would happen to a call, without calling anyone',
      async (invocation, [to], options) => {
        const { from, at, keys, answers } = options;
        const call = await invocation.server.call<Simulated>({
          method: 'POST',
          path: '/call-flow/simulate',
          query: queryOf(invocation, options),
          body: {
            to,
            ...(from === undefined ? {} : { from }),
            ...(at === undefined ? {} : { at }),
            ...(keys === undefined ? {} : { keys: keys.split(',').map((some) => some.trim()) }),
            ...(answers === undefined ? {} : { answers: listed(answers) }),
          },
        });
        invocation.result(call, () =>
          [...stepLines(call), ...call.assumed.map((text) => `assumed: ${text}`)].join('\n'),
        );
      },
    )
    .addOption(modeOption())
    .option('--from <number>', 'who calls: E.164 or an extension; default: a hidden number')
    .option('--at <time>', 'ISO 8601; default: now')
    .option('--keys <keys>', 'what is pressed each time keys are waited for, separated by commas')
    .option('--answers <who>', 'phones, extensions and numbers that take the call, separated by commas');
}

function stepLines({ steps }: Simulated): string[] {
  return steps.flatMap(({ at, description, said, rings }) => [
    `${at}  ${description}`,
    ...said.map((text) => `    says: ${text}`),
    ...rings.map((ring) => `    rings: ${ring.name} at ${ring.at} for ${ring.seconds} s`),
  ]);
}
