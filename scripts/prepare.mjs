// Builds `dist/` from `src/`. Runs after `npm ci` (prepare) and before `npm start` (--if-stale).
// Where the compiler or the sources are absent (an install with --omit=dev, a packed copy) it says so and succeeds.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** The newest modification time (ms) of the TypeScript files below a folder. */
function newestSource(folder) {
  let newest = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile() || !/\.(ts|json)$/.test(entry.name)) continue;
    newest = Math.max(newest, statSync(join(entry.parentPath, entry.name)).mtimeMs);
  }
  return newest;
}

function compiler() {
  try {
    return createRequire(join(root, 'package.json')).resolve('typescript/bin/tsc');
  } catch {
    return undefined;
  }
}

function main() {
  const source = join(root, 'src');
  const built = join(root, 'dist', 'main.js');
  if (!existsSync(source)) return;
  const stale = !existsSync(built) || newestSource(source) > statSync(built).mtimeMs;
  if (process.argv.includes('--if-stale') && !stale) return;
  const tsc = compiler();
  if (tsc === undefined) {
    console.error(
      existsSync(built)
        ? 'sidetone: the TypeScript compiler is not installed; using dist/ as it is'
        : 'sidetone: the TypeScript compiler is not installed; run npm ci with dev dependencies to build',
    );
    return;
  }
  const run = spawnSync(
    process.execPath,
    [tsc, '-b', ...(stale ? ['--force'] : []), join(source, 'tsconfig.build.json')],
    {
      cwd: root,
      stdio: 'inherit',
    },
  );
  if (run.status !== 0) process.exit(run.status ?? 1);
}

main();
