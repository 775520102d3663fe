/**
 * `npm run bench:amd` judges machine detection by the corpus (`test/detection/`), beside the classic algorithm:
 * `-- 1000` cases instead of 600, `-- 600 tuning` of the set that it was tuned on. docs/machine-detection.md explains.
 */
import { corpusCase } from '../detection/corpus.js';
import type { SetName } from '../detection/phrases.js';
import { printedRecordings } from '../detection/recordings.js';
import { Score } from '../detection/score.js';

const [cases = '600', set = 'held-apart'] = process.argv.slice(2);
const score = new Score();
for (let id = 0; id < Number(cases); id++) score.add(corpusCase(set as SetName, id));
console.log(`${cases} generated cases, ${set}\n`);
console.log(score.printed().join('\n'));
console.log(`\n${printedRecordings().join('\n')}`);
