import { Option } from 'commander';
import type { CommandLine, Invocation } from '#cli/command-line.js';
import { CommandFailure } from '#cli/terminal.js';

interface OwnedNumber {
  number: string;
  kind: string;
  mode: string;
  phone: string | null;
  segments_per_second: number;
  created_at: string;
}

interface ProvenNumber {
  number: string;
  mode: string;
  verified_at: string;
}

interface Confirmed {
  status: string;
  attempts_left: number;
}

const modeOption = (): Option =>
  new Option('--mode <mode>', 'the real network or the sandbox').choices(['live', 'test']).default('live');

export function addNumberCommands(line: CommandLine): void {
  const numbers = line.group('numbers', 'the phone numbers of an account');

  line
    .add(
      numbers,
      'add <number>',
      'add a number to call from and be called at, or what texts come from',
      async (invocation, [number], options) => {
        const { mode, kind, phone, segmentsPerSecond } = options;
        const added = await invocation.server.call<OwnedNumber>({
          method: 'POST',
          path: '/numbers',
          query: { account: invocation.account },
          body: {
            number,
            mode,
            kind,
            ...(phone === undefined ? {} : { phone }),
            ...(segmentsPerSecond === undefined ? {} : { segments_per_second: Number(segmentsPerSecond) }),
          },
        });
        invocation.result(
          added,
          () => `${added.number} (${added.mode}) ${added.phone === null ? 'added' : `rings on ${added.phone}`}`,
        );
      },
    )
    .addOption(modeOption())
    .addOption(
      new Option('--kind <kind>', 'what it is; only texts come from the last two')
        .choices(['e164', 'short_code', 'alphanumeric'])
        .default('e164'),
    )
    .option('--phone <name>', 'the phone that it rings on')
    .option('--segments-per-second <number>', 'how fast texts may leave it (1)');

  line
    .add(numbers, 'list', 'list the numbers', async (invocation, _, options) => {
      const { numbers: owned, verified } = await invocation.server.call<{
        numbers: OwnedNumber[];
        verified: ProvenNumber[];
      }>({
        method: 'GET',
        path: '/numbers',
        query: { account: invocation.account, mode: options['mode'] },
      });
      // Of those elsewhere: calls can come from them, and nothing else is known.
      const elsewhere = verified.map(({ number, mode, verified_at }) => ({
        ...{ number, kind: 'verified', mode, phone: null, segments_per_second: null, created_at: verified_at },
      }));
      invocation.table(
        [...owned, ...elsewhere],
        {
          NUMBER: (row) => row.number,
          KIND: (row) => row.kind,
          MODE: (row) => row.mode,
          PHONE: (row) => row.phone,
          'SEGMENTS/S': (row) => row.segments_per_second,
          ADDED: (row) => row.created_at,
        },
        'no numbers: add one with "sidetone numbers add +18005550199"',
      );
    })
    .addOption(new Option('--mode <mode>', 'only those of one mode').choices(['live', 'test']));

  line
    .add(
      numbers,
      'verify <number>',
      'prove that a number elsewhere is yours: it is called, and a code is spoken',
      async (invocation, [number = ''], { mode, code }) => {
        const given = code ?? (await callForCode(invocation, number, mode));
        if (given === undefined) return;
        const { status, attempts_left: left } = await invocation.server.call<Confirmed>({
          method: 'POST',
          path: '/numbers/verify/code',
          query: { account: invocation.account },
          body: { number, mode, code: given },
        });
        if (status !== 'verified' && status !== 'already_verified') {
          throw new CommandFailure(
            status === 'mismatch'
              ? `that is not the code that was spoken; tries left: ${left}`
              : `${number} could not be verified: ${status}`,
          );
        }
        invocation.result({ number, mode, verified: true }, () => `${number} is verified`);
      },
    )
    .addOption(modeOption())
    .option('--code <digits>', 'the code that was heard; without it the number is called');

  line
    .add(numbers, 'remove <number>', 'remove a number', async (invocation, [number = ''], { mode, replacement }) => {
      await invocation.server.call({
        method: 'DELETE',
        path: `/numbers/${encodeURIComponent(number)}`,
        query: { account: invocation.account, mode, replacement },
      });
      invocation.result({ number, mode, removed: true }, () => `removed ${number}`);
    })
    .addOption(modeOption())
    .option('--replacement <number>', 'the one that groups show in its place');
}

/** Has the number called. Gives what somebody typed then; undefined where nobody can be asked. */
async function callForCode(
  invocation: Invocation,
  number: string,
  mode: string | undefined,
): Promise<string | undefined> {
  const asked = await invocation.server.call<{ id: string; number: string }>({
    method: 'POST',
    path: '/numbers/verify',
    query: { account: invocation.account },
    body: { number, mode },
  });
  const { ask } = invocation.terminal;
  if (ask === undefined) {
    const then = `sidetone numbers verify ${asked.number}${mode === 'test' ? ' --mode test' : ''} --code CODE`;
    invocation.result(asked, () => `${asked.number} is being called; then: ${then}`);
    return undefined;
  }
  invocation.note(`${asked.number} is being called.`);
  return (await ask('The code that is spoken: ')).trim();
}
