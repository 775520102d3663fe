/** The architecture, as a test: who may import whom, how deep folders go, and which words core does not say. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const source = join(root, 'src');

const DOORS = [
  'verify',
  'outreach',
  'phone-system',
  'referrals',
  'referral-pages',
  'console',
  'admin',
  'api-access',
  'carrier-callbacks',
  'files',
];

/** The table of ARCHITECTURE.md. Areas may always import themselves, `clock.ts` and Node's own modules. */
const MAY_IMPORT: Record<string, RegExp[]> = {
  // Only the port of each plug, never an adapter.
  core: [/^kysely$/, /^voice\/engine$/, /^speech\/(tts|stt)$/, /^carriers\/carrier$/, /^email\/mailer$/, /^jobs\//],
  'apis/http': [/^core\//, /^config$/, /^(kysely|fastify|typebox|undici|pino|prom-client|@fastify\/.+|typebox\/.+)$/],
  'apis/door': [/^core\/[^/]+\/index$/, /^core\/[^/]+$/, /^apis\/http\//, /^(fastify|typebox|typebox\/.+)$/],
  voice: [],
  carriers: [/^(smpp|undici)$/],
  speech: [/^config$/, /^(@echogarden\/.+|minimp3-wasm\/.+|libopus-wasm)$/],
  storage: [/^(pg|kysely|pg-copy-streams|csv-parse)$/],
  email: [],
  outbound: [/^undici$/],
  jobs: [/^(pg|kysely)$/],
  cli: [/^(config|app|running-file)$/, /^storage\//, /^(commander|undici)$/],
  main: [/^cli\//, /^commander$/],
  config: [],
  clock: [],
  'running-file': [],
  'first-start': [/^core\//, /^kysely$/],
  platform: [/./],
  app: [/./],
};

/** Dialect words that core must not know: its own are in docs/glossary.md. */
const BANNED_IN_CORE = [
  /\bdtmf_response\b/,
  /\bamd_result['"`]?\s*:/,
  /\boutreach_api\b/i,
  /robotalker|telroi|talkroute|talkable/i,
  /\bsite_slug\b/,
  /\bfastify\b/i,
  /\bx-api-key\b/i,
];
/** Where the words are column or key-style names. */
const BANNED_WORD_EXCEPTIONS = [/core\/tables\.ts$/, /core\/accounts\//, /core\/calls\/call\.ts$/];

interface SourceFile {
  path: string;
  text: string;
  imports: string[];
}

function sourceFiles(): SourceFile[] {
  return readdirSync(source, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => {
      const file = join(entry.parentPath, entry.name);
      const text = readFileSync(file, 'utf8');
      const path = relative(source, file).split(sep).join('/');
      const imports = ts.preProcessFile(text).importedFiles.map(({ fileName }) => fileName);
      return { path, text, imports };
    });
}

/** `core/calls/place-call` for our own modules, the package's name for others, undefined for Node's. */
function target(file: SourceFile, name: string): string | undefined {
  if (name.startsWith('node:')) return undefined;
  if (name.startsWith('#')) return name.slice(1).replace(/\.js$/, '');
  if (name.startsWith('.')) return normalize(join(dirname(file.path), name)).replace(/\.js$/, '');
  return name;
}

function area(path: string): string {
  const [first = '', second = ''] = path.split('/');
  if (first === 'apis') return second === 'http' ? 'apis/http' : 'apis/door';
  return first.replace(/\.ts$/, '');
}

const files = sourceFiles();
const shipped = files.filter(({ path }) => !path.endsWith('.test.ts') && !path.endsWith('conformance.ts'));

describe('the architecture', () => {
  test('is looked at: there are source files', () => {
    expect(shipped.length).toBeGreaterThan(50);
  });

  test('imports follow the table', () => {
    const wrong: string[] = [];
    for (const file of shipped) {
      const own = area(file.path);
      const allowed = MAY_IMPORT[own];
      if (allowed === undefined) {
        wrong.push(`${file.path}: the area ${own} is not in the table`);
        continue;
      }
      for (const name of file.imports) {
        const to = target(file, name);
        if (to === undefined || to === 'clock') continue;
        const sameArea = own === 'apis/door' ? sameDoor(file.path, to) : to.startsWith(`${own}/`) || to === own;
        if (!sameArea && !allowed.some((pattern) => pattern.test(to))) wrong.push(`${file.path} imports ${name}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  test('ARCHITECTURE.md has the same areas in its table', () => {
    const text = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8');
    const table = text.slice(text.indexOf('## Who may import whom'), text.indexOf('## Where things are'));
    const named = [...table.matchAll(/^\| `([^`]+)` +\|/gm)].map(([, name]) => name);
    expect(named.sort()).toEqual(Object.keys(MAY_IMPORT).sort());
  });

  test('features of core are entered by their index', () => {
    const wrong: string[] = [];
    for (const file of shipped.filter(({ path }) => path.startsWith('core/'))) {
      const feature = file.path.split('/')[1];
      for (const name of file.imports) {
        const to = target(file, name)?.split('/');
        if (to?.[0] !== 'core' || to.length < 3 || to[1] === feature) continue;
        const open = ['index', 'errors', 'call-script'].includes(to[2] ?? '');
        if (!open) wrong.push(`${file.path} imports ${name}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  test('no two features of core need one another at run time', () => {
    expect(circlesIn(featuresOf(shipped))).toEqual([]);
  });

  test('what is built without the tests does without them', () => {
    const built = files.filter(({ path }) => !path.endsWith('.test.ts'));
    expect(
      built.filter(({ imports }) => imports.some((name) => name.startsWith('#test/'))).map(({ path }) => path),
    ).toEqual([]);
  });

  test('files lie at most three folders deep: area/feature/file', () => {
    expect(files.filter(({ path }) => path.split('/').length > 3).map(({ path }) => path)).toEqual([]);
  });

  test('names explain themselves', () => {
    const vague = /(^|[/-])(utils?|helpers?|common|managers?|base|misc)([/.-]|$)/;
    expect(files.filter(({ path }) => vague.test(path)).map(({ path }) => path)).toEqual([]);
  });

  test('core speaks no dialect', () => {
    const wrong: string[] = [];
    for (const { path, text } of shipped.filter((file) => file.path.startsWith('core/'))) {
      if (BANNED_WORD_EXCEPTIONS.some((pattern) => pattern.test(path))) continue;
      for (const word of BANNED_IN_CORE) if (word.test(text)) wrong.push(`${path}: ${word.source}`);
    }
    expect(wrong).toEqual([]);
  });

  test('core takes its time from the clock', () => {
    const wallClock = /\bDate\.now\(|\bnew Date\(\)|\bnow\(\)\s*(at time zone|-|\+|::)|\bcurrent_timestamp\b/;
    expect(
      shipped.filter(({ path, text }) => path.startsWith('core/') && wallClock.test(text)).map(({ path }) => path),
    ).toEqual([]);
  });
});

/** Which features of core each of them needs when it runs; types are gone by then. */
function featuresOf(of: readonly SourceFile[]): Map<string, Set<string>> {
  const needs = new Map<string, Set<string>>();
  for (const file of of) {
    const [own, feature, inner] = file.path.split('/');
    if (own !== 'core' || feature === undefined || inner === undefined) continue;
    for (const name of runtimeImports(file)) {
      const [first, other, within] = target(file, name)?.split('/') ?? [];
      if (first !== 'core' || other === undefined || within === undefined || other === feature) continue;
      needs.set(feature, (needs.get(feature) ?? new Set()).add(other));
    }
  }
  return needs;
}

function runtimeImports({ path, text }: SourceFile): string[] {
  return ts.createSourceFile(path, text, ts.ScriptTarget.Latest).statements.flatMap((statement) => {
    if (ts.isImportDeclaration(statement) && ts.isStringLiteral(statement.moduleSpecifier)) {
      const { importClause: clause, moduleSpecifier } = statement;
      const named = clause?.namedBindings;
      const typesAlone =
        clause?.phaseModifier === ts.SyntaxKind.TypeKeyword ||
        (clause?.name === undefined &&
          named !== undefined &&
          ts.isNamedImports(named) &&
          named.elements.every(({ isTypeOnly }) => isTypeOnly));
      return typesAlone ? [] : [moduleSpecifier.text];
    }
    if (ts.isExportDeclaration(statement) && statement.moduleSpecifier && !statement.isTypeOnly) {
      return ts.isStringLiteral(statement.moduleSpecifier) ? [statement.moduleSpecifier.text] : [];
    }
    return [];
  });
}

/** What stays when those that need nothing of the rest are taken away, one after the other, from both ends. */
function circlesIn(needs: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const left = new Map([...needs].map(([feature, others]) => [feature, new Set(others)]));
  for (let before = -1; before !== left.size;) {
    before = left.size;
    for (const [feature, others] of left) {
      for (const other of others) if (!left.has(other)) others.delete(other);
      const needed = [...left.values()].some((of) => of.has(feature));
      if (others.size === 0 || !needed) left.delete(feature);
    }
  }
  return [...left].map(([feature, others]) => `${feature} needs ${[...others].sort().join(', ')}`).sort();
}

function sameDoor(path: string, to: string): boolean {
  const door = path.split('/')[1] ?? '';
  return DOORS.includes(door) && to.startsWith(`apis/${door}/`);
}
