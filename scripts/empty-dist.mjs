// Empties `dist/`, so that a test or module whose source is gone cannot run from an old build.
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

rmSync(join(dirname(dirname(fileURLToPath(import.meta.url))), 'dist'), { recursive: true, force: true });
